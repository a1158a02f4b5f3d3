"""`POST /tts` and `/api/tts`: the shapes in which scripts for other speech services ask, and are answered."""

import base64
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from voxd.errors import BadRequestError, VoxdError
from voxd.frontends.house import Renderer, Voices
from voxd.frontends.http.chosen_kind import Kind, chosen_kind
from voxd.frontends.http.documented import SOUND, TEXT, an_object, answered
from voxd.frontends.http.documents_wish import RATES_HZ, DocumentsWish, documents_wish, in_style
from voxd.frontends.http.form import Form, form_of
from voxd.frontends.http.guard import visitor_of
from voxd.frontends.http.kept_sounds import KeptSounds
from voxd.frontends.http.one_off_voices import OneOffVoices
from voxd.frontends.http.presence import Streamed, while_there
from voxd.frontends.http.refusal import refusal, status_of
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.http.whole_sounds import WholeSound, WholeSounds
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES

KEPT = "/api/renderings"
UPLOAD_MAX_BYTES = CLIP_MAX_BYTES + 1024 * 1024
_PIECE_BYTES = 48 * 1024
"""Of a sound that is written in base64: a multiple of three."""


def documents_router(
    routes: Routes, renderer: Renderer, voices: Voices, wholes: WholeSounds, kept: KeptSounds
) -> APIRouter:
    """The two pages, and where the sounds are fetched that the second one tells the address of."""
    desk = DocumentsDesk(renderer, voices, wholes, kept)
    router = APIRouter(route_class=routes.needing("render", UPLOAD_MAX_BYTES), tags=["renderings"])
    fetching = APIRouter(route_class=routes.needing("render"), tags=["renderings"])

    @router.post("/tts", responses=_ANSWERS, openapi_extra=_BODY)
    async def tts(request: Request) -> Response:
        """The sound of a text: WAV where Accept or a voice asks for it, else JSON."""
        return await desk.answer(request, _tts_kind, "audio_base64")

    @router.post("/api/tts", responses=_ANSWERS, openapi_extra=_BODY)
    async def api_tts(request: Request) -> Response:
        """The sound of a text: JSON, or for a form the address of a WAV file that is kept for a while."""
        return await desk.answer(request, lambda _: "json", "audio", keeps_forms=True)

    @fetching.get(f"{KEPT}/{{name}}.wav", responses={200: answered("The sound", SOUND, "audio/wav")})
    async def rendering(name: str) -> Response:
        """A sound that was made a while ago."""
        wav = kept.get(name)
        if wav is None:
            return refusal(404, "There is no such sound, or no longer")
        return Response(wav, media_type="audio/wav")

    router.include_router(fetching)
    return router


class DocumentsDesk:
    """Reads a wish, has it rendered, and wraps the sound up."""

    def __init__(self, renderer: Renderer, voices: Voices, wholes: WholeSounds, kept: KeptSounds) -> None:
        self._renderer = renderer
        self._voices = voices
        self._wholes = wholes
        self._kept = kept
        self._one_off = OneOffVoices(voices)

    async def answer(
        self, request: Request, usual: Callable[[DocumentsWish], Kind], key: str, *, keeps_forms: bool = False
    ) -> Response:
        """The sound as WAV or JSON, whichever Accept says or is usual; the address of what a form asked for."""
        try:
            form = await form_of(request)
            wish = documents_wish(form)
            kind = chosen_kind(request.headers.get("accept", ""), usual(wish))
            whoever = visitor_of(request.scope).address
            sound, remark = await while_there(request.receive, self._rendered(wish, form, whoever))
        except VoxdError as error:
            return JSONResponse({"error": str(error)}, status_of(error))
        wav = sound.wav
        if kind == "sound":
            return Streamed(_pieces(wav), "audio/wav", len(wav))
        told: dict[str, object] = {"duration": round(sound.duration_s, 3), "latency": round(sound.latency_s, 3)}
        told |= {"remark": remark} if remark else {}
        if keeps_forms and form.came_as_form:
            root = request.scope.get("root_path", "")
            return JSONResponse({"url": f"{root}{KEPT}/{self._kept.keep(wav)}.wav"} | told)
        return _in_json(key, wav, told)

    async def _rendered(self, wish: DocumentsWish, form: Form, whoever: str) -> tuple[WholeSound, str]:
        """The sound, and a remark where it is not quite what was asked for. Raises VoxdError."""
        if form.clip is None:
            return await self._spoken(wish, self._known())
        async with self._one_off.voice(wish.enrolment(form.clip, whoever)) as name:
            return await self._spoken(wish, (name,), name)

    async def _spoken(self, wish: DocumentsWish, known: tuple[str, ...], voice: str = "") -> tuple[WholeSound, str]:
        rendering = wish.rendering(known) if not voice else wish.rendering_in(voice)
        remark = ""
        if wish.style:
            try:
                return await self._wholes.make(in_style(rendering, wish.style), wish.rate_hz), ""
            except BadRequestError as error:  # most voices have one style; the text is spoken all the same
                remark = str(error)
        return await self._wholes.make(rendering, wish.rate_hz), remark

    def _known(self) -> tuple[str, ...]:
        """The enrolled ones first: a file's name rather stands for them."""
        enrolled = (str(voice.name) for voice in self._voices.listed().enrolled)
        return tuple(dict.fromkeys((*enrolled, *(str(voice.name) for voice in self._renderer.voices()))))


def _tts_kind(wish: DocumentsWish) -> Kind:
    return "sound" if wish.names_somebody else "json"


def _in_json(key: str, wav: bytes, told: dict[str, object]) -> Response:
    """An object that begins with a sound, written piece by piece: a long one is many megabytes."""
    head, tail = f'{{"{key}":"'.encode(), b'",' + json.dumps(told).encode()[1:]

    async def parts() -> AsyncGenerator[bytes, None]:
        yield head
        for at in range(0, len(wav), _PIECE_BYTES):
            yield base64.b64encode(wav[at : at + _PIECE_BYTES])
        yield tail

    return Streamed(parts(), "application/json", len(head) + 4 * -(-len(wav) // 3) + len(tail))


async def _pieces(wav: bytes) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(wav), _PIECE_BYTES):
        yield wav[at : at + _PIECE_BYTES]


_NUMBER = {"type": "number"}
_FIELDS: dict[str, Any] = {
    "text": TEXT,
    "lang": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "maxLength": 64},
    "spk": {"type": "string", "description": "A voice", "maxLength": 64},
    "audio_file": {"type": "string", "description": "Its last component names an enrolled voice", "maxLength": 4096},
    "style": {"type": "string", "maxLength": 32},
    "speed": {"type": "number", "minimum": 0.5, "maximum": 2.0},
    "sample_rate": {"type": "integer", "minimum": RATES_HZ[0], "maximum": RATES_HZ[1]},
}
_CLIP: dict[str, Any] = {"transcript": {"type": "string"}, "consent": {"type": "string"}, "clip": SOUND}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": an_object(_FIELDS, ("text",))},
            "multipart/form-data": {"schema": an_object(_FIELDS | _CLIP, ("text",))},
        },
    }
}
_TOLD = {
    "type": "object",
    "properties": {
        "audio_base64": {"type": "string"},
        "audio": {"type": "string"},
        "url": {"type": "string"},
        "duration": _NUMBER,
        "latency": _NUMBER,
        "remark": {"type": "string"},
    },
    "required": ["duration", "latency"],
}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The sound",
        "content": {"application/json": {"schema": _TOLD}, "audio/wav": {"schema": SOUND}},
    },
    **{status: answered("It was refused, or failed", _ERROR) for status in (400, 406, 500, 503, 507)},
}
