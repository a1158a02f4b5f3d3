"""A small file of JSON that is kept over restarts: what people told voxd, which no settings hold."""

import asyncio
import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from voxd.lib import durable
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread

log = logging.getLogger(__name__)

FILE_MAX_BYTES = 1 << 20
Content = TypeVar("Content")


class KeptFile:
    """Written in a thread, whole or not at all. A disk that refuses it is told of once, and tried with the next write.

    `what` is in it, as in "The standing orders"; `without` is told where they are lost: "no zone is paused".
    """

    def __init__(self, file: Path, what: str, without: str) -> None:
        self._file = file
        self._what = what
        self._without = without
        self._writing = asyncio.Lock()
        self._writes: set[asyncio.Task[None]] = set()
        self.failing = False

    async def read(self, understood: Callable[[Any], Content]) -> Content | None:
        """What was kept; None where nothing was, or it cannot be read, which is told.

        `understood` raises ValueError and its like where the content is of another kind.
        """
        try:
            return understood(json.loads(await in_daemon_thread(self._bytes, self._what)))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
            told = self._what, self._file, in_words(error), self._without
            log.error("%s in %s cannot be read: %s; %s", *told)
            return None

    async def write(self, content: Callable[[], object]) -> None:
        """Keep what `content` gives when its turn comes, which may be newer than what this write was asked for.

        Whoever waits for it may be cancelled: it goes on, as a half-written file would be in the next one's way.
        """
        writing = asyncio.create_task(self._write(content), name=f"keeping {self._file.name}")
        self._writes.add(writing)
        writing.add_done_callback(self._writes.discard)
        await asyncio.shield(writing)

    async def settle(self) -> None:
        """Wait until everything is written that was to be."""
        await asyncio.gather(*self._writes, return_exceptions=True)

    async def _write(self, content: Callable[[], object]) -> None:
        async with self._writing:
            try:
                data = json.dumps(content(), indent=1).encode()
                await in_daemon_thread(partial(durable.replace, self._file, data), self._what)
                self.failing = False
            except OSError as error:
                self._tell_failure(error)

    def _bytes(self) -> bytes:
        with self._file.open("rb") as opened:
            return opened.read(FILE_MAX_BYTES)

    def _tell_failure(self, error: OSError) -> None:
        if not self.failing:
            self.failing = True
            log.error("%s cannot be written: %s; a restart will forget what is in it", self._file, in_words(error))
