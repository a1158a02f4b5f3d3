"""The life of an engine host's process: it listens, loads, serves until it is told to end or has to."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from voxd.engine_host.door import Door
from voxd.engine_host.exit_codes import ExitCode
from voxd.engine_host.room import End
from voxd.engine_host.service import Service
from voxd.engine_host.standing import Standing
from voxd.errors import EngineError
from voxd.lib import systemd
from voxd.wire.wyoming.host_events import HostState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
SILENT_LOADING_MAX_S = 120.0
"""So long the libraries of a model may hold all of Python up while they are loaded."""


class EngineHost:
    """One service at one socket. `parent_fd` is a pipe whose end is the end of whoever started us."""

    def __init__(self, name: str, socket: Path, make: Callable[[End], Service], parent_fd: int | None = None) -> None:
        self._name = name
        self._socket = socket
        self._parent_fd = parent_fd
        self._service = make(self.end)
        self._code = ExitCode.GOOD
        self._ended = asyncio.Event()

    async def run(self) -> ExitCode:
        """Serve; with what the process should end. Raises VoxdError where it cannot begin.

        The model's thread may still be at work then: leave the process by os._exit.
        """
        with self._signals(), self._parent():
            async with asyncio.TaskGroup() as group:
                door = Door(self._socket, self._service, group)
                await door.open()
                loops = [
                    group.create_task(door.tend(), name="door"),
                    group.create_task(self._service.load(), name="load"),
                    group.create_task(self._watch(), name="watch"),
                ]
                await self._ended.wait()
                systemd.stopping()
                self._service.give_up(EngineError(f"The engine {self._name} ends"))
                await door.close()
                for loop in loops:
                    loop.cancel()
        return self._code

    def end(self, code: ExitCode = ExitCode.GOOD) -> None:
        """End the process soon; only the first word counts."""
        if not self._ended.is_set():
            self._code = code
            self._ended.set()

    async def _watch(self) -> None:
        """Tell systemd how it goes, and end a process whose model hangs."""
        told, ready = "", False
        every_s = min(systemd.watchdog_interval_s() or LOOK_EVERY_S, LOOK_EVERY_S)
        while True:
            standing = self._service.standing
            text = f"{standing.state}: {standing.reason}" if standing.reason else str(standing.state)
            if standing.state is not HostState.LOADING and not ready:
                ready = True
                systemd.ready(text)
                self._log_beginning(standing)
            elif text != told:
                systemd.status(text)
            if ready:
                systemd.watchdog()
            else:  # the first WATCHDOG=1 would begin the watch, before READY=1, too: a load is silent for longer
                systemd.more_time(SILENT_LOADING_MAX_S)
            told = text
            if sentence := self._service.stuck:
                log.error("%s; the process of the engine %s ends", sentence, self._name)
                self.end(ExitCode.HUNG)
            await standing.changed(every_s)

    def _log_beginning(self, standing: Standing) -> None:
        """For the log of a unit; into that of whoever started us, they write themselves how we are."""
        if self._parent_fd is not None or self._ended.is_set():
            return
        if standing.state is HostState.FAILED:
            log.error("The engine %s cannot be loaded: %s", self._name, standing.reason)
        else:
            log.info("The engine %s is ready", self._name)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    @contextlib.contextmanager
    def _parent(self) -> Iterator[None]:
        """End when whoever started us does."""
        loop, fd = asyncio.get_running_loop(), self._parent_fd
        if fd is None:
            yield
            return

        def look() -> None:
            if not os.read(fd, 4096):
                loop.remove_reader(fd)
                self.end()

        loop.add_reader(fd, look)
        try:
            yield
        finally:
            loop.remove_reader(fd)
