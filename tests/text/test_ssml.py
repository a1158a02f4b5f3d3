"""SSML: the subset that is understood, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.errors import BadRequestError
from voxd.text.ssml import Manner, Passage, Piece, is_ssml, passages


def plain(text: str, pause_s: float = 0.0, **manner: object) -> Passage:
    return Passage((Piece(text),), Manner(**manner), pause_s)  # type: ignore[arg-type]  # the fields of Manner


PASSAGES = [
    ("<speak>Hello</speak>", [plain("Hello")]),
    ('<?xml version="1.0"?><speak version="1.1">Hello</speak>', [plain("Hello")]),
    ('<speak>One<break time="300ms"/>two</speak>', [plain("One"), plain("two", 0.3)]),
    ('<speak>One<break time="1.5s"/><break strength="strong"/>two</speak>', [plain("One"), plain("two", 2.3)]),
    ("<speak>One<break/>two</speak>", [plain("One"), plain("two", 0.5)]),
    ('<speak>One<break strength="none"/>two</speak>', [plain("One"), plain("two")]),
    ('<speak>One<break time="1h"/></speak>', None),
    ('<speak>One<break time="1000s"/>two</speak>', [plain("One"), plain("two", 10.0)]),
    ("<speak>One<break/></speak>", [plain("One"), Passage((), pause_s=0.5)]),
    ("<speak><p>One</p><p>two</p>three</speak>", [plain("One"), plain("two", 0.6), plain("three", 0.6)]),
    ("<speak><s>One</s><s>two</s></speak>", [plain("One"), plain("two")]),
    ('<speak><prosody rate="slow">low</prosody></speak>', [plain("low", rate=0.75)]),
    ('<speak><prosody rate="120%">x</prosody></speak>', [plain("x", rate=1.2)]),
    ('<speak><prosody rate="+20%">x</prosody></speak>', [plain("x", rate=1.2)]),
    ('<speak><prosody rate="-10%">x</prosody></speak>', [plain("x", rate=0.9)]),
    ('<speak><prosody rate="0.8" volume="-6dB">x</prosody></speak>', [plain("x", rate=0.8, gain_db=-6.0)]),
    ('<speak><prosody volume="+40dB">x</prosody></speak>', [plain("x", gain_db=6.0)]),
    ('<speak><prosody volume="very">x</prosody></speak>', None),
    ('<speak><prosody pitch="high">x</prosody></speak>', [plain("x")]),
    ("<speak>a <emphasis>b</emphasis> c</speak>", [plain("a "), plain("b", gain_db=2.0), plain(" c")]),
    ('<speak><emphasis level="huge">b</emphasis></speak>', None),
    ('<speak><voice name="mum">hi</voice> you</speak>', [plain("hi", voice="mum"), plain(" you")]),
    ('<speak xml:lang="de">Hallo <lang xml:lang="en">you</lang></speak>', [
        plain("Hallo ", language="de"), plain("you", language="en")]),
    ('<speak><say-as interpret-as="date" format="dmy">1.2.2026</say-as> then</speak>', [
        Passage((Piece("1.2.2026", "date", "dmy"), Piece(" then")))]),
    ("<speak><say-as>1</say-as></speak>", None),
    ('<speak><say-as interpret-as="date"><emphasis>1</emphasis></say-as></speak>', None),
    ('<speak>See <sub alias="the web">WWW</sub> now</speak>', [
        Passage((Piece("See "), Piece("the web"), Piece(" now")))]),
    ("<speak>Tom &amp; Anna, 3 &lt; 4</speak>", [plain("Tom & Anna, 3 < 4")]),
    ('<speak xmlns="http://www.w3.org/2001/10/synthesis">Hello</speak>', [plain("Hello")]),
    ("<speak><desc>Hello</desc></speak>", [plain("Hello")]),
    ('<speak><audio src="https://example.com/a.mp3">x</audio></speak>', None),
    ('<speak><lexicon uri="https://example.com/a.pls"/>x</speak>', None),
    ('<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', None),
    ("<speak>a & b</speak>", None),
    ("<speak>a", None),
    ("<speak>" + "<s>" * 40 + "</s>" * 40 + "</speak>", None),
    ("<speak>" + "<sub alias='x'/>" * 2000 + "</speak>", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PASSAGES)
def test_what_is_said_and_how(text: str, expected: list[Passage] | None) -> None:
    if expected is None:
        with pytest.raises(BadRequestError):
            passages(text)
    else:
        assert list(passages(text)) == expected


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadRequestError, match="half a character"):
        passages("<speak>\ud800</speak>")


def test_a_mistake_is_told_with_its_place() -> None:
    with pytest.raises(BadRequestError, match="line 2, column"):
        passages("<speak>\nTom & Anna</speak>")
    with pytest.raises(BadRequestError, match=r"500ms or 2s, not 'soon'.*line 2"):
        passages('<speak>\n<break time="soon"/></speak>')


@pytest.mark.parametrize(
    ("text", "expected"),
    [("<speak>x</speak>", True), (" \n<speak version='1.1'>", True), ("<speaker>x", False), ("I <speak>", False)],
)
def test_ssml_is_known_by_its_beginning(text: str, expected: bool) -> None:
    assert is_ssml(text) is expected


_TAGS = st.sampled_from(
    [
        "<s>",
        "</s>",
        "<p>",
        "</p>",
        "<break/>",
        "<prosody rate='fast'>",
        "</prosody>",
        "a.",
        " ",
        "&#0;",
        "&x;",
        "<",
        "é",
    ]
)


@given(st.lists(_TAGS, max_size=12))
def test_whatever_comes_is_understood_or_refused(parts: list[str]) -> None:
    try:
        found = passages(f"<speak>{''.join(parts)}</speak>")
    except BadRequestError:
        return
    assert all(0 <= passage.pause_s <= 10 and 0.5 <= passage.manner.rate <= 2 for passage in found)
