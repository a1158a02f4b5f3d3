"""A child process whose pipes the event loop serves: no thread, no zombie, no leaked descriptor."""

import asyncio
import os
import resource
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import IO

READ_BYTES = 65536
ERROR_CHARS = 300


Pipes = tuple[IO[bytes], IO[bytes], IO[bytes]]
"""What we write to, and read output and errors from."""


class ChildProcess:
    """A program that is given bytes and gives bytes. Made within a running loop; raises OSError if it cannot start.

    asyncio's own subprocesses cost a thread each in Python 3.11; this one watches a pidfd instead. It is reaped
    as soon as it is dead, whether anybody waits for that or not. A terminal's Ctrl-C does not reach it: when a
    sentence ends is ours to say.
    """

    def __init__(
        self, command: Sequence[str], descriptors: Sequence[int] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        """Run `command`, which has our open `descriptors` under the same numbers, and our environment or that one."""
        self._loop = asyncio.get_running_loop()
        self._process, self._pipes = _started(command, descriptors, environment)
        self._exited: asyncio.Future[int] = self._loop.create_future()
        try:
            self._watch(os.pidfd_open(self._process.pid))
        except OSError:
            self.drop()
            self._process.wait()
            raise
        for one in self._pipes:
            os.set_blocking(one.fileno(), False)

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as is known."""
        return not self._exited.done()

    def limit(self, limits: Mapping[int, int]) -> None:
        """Bound what it may use, by the numbers that setrlimit(2) has: best before it is given anything."""
        for limit, most in limits.items():
            resource.prlimit(self._process.pid, limit, (most, most))

    async def give(self, data: bytes, timeout_s: float) -> None:
        """Write all of `data` to its input, then close that. A child that does not want it all is no error."""
        await self.write(data, timeout_s)
        self.close_input()

    async def write(self, data: bytes, timeout_s: float) -> None:
        """Write all of `data` to its input; it may take `timeout_s` each time before it takes more of it.

        Raises TimeoutError. A child that does not want it all is no error.
        """
        pipe, rest = self._pipes[0], memoryview(data)
        try:
            while rest:
                written = pipe.write(rest)
                rest = rest[written or 0 :]
                if rest:
                    await self._ready(pipe, self._loop.add_writer, self._loop.remove_writer, timeout_s)
        except BrokenPipeError:
            pass

    def close_input(self) -> None:
        """It was given everything."""
        self._pipes[0].close()

    async def read(self, timeout_s: float) -> bytes:
        """What it has written, b"" at the end. Raises TimeoutError when nothing came for `timeout_s`."""
        pipe = self._pipes[1]
        while True:
            await self._ready(pipe, self._loop.add_reader, self._loop.remove_reader, timeout_s)
            data = pipe.read(READ_BYTES)
            if data is not None:
                return data

    async def exit_code(self, timeout_s: float) -> int:
        """How it ended; negative is the signal that ended it."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self._exited)

    def complaint(self) -> str:
        """The beginning of what it wrote to its standard error, on one line."""
        data = b"" if self._pipes[2].closed else self._pipes[2].read(4 * ERROR_CHARS)
        return " ".join((data or b"").decode(errors="replace").split())[:ERROR_CHARS]

    def kill(self) -> None:
        """End it at once. Who is reading it sees its output end; who made it still has to `end` or `drop` it."""
        if self.alive:
            self._process.kill()

    def drop(self) -> None:
        """Kill it if it still runs and close its pipes, which nobody may be using; it is reaped in a moment."""
        self.kill()
        for one in self._pipes:
            one.close()

    async def end(self) -> None:
        """Drop it, and wait until nothing of it is left."""
        self.drop()
        await asyncio.shield(self._exited)

    def _watch(self, pidfd: int) -> None:
        self._loop.add_reader(pidfd, self._reap, pidfd)

    def _reap(self, pidfd: int) -> None:
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        self._exited.set_result(self._process.wait())

    async def _ready(
        self,
        pipe: IO[bytes],
        watch: Callable[[int, Callable[[], None]], None],
        unwatch: Callable[[int], object],
        timeout_s: float,
    ) -> None:
        """Wait until the pipe can be used."""
        fd, usable = pipe.fileno(), self._loop.create_future()
        watch(fd, partial(_set, usable))
        try:
            async with asyncio.timeout(timeout_s):
                await usable
        finally:
            unwatch(fd)


def _started(
    command: Sequence[str], descriptors: Sequence[int], environment: Mapping[str, str] | None
) -> "tuple[subprocess.Popen[bytes], Pipes]":
    """The process with our ends of its input, output and errors.

    The pipes are made here because Popen, in Python before 3.11.4, leaks some of its own when descriptors run out.
    """
    ends: list[int] = []
    try:
        for _ in range(3):
            ends += os.pipe()
        process = subprocess.Popen(
            command,
            stdin=ends[0],
            stdout=ends[3],
            stderr=ends[5],
            pass_fds=descriptors,
            env=environment,
            process_group=0,
        )
    except OSError:
        for end in ends:
            os.close(end)
        raise
    for theirs in (ends[0], ends[3], ends[5]):
        os.close(theirs)
    given, output, errors = ends[1], ends[2], ends[4]
    return process, (os.fdopen(given, "wb", 0), os.fdopen(output, "rb", 0), os.fdopen(errors, "rb", 0))


def _set(usable: asyncio.Future[None]) -> None:
    if not usable.done():
        usable.set_result(None)
