"""Servers with OpenAI's /v1/audio/speech as vLLM-Omni, Speaches, Kokoro-FastAPI and OpenAI have it, quirks included.

Their sources are named in openai_fields.py.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import web
from pydantic import BaseModel, ValidationError
from speech_servers.openai_fields import request_model

from voxd.audio.wav import header, parse
from voxd.errors import BadRequestError
from voxd.model.audio import AudioFormat

MADE_UP = 0xFFFFFFFF
LIST = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf60.16.100\0"
CHAR_S = 0.01
BEGIN_S = 0.2
PIECE_S = 0.4
LONGEST_CHARS = 2000

VOICES: dict[str, list[str]] = {
    "openai": ["alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer"],
    "speaches": ["af_heart", "bm_daniel", "ff_siwis"],
    "kokoro": ["af_bella", "af_heart", "af_sky", "jf_alpha"],
    "vllm-omni": ["ryan", "vivian"],
}
KOKORO_MODELS = ("tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts")


class OpenAiLikeServer:
    """What one of the programs does. It keeps the `requests` it was sent, and the `paths` it was asked for.

    Troubles: `refuses` is a status and a body that answers every request for speech; `ends_after` bytes of sound the
    connection breaks off; `breaks` makes an event of an error after the first piece; `scattered` servers behind the
    address take turns, and share nothing; `several_processes` refuse voices; `default_voice` speaks for unknown ones;
    `token` has to be shown; `hides_voices`: a proxy in front of it passes no listing on.
    """

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.voices = list(VOICES[flavour])
        self.root = "openbmb/VoxCPM2"
        self.format = AudioFormat(24_000)
        self.piece_delay_s = 0.002
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.speaking = 0
        self.cut_off = 0
        self.refuses: tuple[int, str] | None = None
        self.ends_after: int | None = None
        self.breaks = False
        self.several_processes = False
        self.default_voice = False
        self.hides_voices = False
        self.token = ""
        self.url = ""
        self._uploads: list[dict[str, bytes]] = [{}]
        self._turn = 0
        self._model = request_model(flavour)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def uploads(self) -> dict[str, bytes]:
        """The voices that it was given, by their names; of several servers those of the first."""
        return self._uploads[0]

    @property
    def spoken(self) -> list[str]:
        """The texts that it was asked for."""
        return [str(request["input"]) for request in self.requests]

    def scatter(self, servers: int) -> None:
        """Be several servers behind one address, which share nothing."""
        self._uploads = [{} for _ in range(servers)]

    async def start(self) -> None:
        """Listen, where it listened before."""
        app = web.Application(middlewares=[self._watched], client_max_size=16 * 1024 * 1024)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/audio/speech", self._speech)
        if self.flavour != "openai":
            app.router.add_get("/v1/audio/voices", self._voices)
        if self.flavour == "vllm-omni":
            app.router.add_post("/v1/audio/voices", self._upload)
            app.router.add_delete("/v1/audio/voices/{name}", self._delete)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/v1"

    async def stop(self) -> None:
        """Leave, and forget what it was given."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None
        self._uploads = [{} for _ in self._uploads]

    @property
    def _here(self) -> dict[str, bytes]:
        """The uploads of the server whose turn it is."""
        self._turn += 1
        return self._uploads[self._turn % len(self._uploads)]

    @web.middleware
    async def _watched(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self.paths.append(f"{request.method} {request.path}")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._error(401, "Incorrect API key provided")
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException as refusal:
            return web.json_response({"detail": refusal.reason}, status=refusal.status)
        return answer

    async def _models(self, _: web.Request) -> web.Response:
        match self.flavour:
            case "vllm-omni":
                models = [
                    {"id": "openbmb/VoxCPM2", "object": "model", "created": 1, "owned_by": "vllm", "root": self.root}
                ]
            case "kokoro":
                models = [{"id": name, "object": "model", "created": 1, "owned_by": "kokoro"} for name in KOKORO_MODELS]
            case "speaches":
                models = [*_speaches_models(self.voices)]
            case _:
                names = ("gpt-5", "tts-1", "tts-1-hd", "whisper-1")
                models = [{"id": name, "object": "model", "created": 1, "owned_by": "system"} for name in names]
        return web.json_response({"object": "list", "data": models})

    async def _voices(self, _: web.Request) -> web.Response:
        if self.hides_voices:
            return self._error(404, "Not Found")
        match self.flavour:
            case "vllm-omni":
                uploads = self._here
                facts = [
                    {"name": name, "consent": "x", "created_at": 1, "embedding_source": "audio"} for name in uploads
                ]
                names = sorted({*self.voices, *uploads, "default"})
                return web.json_response({"voices": names, "uploaded_voices": facts})
            case "kokoro":
                return web.json_response({"voices": [{"id": name, "name": name} for name in self.voices]})
            case _:
                every = [voice for model in _speaches_models(self.voices) for voice in model.get("voices", [])]
                return web.json_response({"voices": every, "object": "list"})

    async def _upload(self, request: web.Request) -> web.Response:
        if self.several_processes:
            return self._error(
                409, "Runtime voice upload is process-local and is not supported with api_server_count=2."
            )
        form = await request.post()
        name, sample = str(form.get("name", "")).strip(), form.get("audio_sample")
        if "consent" not in form or not isinstance(sample, web.FileField):
            return self._error(422, "Field required")
        if not name or any(char in name for char in "/\\\0") or name.lower() in self.voices:
            return self._error(400, f"Invalid voice name {name!r}: must be non-empty, no path separators or NUL")
        wav = sample.file.read()
        try:
            duration_s = parse(wav).duration_s
        except BadRequestError as error:
            return self._error(400, f"Could not decode audio file: {error}")
        if sample.content_type != "audio/wav" or not 1.0 <= duration_s <= 30.0:
            return self._error(
                400, f"Reference audio too short ({duration_s:.1f}s). At least 1s of clear speech is required."
            )
        self._here[name.lower()] = wav + str(form.get("ref_text", "")).encode()
        return web.json_response({"success": True, "voice": {"name": name, "consent": form["consent"]}})

    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["name"].lower()
        if self._here.pop(name, None) is None:
            return self._error(404, f"Voice '{name}' not found")
        return web.json_response({"success": True, "message": f"Voice '{name}' deleted successfully"})

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        if self.refuses is not None:
            status, text = self.refuses
            kind = "application/json" if text.startswith("{") else "text/html"
            return web.Response(status=status, text=text, content_type=kind)
        try:
            asked = self._model.model_validate(body)
        except ValidationError as error:
            return self._unprocessable(error)
        return await self._answer(request, asked)

    async def _answer(self, request: web.Request, asked: BaseModel) -> web.StreamResponse:
        facts = asked.model_dump()
        if not facts["input"].strip():
            return self._error(400, "Input text cannot be empty")
        if (seed := self._seed(facts)) is None:
            return self._unknown_voice(facts["voice"])
        streams = self._streams(facts)
        if streams and self.flavour == "vllm-omni" and facts["speed"] != 1.0:
            return self._error(400, "Streaming is not supported with speed adjustment. Use a non-streaming request.")
        sound = self._sound(facts["input"], facts["speed"], seed, facts.get("sample_rate") or self.format.rate_hz)
        self.speaking += 1
        try:
            if facts.get("stream_format") == "sse":
                return await self._send_events(request, sound, facts["response_format"])
            return await self._send(request, sound, facts["response_format"], streams)
        except (ConnectionError, asyncio.CancelledError):
            self.cut_off += 1
            raise
        finally:
            self.speaking -= 1

    def _streams(self, facts: dict[str, Any]) -> bool:
        match self.flavour:
            case "vllm-omni":
                return bool(facts["stream"] or facts["stream_format"])
            case "kokoro":
                return bool(facts["stream"])
            case _:
                return True

    def _seed(self, facts: dict[str, Any]) -> bytes | None:
        """What the sound of a voice is made of; None where there is no such voice."""
        if facts.get("ref_audio"):
            wav = base64.b64decode(facts["ref_audio"].removeprefix("data:audio/wav;base64,"), validate=True)
            return wav + (facts.get("ref_text") or "").encode()
        if isinstance(facts["voice"], dict):
            return str(facts["voice"]["id"]).encode()
        name = facts["voice"] or "default"
        uploads = self._here if self.flavour == "vllm-omni" else {}
        if name.lower() in uploads:
            return uploads[name.lower()]
        parts = name.split("+") if self.flavour == "kokoro" else [name]
        if all(part in self.voices for part in parts) or name == "default" or self.default_voice:
            return name.encode()
        return None

    def _sound(self, text: str, speed: float, seed: bytes, rate_hz: int) -> bytes:
        pitch = 200 + hashlib.sha256(seed).digest()[0]
        frames = round((BEGIN_S + min(len(text), LONGEST_CHARS) * CHAR_S) / speed * rate_hz)
        wave = np.sin(2 * np.pi * pitch * np.arange(1, frames + 1) / rate_hz)
        sound: bytes = np.rint(wave * 16_000).astype("<i2").tobytes()
        return sound

    async def _send(
        self, request: web.Request, sound: bytes, response_format: str, streams: bool
    ) -> web.StreamResponse:
        if response_format not in ("wav", "pcm"):
            return web.Response(body=b"ID3\x04\0\0\0\0\0\0" + sound, content_type=f"audio/{response_format}")
        head = self._head(len(sound), streams) if response_format == "wav" else b""
        kind = f"audio/{response_format}"
        if not streams and self.ends_after is None:
            return web.Response(body=head + sound, content_type=kind)
        answer = web.StreamResponse(headers={"Content-Type": kind})
        await answer.prepare(request)
        await answer.write(head)
        held_back = b""
        async for piece in self._pieces(sound):
            if head and self.flavour == "speaches":
                held_back += piece  # ffmpeg makes that WAV, and writes it when it is whole
            else:
                await answer.write(piece)
        await answer.write(held_back)
        if self.ends_after is not None:
            self._break_off(request)
        return answer

    async def _send_events(self, request: web.Request, sound: bytes, response_format: str) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        pieces = [piece async for piece in self._pieces(sound)]
        if response_format == "wav" and self.flavour != "speaches":
            pieces.insert(0, self._head(len(sound), streams=True))
        for number, piece in enumerate(pieces):
            if number and self.breaks:
                error = {"message": "CUDA out of memory", "type": "server_error", "partial_audio": True}
                await self._event(answer, {"type": "speech.audio.error", "error": error})
                return answer
            await self._event(answer, {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
            await asyncio.sleep(self.piece_delay_s)
        if self.ends_after is not None:
            return answer
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        await self._event(answer, {"type": "speech.audio.done", self._usage: usage})
        return answer

    @property
    def _usage(self) -> str:
        return "token_usage" if self.flavour == "speaches" else "usage"

    async def _event(self, answer: web.StreamResponse, event: dict[str, Any]) -> None:
        named = "" if self.flavour == "speaches" else f"event: {event['type']}\n"
        await answer.write(f"{named}data: {json.dumps(event)}\n\n".encode())

    async def _pieces(self, sound: bytes) -> AsyncIterator[bytes]:
        size = round(PIECE_S * self.format.rate_hz) * self.format.frame_bytes
        end = len(sound) if self.ends_after is None else self.ends_after
        for at in range(0, end, size):
            yield sound[at : min(at + size, end)]
            await asyncio.sleep(self.piece_delay_s)

    def _head(self, data_bytes: int, streams: bool) -> bytes:
        """Streams tell made-up lengths; those of ffmpeg (Speaches, Kokoro-FastAPI) have its name in front."""
        if not streams:
            return header(self.format, data_bytes)
        plain = header(self.format, MADE_UP - 44)
        made_up = plain[:4] + b"\xff\xff\xff\xff" + plain[8:36]
        notes = LIST if self.flavour in ("speaches", "kokoro") else b""
        return made_up + notes + b"data\xff\xff\xff\xff"

    def _break_off(self, request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    def _unknown_voice(self, name: str) -> web.Response:
        if self.flavour == "kokoro":
            return self._error(400, f"Voice '{name}' not found. Available voices: {', '.join(self.voices)}")
        return self._error(400, f"Invalid voice '{name}'. Supported: {', '.join(self.voices)}")

    def _unprocessable(self, error: ValidationError) -> web.Response:
        if self.flavour == "openai":
            return self._error(400, f"Unrecognized request argument supplied: {error.errors()[0]['loc']}")
        mistakes = [
            {"type": each["type"], "loc": ["body", *each["loc"]], "msg": each["msg"]} for each in error.errors()
        ]
        return web.json_response({"detail": mistakes}, status=422)

    def _error(self, status: int, message: str) -> web.Response:
        match self.flavour:
            case "kokoro":
                detail = {"error": "validation_error", "message": message, "type": "invalid_request_error"}
                return web.json_response({"detail": detail}, status=status)
            case "speaches":
                return web.json_response({"detail": message}, status=status)
            case _:
                error = {"message": message, "type": "BadRequestError", "param": None, "code": status}
                return web.json_response({"error": error}, status=status)


def _speaches_models(voices: list[str]) -> list[dict[str, Any]]:
    """One that hears and two that speak; each tells its voices."""
    kokoro = [{"name": name, "id": name, "language": "en-us", "gender": "female"} for name in voices]
    piper = [{"name": "thorsten", "id": "thorsten", "language": "de"}]
    about = {"object": "model", "owned_by": "speaches-ai", "created": 1_700_000_000}
    return [
        {**about, "id": "Systran/faster-whisper-small", "task": "automatic-speech-recognition", "language": ["en"]},
        {
            **about,
            "id": "speaches-ai/piper-de_DE-thorsten-medium",
            "task": "text-to-speech",
            "sample_rate": 22_050,
            "voices": piper,
        },
        {
            **about,
            "id": "speaches-ai/Kokoro-82M-v1.0-ONNX",
            "task": "text-to-speech",
            "sample_rate": 24_000,
            "voices": kokoro,
        },
    ]


@asynccontextmanager
async def openai_server(flavour: str) -> AsyncIterator[OpenAiLikeServer]:
    """Such a server, listening."""
    server = OpenAiLikeServer(flavour)
    await server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await server.stop()
