"""Work in a folder that may lie on a network, and hang there for ever."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from voxd.errors import ProtocolError
from voxd.lib.threads import in_daemon_thread

_Result = TypeVar("_Result")


class FolderThread:
    """Does one thing at a time, and nothing beside what hangs: a night of that leaves one thread behind, not many."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = asyncio.Lock()
        self._free = threading.Lock()

    async def do(self, work: Callable[[], _Result], timeout_s: float) -> _Result:
        """What `work` returns or raises. Raises ProtocolError where that takes longer."""
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                if not self._free.acquire(blocking=False):
                    raise ProtocolError("the folder of the engine's clips still does not answer (clips.ours)")
                return await in_daemon_thread(lambda: self._done(work), self._name)
        except TimeoutError as error:
            said = f"the folder of the engine's clips did not answer for {timeout_s:g} s (clips.ours)"
            raise ProtocolError(said) from error

    def _done(self, work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        finally:
            self._free.release()
