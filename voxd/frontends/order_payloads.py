"""What strangers tell the house to do with announcements becomes values here: over MQTT and the control socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from voxd.announcing.preferences import RATE_MAX, RATE_MIN, VOLUME_MAX, Choice
from voxd.announcing.selection import Selection
from voxd.announcing.sirens import SIREN_S, SIREN_S_MAX, Tone
from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_name, a_number, a_whole_number, shown
from voxd.frontends.payloads import Transaction, a_priority, a_transaction, a_zones, decoded
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId

HISTORY_SHOWN = 20
HISTORY_MAX = 1000
OWNERS, NO_CHIME = "default", "none"
"""What stands for the owner's settings, as null does, and for no chime, as false does, in lists to choose from."""
_CHOICES = ("voice", "chime", "rate", "volume")
_SWITCH = {"on": True, "off": False}
_PRESSED = "PRESS"
"""What Home Assistant's MQTT buttons say unless they are told otherwise; no id."""

EVERYTHING = Selection()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OrderWish:
    """What an order is about, and the word that somebody knows their request by."""

    which: Selection = EVERYTHING
    transaction: Transaction = None


@dataclass(frozen=True, slots=True)
class QuietWish:
    """Where to be quiet; what passes all the same, None where the quiet ends."""

    zones: tuple[ZoneId, ...]
    passes: Priority | None
    transaction: Transaction = None


@dataclass(frozen=True, slots=True)
class HistoryWish:
    """How much of the history, and of what has become what."""

    limit: int = HISTORY_SHOWN
    state: State | None = None
    transaction: Transaction = None


@dataclass(frozen=True, slots=True)
class SirenWish:
    """Where a siren is to sound, and how; None where it is to be silent."""

    zones: tuple[ZoneId, ...]
    tone: Tone | None
    transaction: Transaction = None


@dataclass(frozen=True, slots=True)
class ChoiceWish:
    """What is to hold from now on."""

    choice: Choice
    transaction: Transaction = None


def order(payload: bytes) -> OrderWish:
    """Which announcements: nothing for all, an id as plain text, or an object. Raises BadRequestError.

    An id or zones that are there and empty mean nobody: what a template left empty must not be taken for all.
    """
    return _read(_none_empty(_asked(payload, "id")), ("id", "zones"), _order)


def zones_order(payload: bytes) -> OrderWish:
    """The same for what cannot be done to a single one; a plain text names a zone. Raises BadRequestError."""
    return _read(_none_empty(_asked(payload, "zones")), ("zones",), _order)


def quiet(payload: bytes) -> QuietWish:
    """Whether not to disturb, and where: on, off, or an object. Raises BadRequestError."""
    return _read(_asked(payload, "on"), ("on", "zones", "passes"), _quiet)


def choice(payload: bytes) -> ChoiceWish:
    """What is preferred from now on, an object; null goes back to the owner's settings. Raises BadRequestError."""
    asked = _none_empty(decoded(payload))
    if "text" in asked and not payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise BadRequestError("A preference is a JSON object with voice, chime, rate or volume")
    chosen = frozenset(word for word in _CHOICES if word in asked and asked[word] != "")
    owners = {word: None for word in chosen if asked[word] == OWNERS}
    return _read({**asked, **owners}, (*_CHOICES, "zones"), lambda fields, known: _choice(fields, known, chosen))


def siren(payload: bytes) -> SirenWish:
    """Whether a siren is to sound, and how: on, off, or an object. Raises BadRequestError."""
    asked = _none_empty(_asked(payload, "on"))
    owners = {"tone": None} if asked.get("tone") == OWNERS else {}
    return _read({**asked, **owners}, ("on", "tone", "duration_s", "volume", "zones"), _siren)


def bare(payload: bytes) -> Transaction:
    """The transaction of a request that needs nothing said: nothing, or an object. Raises BadRequestError."""
    return _read(_asked(payload, "text"), (), lambda _, transaction: transaction)


def history(payload: bytes) -> HistoryWish:
    """How much of the history: nothing, a number, or an object. Raises BadRequestError."""
    return _read(_asked(payload, "limit"), ("limit", "state"), _history)


def history_of(query: Mapping[str, str]) -> HistoryWish:
    """How much of the history the query of an address asks for. Raises BadRequestError."""
    return _read(query, ("limit", "state"), _history)


def _asked(payload: bytes, word: str) -> Mapping[str, object]:
    """The object that a payload is; a plain text is that word of it."""
    asked = decoded(payload)
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return asked
    text = str(asked["text"]).strip()
    return {word: text} if text not in ("", _PRESSED) else {}


def _none_empty(asked: Mapping[str, object]) -> Mapping[str, object]:
    for word in ("id", "zones"):
        if asked.get(word) in ("", []):
            raise BadRequestError(f"{word} is empty; leave it out to mean all")
    return asked


def _read(asked: Mapping[str, object], known: tuple[str, ...], read: Callable[[Fields, Transaction], T]) -> T:
    fields = Fields(asked, (*known, "transaction"))
    wish = read(fields, fields.take("transaction", a_transaction))
    fields.finish()
    return wish


def _order(fields: Fields, transaction: Transaction) -> OrderWish:
    id_, zones = fields.take("id", a_name), fields.take("zones", a_zones)
    if id_ is not None and zones is not None:
        fields.miss("id and zones exclude each other: an id names one announcement, wherever it is")
    return OrderWish(Selection(None if id_ is None else AnnouncementId(id_), zones or ()), transaction)


def _quiet(fields: Fields, transaction: Transaction) -> QuietWish:
    on, passes = fields.take("on", _on_or_off), fields.take("passes", a_priority)
    if on is None and not fields.mistaken("on"):
        fields.miss("on is missing: true or false")
    zones = fields.take("zones", a_zones) or ()
    return QuietWish(zones, (Priority.ALARM if passes is None else passes) if on else None, transaction)


def _choice(fields: Fields, transaction: Transaction, named: frozenset[str]) -> ChoiceWish:
    voice = fields.take("voice", a_name)
    chime, rate = fields.take("chime", _chime), fields.take("rate", _rate)
    volume, zones = fields.take("volume", _volume), fields.take("zones", a_zones)
    if not named:
        fields.miss("nothing is chosen: voice, chime, rate or volume")
    elif zones is not None and "volume" not in named:
        fields.miss("zones go with volume; the rest is chosen for the whole house")
    chosen = Choice(named, None if voice is None else VoiceId(voice), chime, rate, volume, zones or ())
    return ChoiceWish(chosen, transaction)


def _siren(fields: Fields, transaction: Transaction) -> SirenWish:
    on, chime = fields.take("on", _on_or_off), fields.take("tone", a_name)
    if on is None and not fields.mistaken("on"):
        fields.miss("on is missing: true or false")
    lasts_s, volume = fields.take("duration_s", _siren_s), fields.take("volume", _volume)
    tone = Tone(chime, SIREN_S if lasts_s is None else lasts_s, volume) if on else None
    return SirenWish(fields.take("zones", a_zones) or (), tone, transaction)


def _siren_s(value: object) -> float:
    return float(a_number(value, 0.1, SIREN_S_MAX, f"a number of seconds from 0.1 to {SIREN_S_MAX:g}"))


def _chime(value: object) -> str | Literal[False]:
    return False if value is False or value == NO_CHIME else a_name(value)


def _rate(value: object) -> float:
    return float(a_number(value, RATE_MIN, RATE_MAX, f"a number from {RATE_MIN} to {RATE_MAX}, or null"))


def _volume(value: object) -> int:
    return round(a_number(value, 0, VOLUME_MAX, f"a number from 0 to {VOLUME_MAX} (percent), or null"))


def _history(fields: Fields, transaction: Transaction) -> HistoryWish:
    limit, state = fields.take("limit", _limit), fields.take("state", _state)
    return HistoryWish(HISTORY_SHOWN if limit is None else limit, state, transaction)


def _on_or_off(value: object) -> bool:
    """True and false, and the words that switches have for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    raise BadRequestError(f"must be true or false, not {shown(value)}")


def _limit(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    return a_whole_number(value, 1, HISTORY_MAX)


def _state(value: object) -> State:
    names = [state.value for state in State]
    if isinstance(value, str) and value.lower() in names:
        return State(value.lower())
    raise BadRequestError(f"must be one of {', '.join(names)}, not {shown(value)}")
