"""Strangers' payloads become values here, and nowhere else: plain text, or a JSON object."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from voxd.announcing.speaking.wanted_voice import CHARS_MAX as VOICE_CHARS_MAX
from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_name, a_number, a_text, a_whole_number, can_be_written, parsed_object, shown
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId, new_announcement_id

TEXT_CHARS_MAX = 20_000
ZONES_MAX = 64
TTL_S_MAX = 1e9
REPEAT_S_MAX = 86_400.0
REPEAT_MAX_MAX = 10_000
TEXT_KEYS = ("text", "message", "title")
"""`message` is what notifications call their text; their title is spoken first."""
ANNOUNCEMENT_KEYS = (
    *(*TEXT_KEYS, "zones", "voice", "language", "volume", "rate", "priority", "ttl_s", "chime", "id"),
    *("replaces", "repeat_s", "repeat_max"),
)
RENDERING_KEYS = (*TEXT_KEYS, "voice", "language", "rate", "transaction")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

T = TypeVar("T")
Transaction = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class RenderingWish:
    """A text whose sound somebody wants back, and the word that they know their request by."""

    text: str
    voice: str | None = None
    language: str | None = None
    rate: float | None = None
    transaction: Transaction = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a payload came: by which door, when (seconds since the epoch), and what holds where it is silent.

    Where `alarm` is true everything is an alarm, whatever it says; where `may_be_alarm` is false nothing may be one.
    """

    source: str
    received_at: float
    alarm: bool = False
    may_be_alarm: bool = True
    ttl_s: float | None = None
    id: AnnouncementId | None = None


def announcement(payload: bytes, came: Circumstances) -> Announcement:
    """The announcement that a payload asks for. Raises BadRequestError with all that is wrong with it."""
    return announcement_from(decoded(payload), came)


def announcement_from(asked: Mapping[str, object], came: Circumstances) -> Announcement:
    """The announcement that an object asks for. Raises BadRequestError with all that is wrong with it."""
    fields = Fields(asked, ANNOUNCEMENT_KEYS)
    text = _needed_text(fields)
    priority = _priority_of(fields, came)
    ttl_s = fields.take("ttl_s", a_ttl_s)
    wish = Announcement(
        text=text,
        zones=fields.take("zones", a_zones) or (),
        voice=_as(VoiceId, fields.take("voice", a_voice)),
        language=fields.take("language", a_language),
        volume=fields.take("volume", _volume),
        rate=fields.take("rate", _rate),
        priority=priority,
        ttl_s=came.ttl_s if ttl_s is None else ttl_s,
        chime=fields.take("chime", _chime),
        replaces=fields.take("replaces", a_name),
        repeat_s=_for_alarms(fields, "repeat_s", _repeat_s, priority),
        repeat_max=_for_alarms(fields, "repeat_max", _repeat_max, priority),
        id=_as(AnnouncementId, fields.take("id", a_name)) or came.id or new_announcement_id(),
        source=came.source,
        received_at=came.received_at,
    )
    fields.finish()
    return wish


def rendering(payload: bytes) -> RenderingWish:
    """The rendering that a payload asks for. Raises BadRequestError with all that is wrong with it."""
    fields = Fields(decoded(payload), RENDERING_KEYS)
    wish = RenderingWish(
        text=_needed_text(fields),
        voice=fields.take("voice", a_voice),
        language=fields.take("language", a_language),
        rate=fields.take("rate", _rate),
        transaction=fields.take("transaction", a_transaction),
    )
    fields.finish()
    return wish


def identifier_in(payload: bytes) -> AnnouncementId | None:
    """The id that a payload carries, whatever else is wrong with it."""
    return _as(AnnouncementId, _field_of(payload, "id", a_name))


def asks_for_alarm(payload: bytes) -> bool:
    """Whether it wants to be an alarm; quick where it does not."""
    return b"alarm" in payload.lower() and _field_of(payload, "priority", a_priority) is Priority.ALARM


def transaction_in(payload: bytes) -> Transaction:
    """The transaction that a payload carries, whatever else is wrong with it."""
    return _field_of(payload, "transaction", a_transaction)


def excerpt(payload: bytes, chars_max: int = 200) -> str:
    """The beginning of any payload, as far as it is text."""
    return payload[: 4 * chars_max].decode("utf-8", "replace")[:chars_max]


def decoded(payload: bytes) -> Mapping[str, object]:
    """The object that a payload stands for: JSON, or a text alone, plain or a JSON string. Raises BadRequestError."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequestError(
            f"The payload is not UTF-8: byte 0x{payload[error.start]:02x} at position {error.start}"
        ) from None
    if text.lstrip().startswith("{"):
        return parsed_object(text)
    return {"text": _unquoted(text)}


def _unquoted(text: str) -> str:
    """The text that a JSON string stands for; any other text as it is, though it may begin with a quotation mark."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _needed_text(fields: Fields) -> str:
    """What is to be said: the title, where there is one, then the text."""
    text, message, title = (fields.take(key, partial(a_text, chars_max=TEXT_CHARS_MAX)) for key in TEXT_KEYS)
    if text is not None and message is not None:
        fields.miss("text and message are the same thing; give one of them")
    parts = [part for part in (title, message if text is None else text) if part is not None]
    if not parts and not any(map(fields.mistaken, TEXT_KEYS)):
        fields.miss("text is missing or empty")
    said = _joined(parts)
    if len(said) > TEXT_CHARS_MAX:
        fields.miss(f"title and text have {len(said)} characters together; at most {TEXT_CHARS_MAX} are allowed")
    return said


def _joined(parts: Sequence[str]) -> str:
    """A title and what follows it, as sentences of their own; a text alone stays as it is."""
    if len(parts) < 2:
        return "".join(parts)
    title, text = parts[0].rstrip(), parts[1]
    return f"{title} {text}" if unicodedata.category(title[-1]).startswith("P") else f"{title}. {text}"


def _priority_of(fields: Fields, came: Circumstances) -> Priority:
    asked = fields.take("priority", a_priority)
    if came.alarm:
        return Priority.ALARM
    if asked is Priority.ALARM and not came.may_be_alarm:
        fields.miss("priority alarm is only taken on the topic alarm, unless mqtt.alarms_on_say is true")
    return Priority.NORMAL if asked is None else asked


def _for_alarms(fields: Fields, key: str, read: Callable[[object], T], priority: Priority) -> T | None:
    value = fields.take(key, read)
    if value is not None and priority is not Priority.ALARM:
        fields.miss(f"{key} is for alarms: only they are repeated until somebody acknowledges them")
    return value


def a_zones(value: object) -> tuple[ZoneId, ...]:
    """One zone, or a list of them."""
    match value:
        case str():
            return (ZoneId(a_name(value)),)
        case [_, *_] if len(value) <= ZONES_MAX:
            return tuple(ZoneId(a_name(zone)) for zone in value)
    raise BadRequestError(f'must be a name, a list of 1 to {ZONES_MAX} names, or "*"')


def a_voice(value: object) -> str:
    """The name of a voice, perhaps with parameters behind a question mark; what they say is read later."""
    return a_name(value, VOICE_CHARS_MAX) if isinstance(value, str) and "?" in value else a_name(value)


def a_language(value: object) -> str:
    """A BCP 47 tag."""
    match value:
        case str() if _LANGUAGE.fullmatch(value.replace("_", "-")):
            return value.replace("_", "-")
    raise BadRequestError(f"must be a language tag like de or en-GB, not {shown(value)}")


def _volume(value: object) -> int:
    return round(a_number(value, 0, 100, "a number from 0 to 100 (percent)"))


def _rate(value: object) -> float:
    return float(a_number(value, 0.5, 2.0, "a number from 0.5 to 2.0"))


def a_ttl_s(value: object) -> float:
    """Seconds that something is worth saying."""
    return float(a_number(value, 1e-3, TTL_S_MAX, "a number of seconds above 0"))


def _repeat_s(value: object) -> float:
    return float(a_number(value, 1, REPEAT_S_MAX, f"a number of seconds from 1 to {REPEAT_S_MAX:.0f}"))


def _repeat_max(value: object) -> int:
    return a_whole_number(value, 0, REPEAT_MAX_MAX)


def a_priority(value: object) -> Priority:
    """One of the four."""
    names = [priority.name.lower() for priority in Priority]
    match value:
        case str() if value.lower() in names:
            return Priority[value.upper()]
    raise BadRequestError(f"must be one of {', '.join(names)}, not {shown(value)}")


def _chime(value: object) -> str | bool:
    if value is False:
        return False
    if value is True:
        raise BadRequestError("must be a name or false")
    return a_name(value)


def a_transaction(value: object) -> Transaction:
    """A word that somebody knows their request by."""
    match value:
        case str() if len(value) <= 256 and can_be_written(value):
            return value
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
    raise BadRequestError("must be a text of at most 256 characters or a number")


def _field_of(payload: bytes, key: str, read: Callable[[object], T]) -> T | None:
    try:
        return Fields(decoded(payload), ()).take(key, read)
    except BadRequestError:
        return None


def _as(kind: Callable[[str], T], value: str | None) -> T | None:
    return None if value is None else kind(value)
