"""An engine without a program or a model: a sine whose every property a test can choose."""

import asyncio
import math
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from waiting import until

from voxd.errors import EngineError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import EngineHealth, EngineTraits, Sentence, Speaker

SPEAKERS = (Speaker("anna", ("en-US",), "Anna"), Speaker("bert", ("de-DE",), "Bert"))


class SineEngine:
    """Speaks any text as a sine: the same sentence always gives the same samples, another one others.

    `chunk_delay_s` comes before each of the `chunks` chunks of `chunk_frames` frames; `fails_after` chunks it
    raises EngineError with `fault`, `bug_after` chunks ValueError. `gate`, when set to an Event, holds back every first
    chunk. It keeps what it was asked (`spoken`, in order), how many it speaks now and at most did, and how many
    were cancelled.
    """

    def __init__(self, name: str = "sine") -> None:
        self.name = name
        self.traits = EngineTraits("sine 1", 22050, concurrency=4)
        self.speakers: tuple[Speaker, ...] = SPEAKERS
        self.format = AudioFormat(22050)
        self.chunks = 4
        self.chunk_frames = 1024
        self.chunk_delay_s = 0.0
        self.fails_after: int | None = None
        self.fault = ""
        self.bug_after: int | None = None
        self.gate: asyncio.Event | None = None
        self.spoken: list[str] = []
        self.speaking = 0
        self.most_at_once = 0
        self.cancelled = 0
        self.started = False

    async def start(self) -> None:
        """Always works."""
        self.started = True

    async def stop(self) -> None:
        """Nothing to undo."""
        self.started = False

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sine of this sentence."""
        if sentence.voice.speaker not in {speaker.name for speaker in self.speakers}:
            raise EngineError(f"The sine has no speaker {sentence.voice.speaker}")
        self.spoken.append(sentence.text)
        self.speaking += 1
        self.most_at_once = max(self.most_at_once, self.speaking)
        try:
            if self.gate is not None:
                await self.gate.wait()
            for number in range(self.chunks):
                await asyncio.sleep(self.chunk_delay_s)
                self._stumble(number)
                yield self.chunk(sentence, number)
            self._stumble(self.chunks)
        except (GeneratorExit, asyncio.CancelledError):
            self.cancelled += 1
            raise
        finally:
            self.speaking -= 1

    def chunk(self, sentence: Sentence, number: int) -> Chunk:
        """The chunk of that number."""
        return Chunk(self.format, sine(pitch_hz(sentence), self.format, self.chunk_frames, number))

    def pcm(self, sentence: Sentence) -> bytes:
        """All the samples that `speak` gives for the sentence."""
        return b"".join(self.chunk(sentence, number).pcm for number in range(self.chunks))

    def _stumble(self, number: int) -> None:
        if self.fails_after == number:
            raise EngineError("The sine broke off", self.fault)
        if self.bug_after == number:
            raise ValueError("a bug in the sine")


class WatchedSine(SineEngine):
    """A sine whose health is what the test says; it speaks only when it is ready."""

    def __init__(self, name: str = "sine", state: str = "loading") -> None:
        super().__init__(name)
        self.health = EngineHealth(state)
        self._listeners: list[Callable[[EngineHealth], None]] = []

    def turn(self, state: str, reason: str = "", **details: object) -> None:
        """Be so from now on."""
        self.health = EngineHealth(state, reason, details)
        for listener in tuple(self._listeners):
            listener(self.health)

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """See WatchedEngine."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def settled(self) -> EngineHealth:
        """See WatchedEngine."""
        await until(lambda: self.health.state in ("ready", "failed"), timeout_s=60)
        return self.health

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sine of this sentence."""
        if self.health.state != "ready":
            raise EngineError(f"The sine is {self.health.state}")
        async with aclosing(super().speak(sentence)) as chunks:
            async for chunk in chunks:
                yield chunk


def pitch_hz(sentence: Sentence) -> float:
    """The pitch a sentence is spoken at: another one for nearly every text and rate."""
    return 200 + 0.1 * (sum(sentence.text.encode("utf-8", "surrogatepass")) % 8000) * sentence.rate


def sine(pitch: float, format_: AudioFormat, frames: int, number: int) -> bytes:
    """`frames` frames of a sine at half of full scale, continued from the chunk before."""
    samples = [
        round(16000 * math.sin(2 * math.pi * pitch * frame / format_.rate_hz))
        for frame in range(frames * number, frames * (number + 1))
        for _ in range(format_.channels)
    ]
    return struct.pack(f"<{len(samples)}h", *samples)


def voice(engine: str = "sine", speaker: str = "anna", language: str = "en-US") -> Voice:
    """A voice as the voice book names it."""
    return Voice(VoiceId(f"{engine}-{speaker}"), engine, speaker, (language,))


def sentence(text: str, of: Voice | None = None, rate: float = 1.0) -> Sentence:
    """A sentence in that voice."""
    spoken_by = of or voice()
    return Sentence(text, spoken_by, spoken_by.language, rate)
