"""What the OpenAPI document says of bodies and answers; what is true of them is decided by payloads.py and its like."""

from typing import Any

Documented = dict[int | str, dict[str, Any]]

REFUSAL: dict[str, Any] = {
    "type": "object",
    "description": "A request that was not served",
    "properties": {
        "error": {"type": "string", "description": "A sentence for people"},
        "code": {"type": "string", "description": "A word for programs"},
    },
    "required": ["error", "code"],
}
"""No model of pydantic's: of those FastAPI would make one for each answer of each route, in a quarter of a second."""
_REFUSED = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
_REASONS = {
    400: "It cannot be done as it was asked",
    401: "You are not known",
    403: "You may not do that",
    404: "There is no such thing",
    405: "Not with this method",
    408: "The request came too slowly",
    413: "The request is too long",
    415: "The body is of a kind that is not understood",
    421: "voxd has another name",
    429: "You ask too often",
    500: "It failed",
    503: "Too much is being asked for at this moment",
    507: "It could not be kept",
}
REFUSALS: Documented = {status: {"description": text, "content": _REFUSED} for status, text in _REASONS.items()}


def json_body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """A request whose body is JSON."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def an_object(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of an object with no other properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def answered(description: str, schema: dict[str, Any] | None = None, kind: str = "application/json") -> dict[str, Any]:
    """An answer of that kind."""
    return {"description": description, "content": {kind: {"schema": schema or {"type": "object"}}}}


SOUND: dict[str, Any] = {"type": "string", "format": "binary"}
TEXT = {"type": "string", "minLength": 1, "maxLength": 20_000}
NAME = {"type": "string", "minLength": 1, "maxLength": 64}
