"""`POST /v1/audio/speech`, `GET /v1/audio/voices` and `/v1/models`: OpenAI's shapes, so that its clients work here."""

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from voxd.errors import VoxdError
from voxd.frontends.house import Renderer
from voxd.frontends.http import openai_answers as answers
from voxd.frontends.http.documented import answered
from voxd.frontends.http.form import form_of
from voxd.frontends.http.openai_documented import DELTA, DONE, FAILED, REFUSED, SPEECH, SPEECH_BODY
from voxd.frontends.http.presence import Streamed, while_there
from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.http.routes.route import GuardedRoute, Routes
from voxd.frontends.http.sound_bytes import SoundBytes
from voxd.frontends.http.speech_wish import SpeechWish, UnknownModelError, model_names, speech_wish

NO_TOKENS = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
"""Nothing is counted, or paid, here; who reads it wants numbers."""


def openai_routers(routes: Routes, renderer: Renderer, sounds: SoundBytes) -> tuple[APIRouter, ...]:
    """Everything below /v1."""
    return _speaking(routes, renderer, sounds), _listing(routes, renderer)


def _speaking(routes: Routes, renderer: Renderer, sounds: SoundBytes) -> APIRouter:
    router = APIRouter(route_class=_in_shape(routes.needing("render")), tags=["openai"])
    desk = SpeechDesk(renderer, sounds)

    @router.post("/v1/audio/speech", responses=SPEECH, openapi_extra=SPEECH_BODY)
    async def speech(request: Request) -> Response:
        """The sound of a text, sent while it is made."""
        try:
            return await desk.answer(request)
        except (VoxdError, RefusedError) as error:
            return answers.refusal(error)

    return router


def _listing(routes: Routes, renderer: Renderer) -> APIRouter:
    router = APIRouter(route_class=_in_shape(routes.needing(None)), tags=["openai"])

    @router.get("/v1/audio/voices", responses={200: answered("The voices")})
    async def voices() -> Response:
        """All voices, the default one first."""
        return JSONResponse(answers.voices(renderer.voices()))

    @router.get("/v1/models", responses={200: answered("The models")})
    async def models() -> Response:
        """What may be named as `model`: voxd, or one of its engines, whose voices then speak and no others."""
        return JSONResponse(answers.models(renderer.voices()))

    @router.get("/v1/models/{name}", responses={200: answered("The model"), 404: REFUSED})
    async def model(name: str) -> Response:
        """One of them."""
        if name not in model_names(renderer.voices()):
            return answers.refusal(
                UnknownModelError("There is no such model; GET /v1/models lists those that there are")
            )
        return JSONResponse(answers.model(name))

    return router


class SpeechDesk:
    """Reads a wish and has it rendered; the answer begins with the first sound."""

    def __init__(self, renderer: Renderer, sounds: SoundBytes) -> None:
        self._renderer = renderer
        self._sounds = sounds

    async def answer(self, request: Request) -> Response:
        """The sound, or events that hold it. Raises VoxdError and RefusedError, as long as nothing was sent."""
        wish = speech_wish((await form_of(request)).fields, self._renderer.voices())
        asked = wish.rendering
        sound = self._renderer.render(asked.text, voice=asked.voice, language=asked.language, rate=asked.rate)
        parts = self._sounds.of(sound, wish.format, wish.rate_hz)
        first = await while_there(request.receive, _first(parts))
        whole = _joined(first, parts)
        if wish.as_events:
            return Streamed(_events(whole), "text/event-stream")
        return Streamed(whole, wish.format.media_type, headers=_told(wish))


async def _first(parts: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(parts)


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for part in rest:
            yield part


async def _events(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Each part as a `speech.audio.delta`, then `speech.audio.done`; a failure in between as `speech.audio.error`."""
    async with aclosing(parts):
        try:
            async for part in parts:
                yield answers.event({"type": DELTA, "audio": base64.b64encode(part).decode()})
        except VoxdError as error:
            yield answers.event({"type": FAILED} | answers.told_error(error))
            return
    yield answers.event({"type": DONE, "usage": NO_TOKENS})


def _told(wish: SpeechWish) -> dict[str, str]:
    """PCM does not tell its rate itself."""
    return {"X-Sample-Rate": str(wish.pcm_rate_hz)} if wish.format.name == "pcm" else {}


class _InShape(GuardedRoute):
    """A route whose refusals have OpenAI's shape from the first."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See GuardedRoute."""
        try:
            await super().handle(scope, receive, send)
        except RefusedError as error:
            await answers.refusal(error)(scope, receive, send)


def _in_shape(kind: type[GuardedRoute]) -> type[GuardedRoute]:
    return type("Route", (_InShape, kind), {})
