import json

import pytest

from voxd.errors import BadRequestError
from voxd.frontends import payloads
from voxd.frontends.payloads import Circumstances

AS_WRITTEN = 'Say "hi" to Zoë:\n5 < 6 & {{ 7 }} % 🎉 \\o/'


def text_of(payload: str | dict[str, object]) -> str:
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    return payloads.announcement(raw.encode(), Circumstances("mqtt", 5.0)).text


def refusal(asked: dict[str, object]) -> str:
    with pytest.raises(BadRequestError) as caught:
        text_of(asked)
    return str(caught.value)


@pytest.mark.parametrize("key", ["text", "message"])
def test_quotes_newlines_templates_and_emoji_arrive_as_written(key: str) -> None:
    assert text_of({key: AS_WRITTEN}) == AS_WRITTEN


def test_plain_text_arrives_as_written() -> None:
    assert text_of(AS_WRITTEN) == AS_WRITTEN


@pytest.mark.parametrize("payload", ['"Hello"', ' "Hello"\n', '"\\u0048ello"'])
def test_a_json_string_is_its_text(payload: str) -> None:
    assert text_of(payload) == "Hello"


@pytest.mark.parametrize("payload", ['"Hello" she said', '"', '"a\nb"', '"a" "b"', '"\\x"'])
def test_what_only_begins_with_a_quotation_mark_is_plain_text(payload: str) -> None:
    assert text_of(payload) == payload


def test_an_empty_json_string_says_nothing() -> None:
    with pytest.raises(BadRequestError, match="text is missing or empty"):
        text_of('""')


@pytest.mark.parametrize(
    ("title", "spoken"),
    [
        ("Laundry", "Laundry. It is dry"),
        ("Laundry!", "Laundry! It is dry"),
        ("Laundry:  ", "Laundry: It is dry"),
        ("洗衣。", "洗衣。 It is dry"),
        ("", "It is dry"),
        (None, "It is dry"),
    ],
)
def test_a_title_is_spoken_first_as_a_sentence_of_its_own(title: object, spoken: str) -> None:
    assert text_of({"title": title, "message": "It is dry"}) == spoken


def test_a_title_alone_is_the_text() -> None:
    assert text_of({"title": "Laundry", "message": ""}) == "Laundry"


def test_text_and_message_exclude_each_other() -> None:
    assert "give one of them" in refusal({"text": "One", "message": "Two"})


def test_a_title_that_is_no_text_is_refused_once() -> None:
    assert refusal({"title": 5, "text": "It is dry"}) == "title must be a text"


def test_title_and_text_together_have_a_bound() -> None:
    assert "together" in refusal({"title": "a" * 10_000, "text": "b" * 10_000})


def test_a_rendering_takes_the_same_words() -> None:
    wish = payloads.rendering(b'{"title": "Laundry", "message": "It is dry"}')
    assert wish.text == "Laundry. It is dry"
