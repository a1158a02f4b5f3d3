"""SSML, the subset that every voice understands here: what is to be said, how, and where to be silent.

Elements and values are those of https://www.w3.org/TR/speech-synthesis11/: speak, p, s, break, emphasis, say-as, sub,
prosody (rate and volume), voice (name) and lang. Other elements give their text, and other attributes nothing; what
would have something fetched, or hides what is said, is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar
from xml.parsers import expat

from voxd.errors import BadRequestError

T = TypeVar("T")
DEPTH_MAX = 32
PIECES_MAX = 1000
PAUSE_MAX_S = 10.0
GAIN_MIN_DB, GAIN_MAX_DB = -40.0, 6.0
RATE_MIN, RATE_MAX = 0.5, 2.0
_ROOT = re.compile(r"\s*(<\?xml[^>]*>\s*)?<speak[\s/>]")
_TIME = re.compile(r"\+?([0-9]*\.?[0-9]+)(ms|s)")
_DECIBELS = re.compile(r"([+-]?[0-9]*\.?[0-9]+)dB")
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")
_PERCENT = re.compile(r"([+-]?[0-9]*\.?[0-9]+)%")

STRENGTHS_S = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.8, "x-strong": 1.2}
"""Pauses of `break strength`; their lengths are the processor's choice."""
VOLUMES_DB = {"silent": GAIN_MIN_DB, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "loud": 3.0, "x-loud": 6.0}
RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.25, "x-fast": 1.6}
EMPHASES_DB = {"strong": 4.0, "moderate": 2.0, "none": 0.0, "reduced": -3.0}
"""The gain of `emphasis level`: the one stress that every engine can give."""
PARAGRAPH_S = 0.6
_REFUSED = {"audio": "plays other sounds", "lexicon": "fetches a dictionary"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said, as far as the text tells: `rate` is a factor on what was asked for."""

    voice: str | None = None
    language: str | None = None
    rate: float = 1.0
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A text; `interpreted` tells what it is (say-as), `detail` in which form it is written."""

    text: str
    interpreted: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Pieces said in one go, in one manner, after so much silence; without pieces it is silence alone."""

    pieces: tuple[Piece, ...]
    manner: Manner = Manner()
    pause_s: float = 0.0


def is_ssml(text: str) -> bool:
    """Whether a text begins like SSML."""
    return _ROOT.match(text) is not None


def passages(text: str) -> tuple[Passage, ...]:
    """What an SSML document has said. Raises BadRequestError with the place of its mistake."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _no_doctype  # no entities of a stranger's making
    try:
        parser.Parse(text.strip(), True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        raise BadRequestError(f"The SSML is not well-formed: {expat.ErrorString(error.code)} at {where}") from None
    except UnicodeEncodeError:
        raise BadRequestError("The SSML holds half a character (a lone surrogate)") from None
    except BadRequestError as mistake:
        raise BadRequestError(f"{mistake} (SSML, line {parser.CurrentLineNumber})") from None
    return reader.finish()


class _Reader:
    """Builds the passages while the document is parsed."""

    def __init__(self) -> None:
        self._manners = [Manner()]
        self._pieces: list[Piece] = []
        self._passages: list[Passage] = []
        self._pause_s = 0.0
        self._interpreted: tuple[str, str] | None = None
        self._alias: list[str] = []
        self._count = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._check_place(name)
        name = name.rpartition(":")[2]
        manner = _manner_of(name, self._manners[-1], attributes)
        match name:
            case "break":
                self._rest(_pause_of(attributes))
            case "p" | "s":
                self._end_passage()
            case "say-as":
                self._interpreted = _interpreted(attributes)
            case "sub":
                self._alias.append(attributes.get("alias", ""))
                self._add(Piece(self._alias[-1]))
        if manner != self._manners[-1]:
            self._end_passage()
        self._manners.append(manner)

    def _check_place(self, name: str) -> None:
        if len(self._manners) > DEPTH_MAX:
            raise BadRequestError(f"SSML may be nested {DEPTH_MAX} deep at most")
        if self._interpreted is not None:
            raise BadRequestError("say-as holds nothing but text")
        if name in _REFUSED:
            raise BadRequestError(f"<{name}> {_REFUSED[name]}, which is not done here")

    def end(self, name: str) -> None:
        """It ends."""
        name = name.rpartition(":")[2]
        before = self._manners.pop()
        match name:
            case "say-as":
                self._interpreted = None
            case "sub":
                self._alias.pop()
            case "p":
                self._end_passage(PARAGRAPH_S, before)
            case "s":
                self._end_passage(manner=before)
        if before != self._manners[-1]:
            self._end_passage(manner=before)

    def text(self, text: str) -> None:
        """Text between tags; what a sub stands for was said already."""
        if not self._alias:
            self._add(Piece(text, *(self._interpreted or ("", ""))))

    def finish(self) -> tuple[Passage, ...]:
        """All of it."""
        self._end_passage()
        if self._pause_s:
            self._passages.append(Passage((), pause_s=min(self._pause_s, PAUSE_MAX_S)))
        return tuple(self._passages)

    def _add(self, piece: Piece) -> None:
        self._count += 1
        if self._count > PIECES_MAX:
            raise BadRequestError(f"SSML may have {PIECES_MAX} pieces of text at most")
        self._pieces.append(piece)

    def _rest(self, pause_s: float) -> None:
        self._end_passage()
        self._pause_s += pause_s

    def _end_passage(self, pause_s: float = 0.0, manner: Manner | None = None) -> None:
        """What was said until now is one passage; at least `pause_s` of silence follows."""
        pieces, self._pieces = tuple(self._pieces), []
        if any(piece.text.strip() for piece in pieces):
            silence_s = min(self._pause_s, PAUSE_MAX_S)
            self._passages.append(Passage(pieces, manner or self._manners[-1], silence_s))
            self._pause_s = 0.0
        self._pause_s = max(self._pause_s, pause_s)


def _manner_of(name: str, outer: Manner, attributes: Mapping[str, str]) -> Manner:
    """How what the element holds is said."""
    match name:
        case "emphasis":
            manner = _emphatic(outer, attributes)
        case "prosody":
            manner = _prosodic(outer, attributes)
        case "voice":
            manner = replace(outer, voice=attributes.get("name") or outer.voice)
        case _:
            manner = outer
    return replace(manner, language=attributes.get("xml:lang") or manner.language)


def _pause_of(attributes: Mapping[str, str]) -> float:
    if (time := attributes.get("time")) is not None:
        found = _TIME.fullmatch(time.strip())
        if found is None:
            raise BadRequestError(f"break time is written like 500ms or 2s, not {time[:40]!r}")
        return min(float(found[1]) / (1000 if found[2] == "ms" else 1), PAUSE_MAX_S)
    return _chosen("break strength", attributes.get("strength", "medium"), STRENGTHS_S)


def _emphatic(manner: Manner, attributes: Mapping[str, str]) -> Manner:
    return _changed(manner, _chosen("emphasis level", attributes.get("level", "moderate"), EMPHASES_DB))


def _prosodic(manner: Manner, attributes: Mapping[str, str]) -> Manner:
    gain_db = _gain_of(attributes["volume"].strip()) if "volume" in attributes else 0.0
    rate = _rate_of(attributes["rate"].strip()) if "rate" in attributes else 1.0
    return _changed(manner, gain_db, rate)


def _changed(manner: Manner, gain_db: float, rate: float = 1.0) -> Manner:
    gain_db = min(GAIN_MAX_DB, max(GAIN_MIN_DB, manner.gain_db + gain_db))
    rate = min(RATE_MAX, max(RATE_MIN, manner.rate * rate))
    return replace(manner, gain_db=gain_db, rate=rate)


def _gain_of(volume: str) -> float:
    if decibels := _DECIBELS.fullmatch(volume):
        return float(decibels[1])
    return _chosen("prosody volume", volume, VOLUMES_DB, "or like +3dB")


def _rate_of(rate: str) -> float:
    """A word, a factor like 1.2, or a percentage: 120% is a factor, +20% a change."""
    if _NUMBER.fullmatch(rate):
        return float(rate)
    if percent := _PERCENT.fullmatch(rate):
        share = float(percent[1]) / 100
        return 1 + share if percent[1][0] in "+-" else share
    return _chosen("prosody rate", rate, RATES, "or like 90%")


def _interpreted(attributes: Mapping[str, str]) -> tuple[str, str]:
    interpreted = attributes.get("interpret-as", "").strip().lower()
    if not interpreted:
        raise BadRequestError("say-as needs interpret-as")
    return interpreted, attributes.get("format", "").strip().lower()


def _chosen(what: str, name: str, known: Mapping[str, T], more: str = "") -> T:
    if name not in known:
        choice = " ".join(filter(None, (", ".join(known), more)))
        raise BadRequestError(f"{what} is one of {choice}, not {name[:40]!r}")
    return known[name]


def _no_doctype(*_: object) -> NoReturn:
    raise BadRequestError("SSML here has no DOCTYPE")
