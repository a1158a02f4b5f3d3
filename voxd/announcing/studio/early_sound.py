"""The sound of a take that is waited for while something else is heard."""

import asyncio
import time
from collections.abc import AsyncGenerator

from voxd.model.audio import AudioFormat, Chunk


class EarlySound:
    """Its first chunk is fetched from the moment it is made on. Close it."""

    def __init__(self, chunks: AsyncGenerator[Chunk, None]) -> None:
        self._chunks = chunks
        self._begun = time.monotonic()
        self._first: asyncio.Task[Chunk | None] = asyncio.create_task(self._fetched(), name="first sound")
        self.came_after_s: float | None = None

    @property
    def there(self) -> bool:
        """Whether nothing is to be waited for any more: its first sound is there, or it has failed."""
        return self._first.done()

    @property
    def age_s(self) -> float:
        """How long ago it was asked for."""
        return time.monotonic() - self._begun

    @property
    def format(self) -> AudioFormat | None:
        """Its format, as soon as its first sound is there."""
        if not self.there or self.failed:
            return None
        first = self._first.result()
        return first.format if first else None

    @property
    def failed(self) -> bool:
        """Whether it is known that nobody can speak it."""
        return self.there and (self._first.cancelled() or self._first.exception() is not None)

    async def wait(self, timeout_s: float) -> None:
        """Until it is there, at most so long."""
        if timeout_s > 0:
            await asyncio.wait((self._first,), timeout=timeout_s)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All of it. Raises what the take raises."""
        chunk = await self._first
        while chunk is not None:
            yield chunk
            chunk = await anext(self._chunks, None)

    async def aclose(self) -> None:
        """Hear no more of it."""
        self._first.cancel()
        await asyncio.wait((self._first,))
        if not self._first.cancelled():
            self._first.exception()  # whoever wanted it has had it
        await self._chunks.aclose()

    async def _fetched(self) -> Chunk | None:
        first = await anext(self._chunks, None)
        self.came_after_s = self.age_s
        return first
