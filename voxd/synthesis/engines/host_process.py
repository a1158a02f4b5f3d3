"""An engine host as a child of ours: spawned with its settings, watched, ended with all that it started."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.lib.commands import environment_for_children

GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class HostPlace:
    """Where a host listens; as a child of ours also its command, and the settings it is given as a line of JSON."""

    socket: Path
    command: tuple[str, ...] = ()
    settings: bytes = b"{}"


class HostProcess:
    """A running host. Its input stays open for as long as we live: its end tells the host that we are gone.

    Made within a running loop, in a thread whose end kills it; raises OSError if it cannot start. A terminal's Ctrl-C
    does not reach it. It is reaped as soon as it is dead, and what it has started is killed then.
    """

    def __init__(self, place: HostPlace) -> None:
        self._loop = asyncio.get_running_loop()
        self._exited: asyncio.Future[int] = self._loop.create_future()
        self._process, self._input = _started(place)
        try:
            pidfd = os.pidfd_open(self._process.pid)
        except OSError:
            self._process.kill()
            self._process.wait()
            os.close(self._input)
            raise
        self._loop.add_reader(pidfd, self._reap, pidfd)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as is known."""
        return not self._exited.done()

    async def exit_code(self, timeout_s: float) -> int | None:
        """How it ended, negative for the signal that ended it; None where it has not within `timeout_s`."""
        await asyncio.wait({self._exited}, timeout=timeout_s)
        return self._exited.result() if self._exited.done() else None

    def kill(self) -> None:
        """End it at once."""
        if self.alive:
            self._process.kill()

    async def end(self) -> None:
        """Ask it to end, kill it where that takes longer than `GRACE_S`, and wait until nothing of it is left."""
        if self.alive:
            self._process.terminate()
        try:
            await self.exit_code(GRACE_S)
        finally:
            self.kill()  # also where nobody has the time to wait for it
        await asyncio.shield(self._exited)

    def _reap(self, pidfd: int) -> None:
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)  # before it is reaped its number is nobody else's
        os.close(self._input)
        self._exited.set_result(self._process.wait())


@asynccontextmanager
async def host_process(place: HostPlace) -> AsyncIterator[HostProcess]:
    """A host that lives as long as this context. Raises OSError where it cannot be started."""
    process = HostProcess(place)
    try:
        yield process
    finally:
        await process.end()


def how_it_ended(code: int | None) -> str:
    """An exit code in words; None: it runs, but has left us."""
    match code:
        case None:
            return "It closed the connection"
        case -9:
            return "Its process was killed; the machine may be short of memory"
        case code if code < 0:
            return f"Its process was ended by {_signal_name(-code)}"
    return f"Its process ended with code {code}; the log says why"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _started(place: HostPlace) -> "tuple[subprocess.Popen[bytes], int]":
    """The process, and our end of its input, in which its settings lie."""
    theirs, ours = os.pipe()
    try:
        _write_whole(ours, place.settings + b"\n")
        # whatever a library prints is for the log, not for who reads our output
        environment = environment_for_children()
        process = subprocess.Popen(place.command, stdin=theirs, stdout=2, process_group=0, env=environment)
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return process, ours


def _write_whole(pipe: int, data: bytes) -> None:
    """Write into an empty pipe, which takes 64 KiB without a reader."""
    os.set_blocking(pipe, False)
    if os.write(pipe, data) < len(data):
        raise OSError("the settings of the engine are too long")
