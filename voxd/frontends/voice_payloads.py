"""Strangers' wishes about voices become values here: from MQTT, over HTTP, and from the voices folder."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import yaml

from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_name, a_text, shown
from voxd.frontends.payloads import TEXT_CHARS_MAX, Transaction, a_language, a_transaction, decoded
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.voice import EnrolmentWish, check_name

TRANSCRIPT_CHARS_MAX = 2000
CONSENT_CHARS_MAX = 200
FALLBACKS_MAX = 8
OPTION_KEYS = ("transcript", "language", "engine", "consent", "seed", "fallbacks")
_SEEDS = range(2**63)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that names a voice, and the word that somebody knows their request by."""

    name: str
    transaction: Transaction = None


def enrolment(payload: bytes) -> tuple[EnrolmentWish, Transaction]:
    """The enrolment that an MQTT payload asks for, its clip in base64. Raises BadRequestError."""
    fields = Fields(decoded(payload), ("name", "clip", *OPTION_KEYS, "transaction"))
    clip = fields.take("clip", _base64)
    if clip is None and not fields.mistaken("clip"):
        fields.miss("clip is missing: a recording in base64")
    wish = _wish(fields, clip or b"", "mqtt")
    transaction = fields.take("transaction", a_transaction)
    fields.finish()
    return wish, transaction


def enrolment_of(options: Mapping[str, object], clip: bytes, origin: str) -> EnrolmentWish:
    """The enrolment that a clip and an object with the options beside it ask for. Raises BadRequestError."""
    fields = Fields(options, ("name", *OPTION_KEYS))
    wish = _wish(fields, clip, origin)
    fields.finish()
    return wish


def enrolment_in_folder(name: str, clip: bytes, transcript: str, options: str, put_by: str) -> EnrolmentWish:
    """The enrolment that files of the voices folder ask for; `options` is YAML. Raises BadRequestError."""
    given = {key: value for key, value in _yaml(options, name).items() if value is not None}
    if "name" in given:
        raise BadRequestError(f"{name}.yaml cannot name the voice: its file does")
    known: dict[str, object] = {"name": check_name(name), "consent": put_by}
    with _blaming(f"{name}.txt"):
        known["transcript"] = _transcript(transcript) if transcript else ""
    with _blaming(f"{name}.yaml"):
        return enrolment_of(known | given, clip, "file")


@contextmanager
def _blaming(file: str) -> Iterator[None]:
    try:
        yield
    except BadRequestError as mistake:
        raise BadRequestError(f"{file}: {mistake}") from None


def named(payload: bytes) -> Asked:
    """The voice that a payload names. Raises BadRequestError."""
    fields = Fields(decoded(payload), ("name", "transaction"))
    asked = Asked(_needed_name(fields), fields.take("transaction", a_transaction))
    fields.finish()
    return asked


def voices_wanted(payload: bytes) -> tuple[str | None, Transaction]:
    """The language of a request for voices, if any; an empty payload will do. Raises BadRequestError."""
    fields = Fields(decoded(payload) if payload.strip() else {}, ("language", "transaction"))
    wanted = fields.take("language", a_language), fields.take("transaction", a_transaction)
    fields.finish()
    return wanted


def trial_text(payload: bytes) -> str | None:
    """The text of a trial, None for one of ours. Raises BadRequestError."""
    fields = Fields(decoded(payload) if payload.strip() else {}, ("text",))
    text = fields.take("text", partial(a_text, chars_max=TEXT_CHARS_MAX))
    fields.finish()
    return text


def _wish(fields: Fields, clip: bytes, origin: str) -> EnrolmentWish:
    transcript = fields.take("transcript", _transcript) or ""
    consent = fields.take("consent", partial(a_name, chars_max=CONSENT_CHARS_MAX))
    if consent is None and not fields.mistaken("consent"):
        fields.miss("consent is missing: who allowed that this voice is used")
    return EnrolmentWish(
        name=VoiceId(_needed_name(fields)),
        clip=clip,
        consent=consent or "",
        transcript=transcript,
        language=fields.take("language", a_language),
        engine=fields.take("engine", a_name),
        seed=fields.take("seed", _seed),
        fallbacks=fields.take("fallbacks", _fallbacks) or (),
        origin=origin,
    )


def _needed_name(fields: Fields) -> str:
    name = fields.take("name", _name)
    if name is None and not fields.mistaken("name"):
        fields.miss("name is missing")
    return name or ""


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise BadRequestError(f"must be a text, not {shown(value)}")
    try:
        return check_name(value)
    except BadRequestError as mistake:
        raise BadRequestError(f"is wrong: {mistake}") from None


def _transcript(value: object) -> str:
    """In one line, without what a terminal would take for commands."""
    return " ".join(_CONTROL.sub(" ", a_text(value, TRANSCRIPT_CHARS_MAX)).split())


def _base64(value: object) -> bytes:
    try:
        if isinstance(value, str):
            return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise BadRequestError("must be a recording in base64")


def _seed(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _SEEDS:
        return value
    raise BadRequestError(f"must be a whole number from 0 to 2^63 - 1, not {shown(value)}")


def _fallbacks(value: object) -> tuple[VoiceId, ...]:
    """A list of names, or one text with commas."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    match names:
        case [_, *_] if len(names) <= FALLBACKS_MAX:
            return tuple(VoiceId(a_name(name)) for name in names)
    raise BadRequestError(f"must be the name of a voice, or a list of 1 to {FALLBACKS_MAX}")


def _yaml(text: str, name: str) -> Mapping[str, object]:
    try:
        found = yaml.safe_load(text) if text else {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise BadRequestError(f"{name}.yaml cannot be read{where}; write for example  language: en") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise BadRequestError(f"{name}.yaml must hold options, such as  language: en")
    for key, value in found.items():
        if isinstance(value, bool):  # what YAML makes of no, the Norwegian, and of on, off and yes
            raise BadRequestError(f'{name}.yaml: YAML takes what stands at {key} for yes or no; write it as "..."')
    return found
