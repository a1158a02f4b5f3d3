"""One text of a WebSocket: filled while it comes, spoken while it comes."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing

from starlette.websockets import WebSocket

from voxd.frontends.fragments import Fragments
from voxd.frontends.house import Renderer
from voxd.frontends.http.sound_bytes import SoundBytes, prepared
from voxd.frontends.http.sound_formats import FORMATS
from voxd.frontends.http.stream_frames import StreamOptions
from voxd.frontends.payloads import TEXT_CHARS_MAX
from voxd.model.audio import AudioFormat, Chunk

FIRST_BYTES = 8 * 1024
FRAME_BYTES = 32 * 1024
_OPUS = {"format": "opus", "media_type": "audio/ogg; codecs=opus", "channels": 1}

Told = dict[str, object]
Send = Callable[[Told | bytes], Awaitable[None]]


def sender(socket: WebSocket) -> Send:
    """What sends bytes in binary frames and everything else as JSON in text frames."""

    async def send(told: Told | bytes) -> None:
        await (socket.send_bytes(told) if isinstance(told, bytes) else socket.send_text(json.dumps(told)))

    return send


class StreamedSpeech:
    """Sends the sound of its text: what it is, then the sound itself, then that it is done."""

    def __init__(self, options: StreamOptions, renderer: Renderer, sounds: SoundBytes, send: Send) -> None:
        self.text = Fragments(TEXT_CHARS_MAX)
        self.ended = False
        """Whether all of the text is here."""
        self._options = options
        self._renderer = renderer
        self._sounds = sounds
        self._send = send
        self._began = time.monotonic()
        self._first_audio_s: float | None = None
        self._duration_s = 0.0

    def end(self) -> None:
        """The text is whole."""
        self.ended = True
        self.text.end()

    async def speak(self) -> None:
        """Send everything. Raises VoxdError where it cannot be spoken, and whatever `send` does."""
        wish = self._options
        sound = self._renderer.render(self.text, voice=wish.voice, language=wish.language, rate=wish.rate)
        counted = self._counted(sound)
        async with aclosing(sound), aclosing(counted):
            await (self._send_pcm(counted) if wish.format == "pcm" else self._send_opus(counted))
        await self._send({"done": self.report()})

    def report(self) -> Told:
        """How long its sound lasts, as far as there is any, and how soon it began; in seconds."""
        told: Told = {"duration_s": round(self._duration_s, 3)}
        return told | ({} if self._first_audio_s is None else {"first_audio_s": round(self._first_audio_s, 3)})

    async def _counted(self, sound: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
        async for chunk in sound:
            self._duration_s += chunk.duration_s
            yield chunk

    async def _send_pcm(self, sound: AsyncGenerator[Chunk, None]) -> None:
        async with aclosing(prepared(sound, self._options.rate_hz)) as chunks:
            async for chunk in chunks:
                if self._first_audio_s is None:
                    await self._send({"audio": _of_pcm(chunk.format)})
                for frame in self._frames(chunk.pcm):
                    await self._send_sound(frame)

    async def _send_opus(self, sound: AsyncGenerator[Chunk, None]) -> None:
        async with aclosing(self._sounds.of(sound, FORMATS["opus"])) as pieces:
            async for piece in pieces:
                if self._first_audio_s is None:
                    await self._send({"audio": _OPUS})
                await self._send_sound(piece)

    def _frames(self, pcm: bytes) -> Iterator[bytes]:
        """The first one of all is small: when many ask at once, everybody's first sound goes before anybody's rest."""
        at = 0
        while at < len(pcm):
            size = FIRST_BYTES if self._first_audio_s is None else FRAME_BYTES
            yield pcm[at : at + size]
            at += size

    async def _send_sound(self, frame: bytes) -> None:
        if self._first_audio_s is None:
            self._first_audio_s = time.monotonic() - self._began
        await self._send(frame)
        await asyncio.sleep(0)


def _of_pcm(format_: AudioFormat) -> Told:
    return {
        "format": "pcm",
        "encoding": "s16le",
        "rate_hz": format_.rate_hz,
        "channels": format_.channels,
    }
