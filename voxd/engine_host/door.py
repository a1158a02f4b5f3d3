"""The unix socket of a host, and whoever is connected to it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from voxd.engine_host.conversation import Conversation
from voxd.engine_host.service import Service
from voxd.errors import BusyError, VoxdError
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.host_events import PAYLOAD_MAX_BYTES
from voxd.wire.wyoming.listening import BACKLOG
from voxd.wire.wyoming.patience import Patience

CONNECTIONS_MAX = 256
PREDECESSOR_S = 3.0
"""So long a host that was told to end may still be there."""
GOODBYE_S = 0.3


class Door:
    """Listens at a path that only its own user may use. `spawn` begins what belongs to a connection."""

    def __init__(self, path: Path, service: Service, group: asyncio.TaskGroup) -> None:
        self._path = path
        self._service = service
        self._group = group
        self._patience = Patience()
        self._conversations: dict[Connection, Conversation] = {}
        self._all_gone = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def open(self) -> None:
        """Listen; what a dead predecessor left is removed. Raises VoxdError where that cannot be."""
        try:
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            await self._wait_for_predecessor()
            listening = _bound(self._path)
        except OSError as error:
            raise VoxdError(f"An engine host cannot listen on {self._path}: {error.strerror or error}") from error
        self._inode = self._path.stat().st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, sock=listening, backlog=BACKLOG)

    async def tend(self) -> None:
        """Give up on clients that keep us waiting too long; until cancelled."""
        while True:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self._conversations):
                connection.tend(now)
            await asyncio.sleep(self._patience.tend_every_s)

    async def close(self) -> None:
        """Take nobody new, and let everybody hear the last that was said to them, for a moment."""
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        await self._said_all()
        for connection in tuple(self._conversations):
            connection.close()
        if self._conversations:
            self._all_gone.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), GOODBYE_S)
        for connection in tuple(self._conversations):
            connection.abort()

    def admitted(self, connection: Connection) -> Conversation:
        """See Host."""
        if len(self._conversations) >= CONNECTIONS_MAX:
            raise BusyError(f"All {CONNECTIONS_MAX} connections of this engine host are in use")
        conversation = Conversation(connection, self._service, self._spawned)
        self._conversations[connection] = conversation
        return conversation

    def gone(self, connection: Connection) -> None:
        """See Host."""
        self._conversations.pop(connection, None)
        if not self._conversations:
            self._all_gone.set()

    async def _said_all(self) -> None:
        answers = [task for one in self._conversations.values() if (task := one.answering) is not None]
        if answers:
            await asyncio.wait(answers, timeout=GOODBYE_S)

    def _connection(self) -> Connection:
        return Connection(self, self._patience, PAYLOAD_MAX_BYTES)

    def _spawned(self, answering: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self._group.create_task(answering, name="engine host's answer")

    async def _wait_for_predecessor(self) -> None:
        end = asyncio.get_running_loop().time() + PREDECESSOR_S
        while await _answers(self._path):
            if asyncio.get_running_loop().time() > end:
                raise VoxdError(f"Another engine host listens on {self._path}: end it first")
            await asyncio.sleep(0.05)


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    writer.transport.abort()
    return True


def _bound(path: Path) -> socket.socket:
    """A socket at `path`, made under another name so that nobody meets it before it listens."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    mask = os.umask(0o177)
    try:
        new.unlink(missing_ok=True)
        made.bind(str(new))
        made.listen(BACKLOG)
        new.rename(path)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(mask)
    return made
