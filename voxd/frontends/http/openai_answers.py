"""What is told in OpenAI's shapes: refusals, models, voices."""

import json
from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse

from voxd.errors import UnknownVoiceError, VoxdError
from voxd.frontends.http.refusal import RETRY_AFTER_S, RefusedError, status_of
from voxd.frontends.http.speech_wish import SpeechMistakeError, UnknownModelError, model_names
from voxd.model.voice import Voice

Told = dict[str, object]

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_STATUS_OF: Mapping[type[Exception], int] = {SpeechMistakeError: 400, UnknownModelError: 404}
_PARAM_OF: Mapping[type[Exception], str] = {UnknownVoiceError: "voice", UnknownModelError: "model"}


def told_error(error: VoxdError | RefusedError) -> Told:
    """What went wrong, as programs for OpenAI's API read it."""
    status = _status(error)
    usual = "server_error" if status >= 500 else "invalid_request_error"
    told = {
        "message": error.text if isinstance(error, RefusedError) else str(error),
        "type": _TYPES.get(status, usual),
        "param": error.param if isinstance(error, SpeechMistakeError) else _PARAM_OF.get(type(error)),
        "code": error.code if isinstance(error, VoxdError) else None,
    }
    return {"error": told}


def refusal(error: VoxdError | RefusedError) -> JSONResponse:
    """The answer to whoever met that."""
    status = _status(error)
    more = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    return JSONResponse(told_error(error), status, headers=more)


def models(voices: Sequence[Voice]) -> Told:
    """The answer to GET /v1/models."""
    return {"object": "list", "data": [model(name) for name in model_names(voices)]}


def model(name: str) -> Told:
    """One of them."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "voxd"}


def voices(listed: Sequence[Voice]) -> Told:
    """The answer to GET /v1/audio/voices, for those who look for `voices` and for those who look for `data`."""
    found = [_voice(voice) for voice in listed]
    return {"object": "list", "data": found, "voices": found, "has_more": False}


def event(told: Told) -> bytes:
    """A line for whoever wants events, called by its type, and the blank line that ends it."""
    return f"event: {told['type']}\ndata: {json.dumps(told)}\n\n".encode()


def _voice(voice: Voice) -> Told:
    return {
        "id": voice.name,
        "object": "audio.voice",
        "name": voice.description or voice.name,
        "model": voice.engine,
        "language": voice.language,
        "languages": list(voice.languages),
    }


def _status(error: VoxdError | RefusedError) -> int:
    if isinstance(error, RefusedError):
        return error.status_code
    return _STATUS_OF.get(type(error)) or status_of(error)
