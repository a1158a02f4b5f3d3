"""A server with OpenAI's /v1/audio/speech and who asks it, and what can be told of the sound that passes."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import numpy as np
from speech_servers.openai_server import OpenAiLikeServer, openai_server

from voxd.audio.wav import wav_bytes
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote.openai.server import OpenAiServer

TEXT = "The washing machine in the cellar has finished."


class Pair:
    """A server and who asks it."""

    def __init__(self, server: OpenAiLikeServer, **options: object) -> None:
        self.server = server
        self.settings = OpenAiSettings.model_validate({"url": server.url, **options})
        self.asks = OpenAiServer(self.settings.url[0], self.settings)

    async def speak(self, speaker: str, rate: float = 1.0, style: str = "", seed: int | None = None) -> list[Chunk]:
        """All chunks of TEXT."""
        voice = Voice(VoiceId("test"), "openai", speaker, ("en",), style=style, seed=seed)
        async with aclosing(self.asks.speak(Sentence(TEXT, voice, "en", rate))) as sound:
            return [chunk async for chunk in sound]

    async def sound(self, speaker: str) -> bytes:
        """The samples of TEXT."""
        return b"".join(chunk.pcm for chunk in await self.speak(speaker))


@asynccontextmanager
async def pair(flavour: str, **options: object) -> AsyncIterator[Pair]:
    """Both, and what they hold given back."""
    async with openai_server(flavour) as server:
        both = Pair(server, **options)
        try:
            yield both
        finally:
            await both.asks.close()


def clip(folder: Path, speaker: str = "mum", pitch: float = 120.0, transcript: str = "Hello") -> ReferenceClip:
    """A reference clip of two seconds."""
    wave = np.rint(np.sin(np.arange(96_000) / 48_000 * 2 * np.pi * pitch) * 8000).astype("<i2").tobytes()
    wav = folder / f"{speaker}-{pitch}.wav"
    wav.write_bytes(wav_bytes(Chunk(AudioFormat(48_000), wave)))
    return ReferenceClip(speaker, wav, transcript, "en")


def pitch_of(sound: bytes, rate_hz: int = 24_000) -> float:
    """In Hz, by zero crossings."""
    signs = np.signbit(np.frombuffer(sound, dtype="<i2"))
    return float(np.count_nonzero(signs[1:] != signs[:-1])) / 2 / (len(signs) / rate_hz)


def pitch_for(seed: bytes) -> int:
    """What the server makes of a voice."""
    return 200 + hashlib.sha256(seed).digest()[0]
