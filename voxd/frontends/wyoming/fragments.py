"""A text that still comes, fragment by fragment."""

import asyncio

from voxd.errors import BadRequestError


class Fragments:
    """Filled by a connection, iterated by the renderer; holds at most `max_chars` over its whole life."""

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        self._chars = 0
        self._waiting: list[str] = []
        self._ended = False
        self._news = asyncio.Event()

    def add(self, text: str) -> None:
        """Append a fragment. Raises BadRequestError when the text becomes too long."""
        self._chars += len(text)
        if self._chars > self._max_chars:
            raise BadRequestError(f"The text is longer than {self._max_chars} characters (wyoming.max_text_chars)")
        if text:
            self._waiting.append(text)
            self._news.set()

    def end(self) -> None:
        """No more fragments come."""
        self._ended = True
        self._news.set()

    def __aiter__(self) -> "Fragments":
        return self

    async def __anext__(self) -> str:
        """All that came since the last time, joined."""
        await self._news.wait()
        if not self._waiting:
            raise StopAsyncIteration
        text = "".join(self._waiting)
        self._waiting.clear()
        if not self._ended:
            self._news.clear()
        return text
