"""What Hermes' clients send becomes values here: liberally, since hardly two of them send the same."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_name, a_number, a_text, can_be_written, shown
from voxd.frontends.hermes.sites import DEFAULT
from voxd.frontends.payloads import TEXT_CHARS_MAX, Transaction, a_transaction, decoded

SITE_CHARS_MAX = 1024


@dataclass(frozen=True, slots=True)
class Asker:
    """Which sites somebody means, `site` as they wrote it, and the words they know it by; the default site if none."""

    sites: tuple[str, ...] = (DEFAULT,)
    site: str = DEFAULT
    id: Transaction = None
    session: Transaction = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A text to be said. `lang` is whatever the client took for a language; `volume` is in percent."""

    text: str
    lang: str | None = None
    volume: int | None = None


def asker(payload: bytes) -> Asker:
    """Who asks, as far as that can be read."""
    try:
        asked = decoded(payload)
    except BadRequestError:
        return Asker()
    sites = Fields(asked, tuple(asked)).take("siteId", a_site) or (DEFAULT,)
    site = asked.get("siteId")
    echoed = site if isinstance(site, str) and site and sites != (DEFAULT,) else ",".join(sites)
    return Asker(sites, echoed, _echo(asked.get("id")), _echo(asked.get("sessionId")))


def wish(payload: bytes) -> Wish:
    """What is to be said: a plain text, or an object with keys of anybody's. Raises BadRequestError."""
    asked = decoded(payload)
    fields = _liberal(asked)
    text = fields.take("text", _text)
    if text is None and not fields.mistaken("text"):
        fields.miss("text is missing or empty")
    volume = fields.take("volume", a_volume)
    fields.take("siteId", a_site)
    fields.take("id", a_transaction)
    fields.take("sessionId", a_transaction)
    fields.finish()
    return Wish(text or "", _lang(asked.get("lang")), volume)


def volume(payload: bytes) -> int:
    """The percent that somebody wants, in an object or alone. Raises BadRequestError."""
    asked = decoded(payload)
    fields = _liberal(asked)
    found = fields.take("volume" if "volume" in asked else "text", a_volume)
    fields.finish()
    if found is None:
        raise BadRequestError("volume is missing")
    return found


def wants_outputs(payload: bytes) -> bool:
    """Whether somebody who asks for devices asks for some that make sound."""
    try:
        modes = decoded(payload).get("modes")
    except BadRequestError:
        return False
    return not modes or "output" in (modes if isinstance(modes, list) else str(modes).split(","))


def a_site(value: object) -> tuple[str, ...] | None:
    """Sites: one name, several between commas, a list of them, or `*`; None where there is none in it."""
    match value:
        case str():
            written = value
        case list() if all(isinstance(one, str | None) for one in value):
            written = ",".join(filter(None, value))
        case _:
            raise BadRequestError(f"must be a name, a list of names, or *, not {shown(value)}")
    if len(written) > SITE_CHARS_MAX:
        raise BadRequestError(f"has {len(written):,} characters; at most {SITE_CHARS_MAX:,} are allowed")
    if not can_be_written(written):
        raise BadRequestError("holds half a character (a lone surrogate)")
    return tuple(dict.fromkeys(name.strip() for name in written.split(",") if name.strip())) or None


def a_volume(value: object) -> int:
    """Percent of a part from 0 to 1; Rhasspy multiplies the samples by it, so more than 1 is as loud as it gets."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    part = a_number(value, 0, float("inf"), "a number from 0 to 1")
    return round(100 * min(1.0, part))


def _liberal(asked: Mapping[str, object]) -> Fields:
    """Fields of an object that may have any others beside."""
    return Fields(asked, tuple(asked))


def _text(value: object) -> str:
    """A text; a number is one, too."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return partial(a_text, chars_max=TEXT_CHARS_MAX)(str(value) if is_number else value)


def _lang(value: object) -> str | None:
    """Anything short and printable; whether it is a language is seen by those who know the voices."""
    try:
        return a_name(value).strip()
    except BadRequestError:
        return None


def _echo(value: object) -> Transaction:
    try:
        return None if value is None else a_transaction(value)
    except BadRequestError:
        return None
