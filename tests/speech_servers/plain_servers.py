"""A speech server without a wire: it fills the port of remote servers, and its every property is a test's to choose."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from voxd.errors import UnknownVoiceError
from voxd.model.audio import AudioFormat, Chunk
from voxd.synthesis.engine import ReferenceClip, Sentence, Speaker
from voxd.synthesis.engines.remote.server import Learned

FORMAT = AudioFormat(16_000)
ANNA, BERT = Speaker("anna", ("en",)), Speaker("bert", ("de",))


class PlainServer:
    """It gives two chunks, the first after `first_s`; `gate`, when set to an Event, holds back every first chunk.
    With `drips` it goes on with a sample now and then, for ever.

    `down` is raised whatever it is asked, `fails` for sentences. It keeps what it was asked (`spoken`), how often it
    was looked at (`looks`), how many it speaks now and at most did, and how many sentences were left before their end.
    """

    def __init__(self, address: str = "http://one", *speakers: Speaker) -> None:
        self.address = address
        self.tells = Learned("plain 1", speakers or (ANNA,))
        self.first_s = 0.0
        self.drips = False
        self.gate: asyncio.Event | None = None
        self.down: Exception | None = None
        self.fails: Exception | None = None
        self.spoken: list[str] = []
        self.looks = 0
        self.speaking = self.most_at_once = self.left = 0
        self.closed = False

    async def close(self) -> None:
        """Nothing is held."""
        self.closed = True

    async def learn(self) -> Learned:
        """What it tells."""
        self.looks += 1
        if self.down is not None:
            raise self.down
        return self.tells

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """Two chunks."""
        self.spoken.append(sentence.text)
        self.speaking += 1
        self.most_at_once = max(self.most_at_once, self.speaking)
        whole = False
        try:
            await asyncio.sleep(self.first_s)
            if (failure := self.down or self.fails) is not None:
                whole = True
                raise failure
            if self.gate is not None:
                await self.gate.wait()
            for _ in range(2):
                yield Chunk(FORMAT, b"\x10\x27" * 800)
            while self.drips:
                await asyncio.sleep(0.005)
                yield Chunk(FORMAT, b"\x10\x27")
            whole = True
        finally:
            self.speaking -= 1
            self.left += not whole


class PlainCloner(PlainServer):
    """One that clones. It keeps the voices that it was introduced to, and refuses clips with `refuses`.

    `taking`, when set to an Event, holds back every introduction.
    """

    def __init__(self, address: str = "http://one") -> None:
        super().__init__(address)
        self.tells = replace(self.tells, clones=True)
        self.voices: list[str] = []
        self.introductions: list[str] = []
        self.refuses: Exception | None = None
        self.taking: asyncio.Event | None = None

    async def introduce(self, clip: ReferenceClip) -> None:
        """Know a voice."""
        self.introductions.append(clip.speaker)
        if self.taking is not None:
            await self.taking.wait()
        if (failure := self.down or self.refuses) is not None:
            raise failure
        self.voices.append(clip.speaker)

    async def forget(self, speaker: str) -> None:
        """Know it no more."""
        if self.down is not None:
            raise self.down
        self.voices = [voice for voice in self.voices if voice != speaker]

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """A voice that it does not know is refused."""
        if sentence.voice.speaker not in (*self.voices, "anna"):
            raise UnknownVoiceError(f"no voice {sentence.voice.speaker}")
        async for chunk in super().speak(sentence):
            yield chunk
