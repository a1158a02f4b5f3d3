"""What the OpenAPI document says of announcements and orders."""

from typing import Any

from voxd.frontends.http.documented import NAME, TEXT, an_object, answered, json_body
from voxd.model.announcement import State

_STRINGS = {"type": "array", "items": {"type": "string"}}
_PRIORITY = {"type": "string", "enum": ["low", "normal", "high", "alarm"]}
_STATE = {"type": "string", "enum": [state.value for state in State]}
_ZONES = {"oneOf": [NAME, {"type": "array", "items": NAME, "minItems": 1, "maxItems": 64}]}
_VOLUME = {"type": "number", "minimum": 0, "maximum": 100}
_RATE = {"type": "number", "minimum": 0.5, "maximum": 2.0}
_LANGUAGE = {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}

_FIELDS: dict[str, Any] = {
    "text": TEXT,
    "zones": _ZONES,
    "voice": {"type": "string", "description": "A voice, perhaps with ?rate=1.2&style=calm behind it"},
    "language": _LANGUAGE,
    "volume": _VOLUME,
    "rate": _RATE,
    "priority": _PRIORITY,
    "ttl_s": {"type": "number", "exclusiveMinimum": 0, "description": "Seconds that it is worth saying"},
    "chime": {"oneOf": [{"type": "string"}, {"type": "boolean", "enum": [False]}]},
    "id": NAME,
    "replaces": NAME,
    "repeat_s": {"type": "number", "minimum": 1, "description": "Of alarms: seconds of quiet between"},
    "repeat_max": {"type": "integer", "minimum": 0, "description": "Of alarms"},
}
_WAIT: dict[str, Any] = {
    "name": "wait_s",
    "in": "query",
    "description": "Seconds to wait for its end",
    "schema": {"type": "number", "minimum": 0, "maximum": 3600},
}
ANNOUNCEMENT = json_body(an_object(_FIELDS, ("text",))) | {"parameters": [_WAIT]}
_SAID = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "state": _STATE, "reason": {"type": "string"}},
    "required": ["id", "state"],
}
ANNOUNCED: dict[int | str, dict[str, Any]] = {
    202: answered("It is accepted", _SAID),
    200: answered("It is over, or its id was known already", _SAID),
}
_PAST = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "text": {"type": "string"},
        "state": _STATE,
        "reason": {"type": "string"},
        "at": {"type": "string"},
        "source": {"type": "string"},
        "priority": _PRIORITY,
        "zones": _STRINGS,
        "voice": {"type": ["string", "null"]},
        "received_at": {"type": "string"},
    },
    "required": ["id", "text", "state", "at"],
}
ONE = answered("The announcement", _PAST)
HISTORY = answered(
    "The announcements",
    {
        "type": "object",
        "properties": {"announcements": {"type": "array", "items": _PAST}},
        "required": ["announcements"],
    },
)
OVER = {"description": "It is over already", "content": {"application/json": {"schema": {"type": "object"}}}}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


HISTORY_QUERY: dict[str, Any] = {
    "parameters": [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "So many; 20 unless told"),
        _query("state", _STATE, "What became of it"),
        _query("zone", NAME, "Where it was for"),
        _query("priority", _PRIORITY, "How urgent it was"),
        _query("source", NAME, "What its source begins with, such as mqtt"),
        _query("text", NAME, "What its text holds"),
    ]
}
DONE = answered(
    "The announcements that it was about",
    {"type": "object", "properties": {"ids": _STRINGS}, "required": ["ids"]},
)
_ON = {"oneOf": [{"type": "boolean"}, {"type": "string", "enum": ["on", "off"]}]}
_SOME = json_body(an_object({"id": NAME, "zones": _ZONES}), required=False)
_WHERE = json_body(an_object({"zones": _ZONES}), required=False)
_VOICE_CHOICE = {"type": ["string", "null"], "minLength": 1, "maxLength": 64}
_CHIME_CHOICE = {"oneOf": [NAME, {"type": "boolean", "enum": [False]}, {"type": "null"}]}
_PREFER = an_object(
    {
        "voice": _VOICE_CHOICE,
        "chime": _CHIME_CHOICE,
        "rate": _RATE | {"type": ["number", "null"]},
        "volume": _VOLUME | {"type": ["number", "null"]},
        "zones": _ZONES,
    }
)
_SIREN = an_object(
    {"on": _ON, "tone": NAME, "duration_s": {"type": "number", "minimum": 0.1}, "volume": _VOLUME, "zones": _ZONES},
    ("on",),
)
ORDERS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("acknowledge", "stop", "skip", "clear", "replay"), _SOME),
    **dict.fromkeys(("pause", "resume"), _WHERE),
    "do_not_disturb": json_body(an_object({"on": _ON, "zones": _ZONES, "passes": _PRIORITY}, ("on",))),
    "prefer": json_body(_PREFER | {"minProperties": 1}),
    "siren": json_body(_SIREN),
    "restart": json_body(an_object({}), required=False),
}
_HOLDS = answered("What holds from now on")
ORDERED: dict[str, dict[str, Any]] = dict.fromkeys(ORDERS, DONE) | {
    "do_not_disturb": _HOLDS,
    "prefer": _HOLDS,
    "restart": answered("It ends in order, and begins anew"),
}
