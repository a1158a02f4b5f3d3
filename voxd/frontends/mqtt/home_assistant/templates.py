"""The templates by which Home Assistant makes our payloads, and reads its states from our state.

They make JSON of objects and never of pieces of text, so that whatever people write arrives as written. What is not in
the state is None, which is Home Assistant's word for unknown; what an entity cannot be, too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from voxd.frontends.mqtt.home_assistant.home import NO_CHIME, OWNERS

UNKNOWN = "none"
SIREN_S_MAX = 600


def literal(value: object) -> str:
    """A text or a list of texts as they are written in a template."""
    return json.dumps(value, ensure_ascii=False)


def made(**parts: str) -> str:
    """A template that makes an object of these expressions."""
    return f"{{{{ {_object(parts)} | to_json }}}}"


def ordered(zone: str | None, **parts: bool) -> str:
    """The payload of a button or a switch: an order for the zone, or for the house."""
    return json.dumps({**parts, "zones": [zone]} if zone is not None else parts)


def to_zone(zone: str | None) -> Mapping[str, str]:
    """The part of an object that names the zone, if any."""
    return {} if zone is None else {"zones": literal([zone])}


def siren(zone: str | None) -> str:
    """The payload of a siren that is turned on or off, with whatever of tone, duration and volume was given."""
    on = {
        "on": "true",
        "tone": f"tone | default({UNKNOWN})",
        "duration_s": f"[[duration, 1] | max, {SIREN_S_MAX}] | min if duration is defined else {UNKNOWN}",
        "volume": f"(100 * volume_level) | round | int if volume_level is defined else {UNKNOWN}",
        **to_zone(zone),
    }
    off = {"on": "false", **to_zone(zone)}
    return f"{{{{ ({_object(on)} if value == 'ON' else {_object(off)}) | to_json }}}}"


def chosen_chime() -> str:
    """The payload that prefers a chime."""
    return made(chime=f"{UNKNOWN} if value == {literal(OWNERS)} else 'none' if value == {literal(NO_CHIME)} else value")


def shown(expression: str) -> str:
    """A template that shows an expression."""
    return f"{{{{ {expression} }}}}"


def on_if(condition: str) -> str:
    """A template that is ON or OFF."""
    return shown(f"'ON' if {condition} else 'OFF'")


def one_of(key: str, options: Iterable[str]) -> str:
    """The value of a key in our state, where it is among these."""
    return shown(f"value_json.{key} if value_json.{key} in {literal(list(options))} else {UNKNOWN}")


def number(key: str, lowest: float, highest: float) -> str:
    """The number that a key in our state has, where it is within these bounds."""
    within = f"value_json.{key} is number and {lowest} <= value_json.{key} <= {highest}"
    return shown(f"value_json.{key} if {within} else {UNKNOWN}")


def listed(key: str) -> str:
    """The list that a key in our state has."""
    return f"value_json.{key} | default([])"


def holds(key: str, zone: str) -> str:
    """Whether the list that a key in our state has holds the zone."""
    return f"{literal(zone)} in {listed(key)}"


def holds_all(key: str, zones: Sequence[str]) -> str:
    """Whether that list holds all these zones; not where there are none."""
    if not zones:
        return "false"
    return f"{literal(list(zones))} | reject('in', {listed(key)}) | list | length == 0"


def volume(zone: str | None) -> str:
    """The volume of the zone; that of the house is the mean of its zones."""
    volumes = "(value_json.volume | default({}))"
    if zone is not None:
        return shown(f"{volumes}.get({literal(zone)}, {UNKNOWN})")
    mean = f"((volumes | sum) / (volumes | length)) | round | int if volumes else {UNKNOWN}"
    return f"{{% set volumes = {volumes}.values() | list %}}{shown(mean)}"


def chime_now(chimes: Iterable[str]) -> str:
    """The chime that our state tells, as it is called among the options."""
    known = literal([OWNERS, *chimes])
    chosen = f"{literal(NO_CHIME)} if chime == 'none' else chime if chime in {known} else {UNKNOWN}"
    return f"{{% set chime = value_json.chime | default('') %}}{shown(chosen)}"


def _object(parts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': {expression}" for name, expression in parts.items()) + "}"
