"""What the OpenAPI document says of the routes in OpenAI's shape."""

from typing import Any

from voxd.frontends.http.documented import NAME, SOUND, TEXT, an_object, answered, json_body
from voxd.frontends.http.documents_wish import RATES_HZ
from voxd.frontends.http.sound_formats import FORMATS
from voxd.frontends.http.speech_wish import STREAM_FORMATS

DELTA, DONE, FAILED = "speech.audio.delta", "speech.audio.done", "speech.audio.error"
EVENTS = (DELTA, DONE, FAILED)

_STRING = {"type": "string"}
_NULLABLE = {"type": ["string", "null"]}
_ERROR = an_object(
    {"message": _STRING, "type": _STRING, "param": _NULLABLE, "code": _NULLABLE}, ("message", "type", "param", "code")
)
REFUSED = answered("It was refused, or failed", an_object({"error": _ERROR}, ("error",)))
_EVENT = an_object({"event": {"type": "string", "enum": list(EVENTS)}, "data": _STRING}, ("event", "data"))
SPEECH_BODY: dict[str, Any] = json_body(
    an_object(
        {
            "input": TEXT,
            "model": NAME | {"description": "voxd (or tts-1, ...: the same), or one of its engines"},
            "voice": {"anyOf": [NAME, an_object({"id": NAME}, ("id",))]},
            "response_format": {"type": "string", "enum": list(FORMATS), "default": "mp3"},
            "speed": {"type": "number", "minimum": 0.5, "maximum": 2.0, "default": 1.0},
            "instructions": {"type": "string", "description": "The name of one of the voice's styles", "maxLength": 32},
            "stream_format": {"type": "string", "enum": list(STREAM_FORMATS), "default": "audio"},
            "language": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "maxLength": 64},
            "sample_rate": {"type": "integer", "minimum": RATES_HZ[0], "maximum": RATES_HZ[1]},
            "stream": {"type": "boolean", "description": "It changes nothing: the sound is always sent as it comes"},
            "user": {"type": "string", "description": "It changes nothing"},
        },
        ("input",),
    )
)
SPEECH: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The sound",
        "content": {kind.media_type: {"schema": SOUND} for kind in FORMATS.values()}
        | {"text/event-stream": {"schema": _EVENT}},
    },
    **dict.fromkeys((400, 403, 404, 408, 413, 415, 500, 503), REFUSED),
}
