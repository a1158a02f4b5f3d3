import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.errors import BadRequestError
from voxd.frontends import payloads
from voxd.frontends.payloads import Circumstances
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId


def read(payload: bytes | str | dict[str, Any], **more: Any) -> Announcement:
    if isinstance(payload, dict):
        payload = json.dumps(payload)
    raw = payload.encode() if isinstance(payload, str) else payload
    return payloads.announcement(raw, Circumstances("mqtt", 5.0, **more))


def refusal(payload: bytes | str | dict[str, Any], **more: Any) -> str:
    with pytest.raises(BadRequestError) as caught:
        read(payload, **more)
    return str(caught.value)


def test_plain_text_is_the_text() -> None:
    got = read("The washing machine is done")
    assert (got.text, got.source, got.received_at) == ("The washing machine is done", "mqtt", 5.0)
    assert len(got.id) == 32


@pytest.mark.parametrize("text", ["21.5", "[1, 2]", '"half" quoted', "null", "  padded {", "Ärger im 3. Stock", "好"])
def test_what_does_not_begin_with_a_brace_is_plain_text(text: str) -> None:
    assert read(text).text == text


def test_every_key_is_read() -> None:
    got = read(
        {
            "text": "Dinner",
            "zones": ["kitchen", "hall"],
            "voice": "anna",
            "language": "de_DE",
            "volume": 49.6,
            "rate": 1.5,
            "priority": "High",
            "ttl_s": 30,
            "chime": False,
            "id": "dinner-1",
            "replaces": "dinner",
        }
    )
    assert got == Announcement(
        "Dinner",
        (ZoneId("kitchen"), ZoneId("hall")),
        VoiceId("anna"),
        "de-DE",
        50,
        1.5,
        Priority.HIGH,
        30.0,
        False,
        "dinner",
        id=AnnouncementId("dinner-1"),
        source="mqtt",
        received_at=5.0,
    )


def test_one_zone_may_be_named_without_a_list() -> None:
    assert read({"text": "x", "zones": "*"}).zones == ("*",)


def test_null_and_empty_count_as_left_out() -> None:
    got = read({"text": "x", "zones": None, "voice": "", "volume": None, "id": "", "chime": None, "priority": ""})
    assert got == Announcement("x", id=got.id, source="mqtt", received_at=5.0)


def test_the_defaults_of_the_caller_are_used_only_where_the_payload_is_silent() -> None:
    assert read("x", ttl_s=9.0).ttl_s == 9.0
    assert read({"text": "x", "ttl_s": 3}, ttl_s=9.0).ttl_s == 3.0
    assert read("x", id=AnnouncementId("theirs")).id == "theirs"
    assert read({"text": "x", "id": "mine"}, id=AnnouncementId("theirs")).id == "mine"


def test_where_everything_is_an_alarm_it_is_one_whatever_it_says() -> None:
    assert read("x", alarm=True).priority is Priority.ALARM
    assert read({"text": "x", "priority": "low"}, alarm=True).priority is Priority.ALARM


def test_where_nothing_may_be_an_alarm_asking_for_one_is_refused() -> None:
    said = refusal({"text": "x", "priority": "alarm"}, may_be_alarm=False)
    assert "only taken on the topic alarm" in said
    assert "mqtt.alarms_on_say" in said
    assert read({"text": "x", "priority": "high"}, may_be_alarm=False).priority is Priority.HIGH


def test_an_alarm_says_how_often_it_is_repeated_and_nothing_else_does() -> None:
    got = read({"text": "x", "priority": "alarm", "repeat_s": 10, "repeat_max": 3.0})
    assert (got.repeat_s, got.repeat_max) == (10.0, 3)
    assert read({"text": "x", "repeat_max": 0}, alarm=True).repeat_max == 0
    said = refusal({"text": "x", "repeat_s": 10, "repeat_max": 3})
    assert "repeat_s is for alarms" in said
    assert "repeat_max is for alarms" in said


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("volume", True, "volume must be a number from 0 to 100 (percent), not True"),
        ("volume", 101, "not 101"),
        ("volume", -0.1, "not -0.1"),
        ("volume", "50", "not '50'"),
        ("volume", 10**400, "not a huge number"),
        ("rate", 0.49, "rate must be a number from 0.5 to 2.0"),
        ("rate", 10**400, "a huge number"),
        ("ttl_s", 0, "ttl_s must be a number of seconds above 0"),
        ("ttl_s", -1, "above 0"),
        ("ttl_s", 10**400, "a huge number"),
        ("priority", "urgent", "priority must be one of low, normal, high, alarm, not 'urgent'"),
        ("priority", 3, "not 3"),
        ("zones", [], "zones must be a name, a list"),
        ("zones", [1], "zones must be a text"),
        ("zones", ["a"] * 65, "zones must be a name, a list"),
        ("zones", {"a": 1}, "zones must be a name, a list"),
        ("voice", 5, "voice must be a text"),
        ("voice", "m" * 65, "voice must be a text of 1 to 64 printable characters"),
        ("voice", "mum?" + "&" * 253, "voice must be a text of 1 to 256 printable characters"),
        ("voice", "\ud800", "voice must be a text of 1 to 64 printable characters"),
        ("language", "deutsch!", "language must be a language tag like de or en-GB"),
        ("language", ["de"], "not a list"),
        ("id", "x" * 65, "id must be a text of 1 to 64 printable characters"),
        ("id", "a\nb", "printable"),
        ("id", 7, "id must be a text"),
        ("chime", True, "chime must be a name or false"),
        ("chime", 5, "chime must be a text"),
        ("replaces", 5, "replaces must be a text"),
        ("repeat_s", 0.5, "repeat_s must be a number of seconds from 1 to 86400"),
        ("repeat_max", -1, "repeat_max must be a whole number from 0 to 10000"),
        ("repeat_max", 1.5, "repeat_max must be a whole number, not 1.5"),
        ("text", 5, "text must be a text"),
        ("text", "   ", "text is empty"),
        ("text", "x" * 20_001, "20001 characters; at most 20000"),
        ("text", "half \udc00", "lone surrogate) at position 5"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(key: str, value: object, said: str) -> None:
    assert said in refusal({"text": "x", key: value})


def test_an_unknown_key_is_refused_with_the_one_that_was_meant() -> None:
    assert refusal({"text": "x", "volum": 5}) == "unknown key 'volum' (did you mean volume?)"


def test_all_mistakes_are_named_at_once() -> None:
    said = refusal({"volume": 500, "rate": "fast", "prio": "low", "zones": []})
    assert [part.split()[0] for part in said.split("; ")] == ["unknown", "text", "zones", "volume", "rate"]


def test_hundreds_of_unknown_keys_are_counted_not_listed() -> None:
    said = refusal({"text": "x"} | {f"k{n}" * 50: n for n in range(300)})
    assert "and 295 more unknown keys" in said
    assert len(said) < 500


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"caf\xe9", "not UTF-8: byte 0xe9 at position 3"),
        (b"", "text is missing or empty"),
        (b" \n", "text is empty"),
        ('{"text": "x"', "at line 1, column 13"),
        ('{"text": "x", "volume": NaN}', "holds NaN"),
        ('{"text": "x", "volume": 1e999}', "volume must be"),
        ('{"text": "x", "ttl_s": Infinity}', "holds Infinity"),
        ('{"text": "x", "text": "y"}', "a key twice"),
        ('{"text": ' + "[" * 100_000, "nested too deeply"),
        ('{"text": "x", "id": ' + "9" * 5000 + "}", "too many digits"),
        ("{not json}", "begins like JSON but is not"),
        ("{}", "text is missing or empty"),
        ('\ufeff{"volume": 5}', "text is missing or empty"),
    ],
)
def test_a_broken_payload_is_refused_in_words(payload: bytes | str, said: str) -> None:
    assert said in refusal(payload)


def test_a_refused_payload_still_gives_its_id_and_transaction() -> None:
    assert payloads.identifier_in(b'{"id": "mine", "volume": 500}') == "mine"
    assert payloads.transaction_in(b'{"transaction": 7, "txt": 1}') == 7
    assert payloads.transaction_in(b"\xff") is None
    assert payloads.identifier_in(b"{") is None


def test_a_rendering_is_read_like_an_announcement() -> None:
    wish = payloads.rendering(b'{"text": "hi", "voice": "anna", "rate": 2, "transaction": "t1"}')
    assert wish == payloads.RenderingWish("hi", "anna", None, 2.0, "t1")
    assert payloads.rendering(b"hi") == payloads.RenderingWish("hi")
    with pytest.raises(BadRequestError, match="unknown key 'zones'"):
        payloads.rendering(b'{"text": "hi", "zones": "*"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
KEYS = st.sampled_from([*payloads.ANNOUNCEMENT_KEYS, "transaction"]) | st.text()


@given(
    st.binary() | st.text().map(str.encode) | st.dictionaries(KEYS, JSON).map(lambda asked: json.dumps(asked).encode())
)
def test_no_payload_does_anything_but_succeed_or_be_refused(payload: bytes) -> None:
    for parse in (read, payloads.rendering):
        try:
            parse(payload)
        except BadRequestError as refused:
            str(refused).encode()
    (payloads.identifier_in(payload) or "").encode()
    payloads.asks_for_alarm(payload)
    json.dumps(payloads.transaction_in(payload), allow_nan=False)
    payloads.excerpt(payload).encode()
