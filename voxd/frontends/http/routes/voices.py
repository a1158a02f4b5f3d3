"""Voices over HTTP: listed, enrolled from an upload, replaced, tried, removed."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.frontends import voice_answers, voice_payloads
from voxd.frontends.fields import Fields
from voxd.frontends.house import Voices
from voxd.frontends.http.documented import NAME, SOUND, TEXT, an_object, answered, json_body
from voxd.frontends.http.form import form_of
from voxd.frontends.http.presence import while_there
from voxd.frontends.http.refusal import RefusedError, refusal
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.payloads import a_language
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES, EnrolmentWish

PAGE = "/api/voices"
UPLOAD_MAX_BYTES = CLIP_MAX_BYTES + 1024 * 1024
ORIGIN = "http"
_STRING = {"type": "string"}


def voices_routers(routes: Routes, voices: Voices) -> tuple[APIRouter, ...]:
    """Everything below /api/voices."""
    return _looking(routes, voices), _uploading(routes, voices), _removing(routes, voices), _trying(routes, voices)


def _looking(routes: Routes, voices: Voices) -> APIRouter:
    router = APIRouter(route_class=routes.needing(None), tags=["voices"])

    @router.get(PAGE, responses={200: answered("The voices", _LIST)}, openapi_extra=_LANGUAGE)
    async def listed(request: Request) -> Response:
        """All voices, or those that speak a language, and what is wrong with any."""
        fields = Fields(dict(request.query_params), ("language",))
        language = fields.take("language", a_language)
        fields.finish()
        return JSONResponse(voice_answers.listed(voices.listed(), language))

    @router.get(f"{PAGE}/{{name}}", responses={200: answered("The voice", _VOICE)})
    async def details(name: str) -> Response:
        """One voice."""
        try:
            return JSONResponse(voice_answers.details(await voices.details(name)))
        except UnknownVoiceError as error:
            return refusal(404, str(error), error.code)

    return router


def _uploading(routes: Routes, voices: Voices) -> APIRouter:
    router = APIRouter(route_class=routes.needing("manage", UPLOAD_MAX_BYTES), tags=["voices"])

    @router.post(PAGE, status_code=201, responses={201: _REPORTED, 409: _THERE}, openapi_extra=_form("name"))
    async def enrol(request: Request) -> Response:
        """Enrol a voice from a clip of somebody who agrees to it, and have it speak."""
        wish = await _wish(request)
        if _is_enrolled(voices, wish.name):
            return refusal(
                409, f"There is a voice {wish.name} already; PUT {PAGE}/{wish.name} replaces its clip", "there"
            )
        report = await while_there(request.receive, voices.enrol(wish))
        return JSONResponse(voice_answers.report(report), 201)

    @router.put(f"{PAGE}/{{name}}", responses={200: _REPORTED}, openapi_extra=_form())
    async def replace(name: str, request: Request) -> Response:
        """Give an enrolled voice another clip."""
        if not _is_enrolled(voices, name):
            return refusal(404, f"There is no enrolled voice of that name; POST {PAGE} enrols one")
        wish = await _wish(request, name)
        return JSONResponse(voice_answers.report(await while_there(request.receive, voices.enrol(wish))))

    return router


def _removing(routes: Routes, voices: Voices) -> APIRouter:
    router = APIRouter(route_class=routes.needing("manage"), tags=["voices"])

    @router.delete(f"{PAGE}/{{name}}", responses={200: answered("It is removed", an_object({"name": _STRING}))})
    async def remove(name: str) -> Response:
        """Remove an enrolled voice, its clip, and all that is kept of what it said."""
        try:
            await voices.remove(name)
        except UnknownVoiceError as error:
            return refusal(404, str(error), error.code)
        return JSONResponse({"name": name})

    return router


def _trying(routes: Routes, voices: Voices) -> APIRouter:
    router = APIRouter(route_class=routes.needing("render"), tags=["voices"])

    @router.post(f"{PAGE}/{{name}}/test", responses={200: answered("What was measured", _TRIAL)}, openapi_extra=_TRY)
    async def test(name: str, request: Request) -> Response:
        """Have a voice say a text to nobody, and tell how quick it was and how much like its clip."""
        text = voice_payloads.trial_text(await request.body())
        try:
            trial = await while_there(request.receive, voices.test(name, text))
        except UnknownVoiceError as error:
            return refusal(404, str(error), error.code)
        return JSONResponse(voice_answers.trial(trial))

    return router


async def _wish(request: Request, name: str | None = None) -> EnrolmentWish:
    """What a form wishes; `name` stands in the address where it is not in the form. Raises BadRequestError."""
    form = await form_of(request)
    if not form.came_as_form:
        raise RefusedError(415, "Send a form (multipart/form-data) with the recording as its file, clip")
    if not form.clip:
        raise BadRequestError("clip is missing: the recording, as a file of the form")
    options = form.fields if name is None else {**form.fields, "name": name}
    return voice_payloads.enrolment_of(options, form.clip, ORIGIN)


def _is_enrolled(voices: Voices, name: str) -> bool:
    return any(voice.name == name for voice in voices.listed().enrolled)


def _form(*more: str) -> dict[str, object]:
    fields = {
        **dict.fromkeys(more, NAME),
        "clip": SOUND,
        "consent": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Who allowed it"},
        **dict.fromkeys(("transcript", "language", "engine", "seed", "fallbacks"), _STRING),
    }
    schema = an_object(fields, (*more, "clip", "consent"))
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


_LIST = {"type": "object", "properties": {"voices": {"type": "array"}}, "required": ["voices", "problems"]}
_VOICE = {"type": "object", "properties": {"name": _STRING}, "required": ["name", "engine", "languages"]}
_TRIAL = {"type": "object", "properties": {"voice": _STRING}, "required": ["voice", "first_audio_s", "took_s"]}
_REPORTED = answered("How the enrolment went", {"type": "object", "required": ["name", "revision", "engine"]})
_THERE = answered("There is such a voice already")
_TRY = json_body(an_object({"text": TEXT}), required=False)
_LANGUAGE = {"parameters": [{"name": "language", "in": "query", "schema": _STRING, "required": False}]}
