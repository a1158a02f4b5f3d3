"""The sound of one sentence, while it is made and afterwards."""

import asyncio
from collections.abc import AsyncGenerator

from voxd.errors import EngineError
from voxd.model.audio import Chunk, Clip

LONGEST_S = 600.0
"""More than that is no sentence but an engine that cannot stop."""


class Sound:
    """Grows chunk by chunk; any number may listen, each from the beginning, whenever they come.

    It is `cached` where no engine had to speak for it; `first_at` is when its first chunk came, by the loop's clock.
    """

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._duration_s = 0.0
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self.cached = False
        self.first_at: float | None = None
        self.clip: Clip | None = None

    @classmethod
    def of(cls, clip: Clip) -> "Sound":
        """One that is whole from the start."""
        sound = cls()
        sound.clip = clip
        sound.cached = True
        return sound

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: it is whole, or it failed."""
        return self.clip is not None or self._error is not None

    def add(self, chunk: Chunk) -> None:
        """Let it grow. Raises EngineError if the chunk cannot belong to it."""
        if chunk.pcm:
            self._check(chunk)
            self._duration_s += chunk.duration_s
            if not self._chunks:
                self.first_at = asyncio.get_running_loop().time()
            self._chunks.append(chunk)
            self._tell()

    def finish(self) -> Clip:
        """It is whole. Raises EngineError if there is nothing of it."""
        if not self._chunks:
            raise EngineError("The engine gave no sound")
        self.clip = Clip(self._chunks[0].format, b"".join(chunk.pcm for chunk in self._chunks))
        self._tell()
        return self.clip

    def fail(self, error: Exception) -> None:
        """It stays unfinished; whoever listens is told why."""
        self._error = error
        self._tell()

    async def listen(self) -> AsyncGenerator[Chunk, None]:
        """All of it: what is there at once, the rest as it comes. Raises what `fail` was given.

        Whoever comes when it has failed already hears nothing of it.
        """
        self._complain()
        if self.clip is not None:
            yield self.clip
            return
        heard = 0
        while heard < len(self._chunks) or not self.ended:
            news = self._news
            while heard < len(self._chunks):
                heard += 1
                yield self._chunks[heard - 1]
            if not self.ended and news is self._news:
                await news.wait()
        self._complain()

    async def whole(self) -> Clip:
        """The whole of it, once it is there. Raises what `fail` was given."""
        while not self.ended:
            await self._news.wait()
        self._complain()
        assert self.clip is not None
        return self.clip

    def _check(self, chunk: Chunk) -> None:
        if self._chunks and chunk.format != self._chunks[0].format:
            raise EngineError("The engine changed the format of the sound in mid-sentence")
        if len(chunk.pcm) % chunk.format.frame_bytes:
            raise EngineError("The engine gave a broken frame of sound")
        if self._duration_s + chunk.duration_s > LONGEST_S:
            raise EngineError(f"The engine did not come to an end within {LONGEST_S:g} s of sound")

    def _complain(self) -> None:
        if isinstance(self._error, EngineError):
            raise EngineError(str(self._error), self._error.fault) from self._error
        if self._error is not None:
            raise self._error

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
