"""A test engine whose sentences are smooth tones, and one that speaks with another's voice, louder or softer."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np

from voxd.model.audio import AudioFormat, Chunk
from voxd.synthesis.engine import Engine, EngineTraits, Sentence, Speaker

RATE_HZ = 22_050
CHUNK_S = 0.1


class Whistle:
    """Each sentence is a tone of its own between 300 and 600 Hz, softly begun and ended, 1.2 s long.

    Its first sound takes `first_s`, every further chunk of 0.1 s `chunk_s`. `spoken` are its sentences in order.
    """

    def __init__(self, name: str = "whistle", first_s: float = 0.0, chunk_s: float = 0.01) -> None:
        self.name = name
        self.traits = EngineTraits("whistle 1", RATE_HZ, concurrency=4)
        self.speakers = (Speaker("one", ("en-US",)),)
        self.first_s, self.chunk_s = first_s, chunk_s
        self.amplitude = 8_000
        self.spoken: list[str] = []

    async def start(self) -> None:
        """Always works."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The tone of this sentence."""
        self.spoken.append(sentence.text)
        await asyncio.sleep(self.first_s)
        pcm = self.sound(sentence.text).pcm
        size = 2 * round(CHUNK_S * RATE_HZ)
        for at in range(0, len(pcm), size):
            yield Chunk(AudioFormat(RATE_HZ), pcm[at : at + size])
            await asyncio.sleep(self.chunk_s)

    def sound(self, text: str) -> Chunk:
        """The tone of a text."""
        pitch_hz = 300 + hashlib.sha256(text.encode()).digest()[0]
        return soft_tone(pitch_hz, 1.2, self.amplitude)


class Amplified:
    """Speaks with another engine's voices, by a factor louder; what is too loud is cut off at full scale."""

    def __init__(self, name: str, engine: Engine, factor: float) -> None:
        self.name = name
        self._engine, self._factor = engine, factor

    async def start(self) -> None:
        """The other one is started by the test."""

    async def stop(self) -> None:
        """See start."""

    @property
    def traits(self) -> EngineTraits:
        """Another fingerprint than the other's."""
        return EngineTraits(f"{self._engine.traits.fingerprint} by {self._factor}", RATE_HZ, True, concurrency=2)

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """The other's."""
        return self._engine.speakers

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The other's sound, louder."""
        async with aclosing(self._engine.speak(sentence)) as chunks:
            async for chunk in chunks:
                wave = np.frombuffer(chunk.pcm, "<i2") * self._factor
                yield Chunk(chunk.format, np.rint(wave.clip(-32768, 32767)).astype("<i2").tobytes())


def soft_tone(pitch_hz: float, duration_s: float, amplitude: float = 8_000) -> Chunk:
    """A tone that rises and falls within 30 ms; no sample of it but the first is 0."""
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    edges = np.clip(np.minimum(at_s, at_s[::-1]) / 0.03, 0.0, 1.0)
    wave = np.rint(amplitude * (0.5 - 0.5 * np.cos(np.pi * edges)) * np.sin(2 * np.pi * pitch_hz * at_s))
    return Chunk(AudioFormat(RATE_HZ), wave.astype("<i2").tobytes())
