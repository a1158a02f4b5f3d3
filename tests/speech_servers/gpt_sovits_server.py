"""A GPT-SoVITS server without a model: what api_v2.py does at 48b1a01, and how it fails, on a real port."""

import asyncio
import hashlib
import io
import re
import struct
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiohttp import web

LETTER_S = 0.02
PIECE_S = 0.1
FAILED = bytes(32_000)
"""A second of silence at 16 kHz."""
RATES_HZ = {"v1": 32_000, "v2": 32_000, "v2Pro": 32_000, "v3": 24_000, "v4": 48_000}
LANGUAGES = ("auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja", "all_yue", "all_ko")
LANGUAGES_V1 = ("auto", "en", "zh", "ja", "all_zh", "all_ja")
MARKS = re.compile(r"(?<=[,.;?!、，。？！：…\n])")
FRAGMENT_MAX = 510


@dataclass(frozen=True)
class Spoken:
    """A sentence that was asked for: its fields, and what the model had loaded then.

    `clip` is what was in the file when it was encoded, by the weights `clip_sovits`.
    """

    fields: dict[str, object]
    gpt: str
    sovits: str
    clip: bytes
    clip_sovits: str


class ModelError(Exception):
    """What Python raises in there."""


class FakeGptSovits:
    """It speaks a sine whose pitch tells clip and weights. Attributes are its troubles.

    `mounts` are its disk: paths there, and the folders here that they are. `weights` are the files that it can load,
    with the version of the model in them. `fails` so many sentences fail within the model. `breaks_after`
    so many pieces of sound the connection is lost. `is_old`: it knows streaming_mode only as true or false.
    """

    def __init__(self) -> None:
        self.url = ""
        self.mounts: dict[str, Path] = {"/": Path("/")}
        self.weights = {"gpt.ckpt": "v2", "sovits.pth": "v2"}
        self.gpt, self.sovits = "gpt.ckpt", "sovits.pth"
        self.fails = 0
        self.breaks_after: int | None = None
        self.is_old = False
        self.delay_s = 0.002
        self.gate: asyncio.Event | None = None
        self.asked: list[tuple[str, str]] = []
        self.spoken: list[Spoken] = []
        self.at_once = self.most_at_once = 0
        self._prompt: tuple[str, bytes, str] = ("", b"", "")
        self._loop = asyncio.Lock()
        """Held while the real one's event loop is busy: nobody is answered then."""

    @property
    def version(self) -> str:
        """Of the model that is loaded."""
        return self.weights[self.sovits]

    @property
    def prompt_clip(self) -> bytes:
        """What was in the file of the clip that it encoded last."""
        return self._prompt[1]

    def restart(self, gpt: str = "gpt.ckpt", sovits: str = "sovits.pth") -> None:
        """Be another process, as from a fresh container."""
        self.gpt, self.sovits, self._prompt = gpt, sovits, ("", b"", "")

    def app(self) -> web.Application:
        """What answers."""
        app = web.Application()
        app.router.add_get("/openapi.json", self._openapi)
        app.router.add_post("/tts", self._tts)
        app.router.add_get("/set_refer_audio", self._set_refer_audio)
        app.router.add_get("/set_gpt_weights", self._set_gpt_weights)
        app.router.add_get("/set_sovits_weights", self._set_sovits_weights)
        app.router.add_get("/control", self._control)
        return app

    async def _openapi(self, request: web.Request) -> web.Response:
        self._note(request, "")
        async with self._loop:
            return web.json_response({"openapi": "3.1.0", "paths": {"/tts": {}, "/set_gpt_weights": {}}})

    async def _control(self, request: web.Request) -> web.Response:
        self._note(request, request.query_string)
        raise AssertionError("nobody may restart or end it")

    async def _set_refer_audio(self, request: web.Request) -> web.Response:
        path = request.query.get("refer_audio_path", "")
        self._note(request, path)
        async with self._loop:
            try:
                self._encode(path)
            except (OSError, wave.Error) as error:
                return _refused("set refer audio failed", error)
            return web.json_response({"message": "success"})

    async def _set_gpt_weights(self, request: web.Request) -> web.Response:
        path = request.query.get("weights_path", "")
        self._note(request, path)
        async with self._loop:
            if path not in self.weights:
                return _refused("change gpt weight failed", FileNotFoundError(2, "No such file or directory", path))
            self.gpt = path
            return web.json_response({"message": "success"})

    async def _set_sovits_weights(self, request: web.Request) -> web.Response:
        path = request.query.get("weights_path", "")
        self._note(request, path)
        async with self._loop:
            if path not in self.weights:
                return _refused("change sovits weight failed", FileNotFoundError(2, "No such file or directory", path))
            self.sovits = path
            return web.json_response({"message": "success"})

    async def _tts(self, request: web.Request) -> web.StreamResponse:
        fields = await request.json()
        self._note(request, str(fields.get("text")))
        async with self._loop:
            if (refused := self._wrong(fields)) is not None:
                return refused
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if fields["streaming_mode"] in (0, False):
                async with self._loop:
                    return await self._whole(fields)
            return await self._streamed(request, fields)
        finally:
            self.at_once -= 1

    def _wrong(self, fields: dict[str, object]) -> web.Response | None:
        """What check_params refuses, and before it what pydantic does."""
        if self.is_old and fields.get("streaming_mode") not in (0, 1):
            detail = {"loc": ["body", "streaming_mode"], "msg": "Input should be a valid boolean"}
            return web.json_response({"detail": [detail]}, status=422)
        known = LANGUAGES_V1 if self.version == "v1" else LANGUAGES
        for name in ("ref_audio_path", "text", "text_lang", "prompt_lang"):
            if not fields.get(name):
                return web.json_response({"message": f"{name} is required"}, status=400)
            if name.endswith("_lang") and fields[name] not in known:
                text = f"{name}: {fields[name]} is not supported in version {self.version}"
                return web.json_response({"message": text}, status=400)
        return None

    async def _whole(self, fields: dict[str, object]) -> web.Response:
        """Without streaming: nobody else is answered, and nobody is told of a failure in the model."""
        try:
            fragments = list(self._fragments(fields))
        except (OSError, ValueError, wave.Error) as error:
            return _refused("tts failed", error)
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(self.delay_s)
        if self._fails() or not fragments:
            return web.Response(body=_wav(FAILED, 16_000), content_type="audio/wav")
        return web.Response(body=_wav(b"".join(fragments), RATES_HZ[self.version]), content_type="audio/wav")

    async def _streamed(self, request: web.Request, fields: dict[str, object]) -> web.StreamResponse:
        """The head goes out before anything is done; whatever goes wrong then is a connection that is lost."""
        response = web.StreamResponse(headers={"Content-Type": "audio/wav"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        with suppress(ConnectionError):
            try:
                await self._stream(response, fields)
            except (OSError, ValueError, ModelError, wave.Error):
                if request.transport is not None:
                    request.transport.close()
        return response

    async def _stream(self, response: web.StreamResponse, fields: dict[str, object]) -> None:
        given, rate_hz = 0, RATES_HZ[self.version]
        for fragment in self._fragments(fields):
            for piece in _pieces(fragment, rate_hz, fields):
                if self.gate is not None:
                    await self.gate.wait()
                await asyncio.sleep(self.delay_s)
                failed = self._fails()
                if not given:
                    await response.write(_wav(b"", 16_000 if failed else rate_hz))
                await response.write(FAILED if failed else piece)
                given += 1
                if failed or given == self.breaks_after:
                    raise ModelError("CUDA error: an illegal memory access was encountered")

    def _fragments(self, fields: dict[str, object]) -> Iterator[bytes]:
        """The sound of each piece of text between two marks. Raises what TTS.run raises before the model is asked."""
        text, path = str(fields["text"]), str(fields["ref_audio_path"])
        if self.version in ("v3", "v4") and not fields.get("prompt_text"):
            raise ValueError("prompt_text cannot be empty when using SoVITS_V3")
        if path != self._prompt[0]:
            self._encode(path)
        _, clip, clip_sovits = self._prompt
        self.spoken.append(Spoken(fields, self.gpt, self.sovits, clip, clip_sovits))
        fragments = [each for each in MARKS.split(text) if re.search(r"\w", each)]
        if any(len(each) > FRAGMENT_MAX for each in fragments):
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        for each in fragments:
            yield self._sound(len(each), fields)

    def _sound(self, letters: int, fields: dict[str, object]) -> bytes:
        rate_hz, speed = RATES_HZ[self.version], float(str(fields.get("speed_factor", 1.0)))
        frames = round(letters * LETTER_S / speed * rate_hz)
        voice = b"".join([self._prompt[1], self._prompt[2].encode(), self.gpt.encode(), self.sovits.encode()])
        pitch_hz = 200 + 2 * hashlib.sha256(voice).digest()[0]
        sound = 8000 * np.sin(2 * np.pi * pitch_hz * (np.arange(frames) + 0.5) / rate_hz)
        pause = np.zeros(round(float(str(fields.get("fragment_interval", 0.3))) * rate_hz))
        return np.concatenate((sound, pause)).astype("<i2").tobytes()

    def _encode(self, path: str) -> None:
        """Read a clip: the path alone is what it is known by from then on."""
        folder, below = max(((at, here) for at, here in self.mounts.items() if path.startswith(at)), default=("", None))
        if below is None:
            raise FileNotFoundError(2, "No such file or directory", path)
        file = below / path.removeprefix(folder).lstrip("/\\")
        data = file.read_bytes()
        with wave.open(io.BytesIO(data)) as opened:
            duration_s = opened.getnframes() / opened.getframerate()
        if not 3.0 <= duration_s <= 10.0:
            raise OSError("参考音频在3~10秒范围外，请更换！")
        self._prompt = (path, data, self.sovits)

    def _fails(self) -> bool:
        self.fails -= 1
        return self.fails >= 0

    def _note(self, request: web.Request, what: str) -> None:
        self.asked.append((request.path, what))


@asynccontextmanager
async def gpt_sovits_server(port: int = 0) -> AsyncIterator[FakeGptSovits]:
    """Run it; its `url` is set."""
    server = FakeGptSovits()
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def _refused(message: str, error: Exception) -> web.Response:
    return web.json_response({"message": message, "Exception": str(error)}, status=400)


def _pieces(fragment: bytes, rate_hz: int, fields: dict[str, object]) -> Iterator[bytes]:
    """A fragment as a whole, or as it comes; models with a vocoder cannot do the latter."""
    size = 2 * round(PIECE_S * rate_hz) if fields["streaming_mode"] in (2, 3) and rate_hz == 32_000 else len(fragment)
    for at in range(0, len(fragment), size):
        yield fragment[at : at + size]


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    """With a head as Python's module wave writes it; a stream's tells a length of 0."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + len(pcm), b"WAVE") + fmt + struct.pack("<4sI", b"data", len(pcm)) + pcm
