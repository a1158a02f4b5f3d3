"""Strangers' payloads become values here, and nowhere else: plain text, or a JSON object."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_name, a_number, a_text, parsed_object, shown
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId, new_announcement_id

TEXT_CHARS_MAX = 20_000
ZONES_MAX = 64
TTL_S_MAX = 1e9
ANNOUNCEMENT_KEYS = ("text", "zones", "voice", "language", "volume", "rate", "priority", "ttl_s", "chime", "id")
RENDERING_KEYS = ("text", "voice", "language", "rate", "transaction")
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


def announcement(
    payload: bytes,
    *,
    source: str,
    received_at: float,
    default_priority: Priority = Priority.NORMAL,
    default_ttl_s: float | None = None,
) -> Announcement:
    """The announcement that a payload asks for. Raises BadRequestError with all that is wrong with it."""
    return announcement_from(
        decoded(payload),
        source=source,
        received_at=received_at,
        default_priority=default_priority,
        default_ttl_s=default_ttl_s,
    )


def announcement_from(
    asked: Mapping[str, object],
    *,
    source: str,
    received_at: float,
    default_priority: Priority = Priority.NORMAL,
    default_ttl_s: float | None = None,
) -> Announcement:
    """The announcement that an object asks for. Raises BadRequestError with all that is wrong with it."""
    fields = Fields(asked, ANNOUNCEMENT_KEYS)
    text = _needed_text(fields)
    priority = fields.take("priority", _priority)
    ttl_s = fields.take("ttl_s", _ttl_s)
    wish = Announcement(
        text=text,
        zones=fields.take("zones", _zones) or (),
        voice=_as(VoiceId, fields.take("voice", a_name)),
        language=fields.take("language", a_language),
        volume=fields.take("volume", _volume),
        rate=fields.take("rate", _rate),
        priority=default_priority if priority is None else priority,
        ttl_s=default_ttl_s if ttl_s is None else ttl_s,
        chime=fields.take("chime", _chime),
        id=_as(AnnouncementId, fields.take("id", a_name)) or new_announcement_id(),
        source=source,
        received_at=received_at,
    )
    fields.finish()
    return wish


def rendering(payload: bytes) -> RenderingWish:
    """The rendering that a payload asks for. Raises BadRequestError with all that is wrong with it."""
    fields = Fields(decoded(payload), RENDERING_KEYS)
    wish = RenderingWish(
        text=_needed_text(fields),
        voice=fields.take("voice", a_name),
        language=fields.take("language", a_language),
        rate=fields.take("rate", _rate),
        transaction=fields.take("transaction", a_transaction),
    )
    fields.finish()
    return wish


def identifier_in(payload: bytes) -> AnnouncementId:
    """The id that a payload carries, whatever else is wrong with it; a new one where it carries none."""
    return _as(AnnouncementId, _field_of(payload, "id", a_name)) or new_announcement_id()


def transaction_in(payload: bytes) -> Transaction:
    """The transaction that a payload carries, whatever else is wrong with it."""
    return _field_of(payload, "transaction", a_transaction)


def excerpt(payload: bytes, chars_max: int = 200) -> str:
    """The beginning of any payload, as far as it is text."""
    return payload[: 4 * chars_max].decode("utf-8", "replace")[:chars_max]


def decoded(payload: bytes) -> Mapping[str, object]:
    """The object that a payload stands for: JSON, or a plain text alone. Raises BadRequestError."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequestError(
            f"The payload is not UTF-8: byte 0x{payload[error.start]:02x} at position {error.start}"
        ) from None
    if text.lstrip().startswith("{"):
        return parsed_object(text)
    return {"text": text}


def _needed_text(fields: Fields) -> str:
    text = fields.take("text", partial(a_text, chars_max=TEXT_CHARS_MAX))
    if text is None and not fields.mistaken("text"):
        fields.miss("text is missing or empty")
    return text or ""


def _zones(value: object) -> tuple[ZoneId, ...]:
    match value:
        case str():
            return (ZoneId(a_name(value)),)
        case [_, *_] if len(value) <= ZONES_MAX:
            return tuple(ZoneId(a_name(zone)) for zone in value)
    raise BadRequestError(f'must be a name, a list of 1 to {ZONES_MAX} names, or "*"')


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


def _ttl_s(value: object) -> float:
    return float(a_number(value, 1e-3, TTL_S_MAX, "a number of seconds above 0"))


def _priority(value: object) -> Priority:
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
        case str() if len(value) <= 256:
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
