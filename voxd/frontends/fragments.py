"""A text that still comes, fragment by fragment."""

import asyncio

from voxd.errors import BadRequestError

PAUSE_S = 0.3
"""When nothing has come for so long, whoever reads is told: a sentence that is whole need not wait for the next."""


class Fragments:
    """Filled by a connection, iterated by the renderer; holds at most `max_chars` over its whole life.

    `option` is where the owner sets that, named in a refusal.
    """

    def __init__(self, max_chars: int, option: str = "") -> None:
        self._max_chars = max_chars
        self._where = f" ({option})" if option else ""
        self._chars = 0
        self._waiting: list[str] = []
        self._ended = False
        self._news = asyncio.Event()
        self._pause_at: float | None = None

    def add(self, text: str) -> None:
        """Append a fragment. Raises BadRequestError when the text becomes too long."""
        self._chars += len(text)
        if self._chars > self._max_chars:
            raise BadRequestError(f"The text is longer than {self._max_chars} characters{self._where}")
        if text:
            self._waiting.append(text)
            self._pause_at = asyncio.get_running_loop().time() + PAUSE_S
            self._news.set()

    def flush(self) -> None:
        """What is here is to be spoken, though its last sentence may not be whole: the end of a line ends it."""
        self.add("\n")

    def end(self) -> None:
        """No more fragments come."""
        self._ended = True
        self._news.set()

    def __aiter__(self) -> "Fragments":
        return self

    async def __anext__(self) -> str:
        """All that came since the last time, joined; an empty text, once, where nothing more comes for a while."""
        try:
            async with asyncio.timeout_at(self._pause_at):
                await self._news.wait()
        except TimeoutError:
            self._pause_at = None
            return ""
        if not self._waiting:
            raise StopAsyncIteration
        text = "".join(self._waiting)
        self._waiting.clear()
        if not self._ended:
            self._news.clear()
        return text
