"""Small Flask servers around Sambert-HifiGAN as articles show them: no two of them answer alike."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
from aiohttp import web

from voxd.audio.wav import header
from voxd.model.audio import AudioFormat

CHAR_S = 0.01
SILENT_S = 0.1


def json_with(name: str) -> Callable[[bytes], web.Response]:
    """An answer whose base64 is under that name."""
    return lambda wav: web.json_response({name: base64.b64encode(wav).decode()})


def complete(wav: bytes) -> web.Response:
    """That of the fuller server, which tells times, too."""
    return web.json_response({"audio_base64": base64.b64encode(wav).decode(), "duration": 2.3, "latency": 1.1})


def nested(wav: bytes) -> web.Response:
    """A code, a message, and a data URI within."""
    uri = "data:audio/wav;base64," + base64.b64encode(wav).decode()
    return web.json_response({"code": 200, "message": "success", "data": {"rate": 16000, "audio": uri}})


def bare(wav: bytes) -> web.Response:
    """The base64 alone, which Flask calls HTML."""
    return web.Response(text=base64.encodebytes(wav).decode(), content_type="text/html")


def body(wav: bytes) -> web.Response:
    """What send_file makes of it."""
    return web.Response(body=wav, content_type="audio/wav", headers={"Content-Disposition": "attachment"})


def unnamed(wav: bytes) -> web.Response:
    """A body whose kind nobody told."""
    return web.Response(body=wav)


@dataclass
class Asked:
    """What it was asked for: the text as it is read, by whom, how."""

    text: str
    voice: str
    emotion: str


class FakeSambert:
    """Answers in the way of `answers`. It keeps the `requests` as they came, and `asked`, what it understood.

    The sound is 16 kHz, as long as its text; its pitch is the voice's and the emotion's. `refuses` is an answer to
    everything, `endless` one without end. `rates_hz` are those of one answer after the other, the last for all that
    follow. `delay_s` is how long it takes for each, `most_at_once` how many it made at the same time. `token` has to
    be shown.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: Callable[[bytes], web.Response] = json_with("audio")
        self.requests: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.probes = 0
        self.refuses: Callable[[], web.Response] | None = None
        self.rates_hz = [16_000]
        self.delay_s = 0.003
        self.token = ""
        self.probe_status = 405
        self.endless = False
        self.speaking = 0
        self.most_at_once = 0

    def app(self) -> web.Application:
        """Its routes."""
        app = web.Application()
        app.router.add_get("/", self._page)
        for path in ("/api/tts", "/tts"):
            app.router.add_post(path, self._speech)
            app.router.add_get(path, self._probed)
        return app

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text="<html><textarea></textarea><audio></audio></html>", content_type="text/html")

    async def _probed(self, _: web.Request) -> web.Response:
        self.probes += 1
        return web.Response(status=self.probe_status, text="<title>Method Not Allowed</title>")

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        is_json = request.content_type == "application/json"
        fields = await request.json() if is_json else {k: str(v) for k, v in (await request.post()).items()}
        self.requests.append(fields)
        self.speaking += 1
        self.most_at_once = max(self.most_at_once, self.speaking)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.speaking -= 1
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": "Unauthorized"}, status=401)
        if self.endless:
            return await _endless(request)
        if self.refuses is not None:
            return self.refuses()
        if not str(fields.get("text", "")).strip():
            return web.json_response({"error": "Empty text"}, status=400)
        try:
            asked = _understood(fields)
        except ElementTree.ParseError as error:
            return web.json_response({"error": str(error)}, status=500)
        self.asked.append(asked)
        return self.answers(self.wav(asked, float(fields.get("speed", 1.0))))

    def wav(self, asked: Asked, speed: float = 1.0) -> bytes:
        """The sound of a text."""
        rate_hz = self.rates_hz.pop(0) if len(self.rates_hz) > 1 else self.rates_hz[0]
        pitch_hz = 150 + hashlib.sha256(f"{asked.voice} {asked.emotion}".encode()).digest()[0]
        frames = np.arange(round(rate_hz * CHAR_S * len(asked.text) / speed) + 1)
        sine = np.sin(2 * np.pi * pitch_hz * (frames + 0.5) / rate_hz) * 8000
        pcm = np.concatenate((sine, np.zeros(round(rate_hz * SILENT_S)))).astype("<i2").tobytes()
        return header(AudioFormat(rate_hz), len(pcm)) + pcm


async def _endless(request: web.Request) -> web.StreamResponse:
    """JSON that never closes its string."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    await answer.write(b'{"audio": "UklGR')
    while True:
        await answer.write(b"A" * 1024 * 1024)


def _understood(fields: dict[str, Any]) -> Asked:
    """As the pipeline reads it: SSML where the text begins so."""
    text = str(fields["text"])
    if not text.startswith("<speak"):
        return Asked(text, str(fields.get("voice", "")), str(fields.get("emotion", fields.get("style", ""))))
    speak = ElementTree.fromstring(text)
    emotion = speak.find("emotion")
    told = "" if emotion is None else f"{emotion.get('category')} {emotion.get('intensity')}"
    return Asked("".join(speak.itertext()), str(speak.get("voice")), told)


@asynccontextmanager
async def sambert_server() -> AsyncIterator[FakeSambert]:
    """Run it; its `url` is where texts are posted to."""
    server = FakeSambert()
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/tts"
        yield server
    finally:
        await runner.cleanup()
