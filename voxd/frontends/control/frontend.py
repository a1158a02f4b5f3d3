"""The control socket: HTTP on a unix socket, for the command line of whoever may open it."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from voxd.announcing.progress import Progress
from voxd.audio.wav import MAX_DATA_BYTES, header
from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError
from voxd.frontends import payloads
from voxd.frontends.control.connection import BODY_MAX_BYTES, Answer, Connection, Request
from voxd.frontends.control.order_pages import OrderPages
from voxd.frontends.control.voice_pages import VoicePages
from voxd.frontends.house import Announcer, Engines, Renderer
from voxd.frontends.payloads import Circumstances
from voxd.frontends.saying import said, wait_s_of
from voxd.frontends.standing import Standing
from voxd.lib.os_errors import in_words
from voxd.model.audio import Chunk

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 256
_METHODS = {"/api/announce": "POST", "/api/render": "POST", "/api/status": "GET"}
_STATUS_OF = {BadRequestError: 400, BusyError: 503, StorageError: 507}


class ControlFrontend:
    """`POST /api/announce` and `/api/render`, `GET /api/status`, what VoicePages and OrderPages have: for the owner."""

    name = "control"

    def __init__(
        self,
        socket_file: Path,
        announcer: Announcer,
        renderer: Renderer,
        progress: Progress,
        engines: Engines,
        voices: VoicePages,
        orders: OrderPages,
        version: str,
        sick: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`sick` tells which parts of the daemon are not well."""
        self._file = socket_file
        self._announcer = announcer
        self._renderer = renderer
        self._progress = progress
        self._voices = voices
        self._orders = orders
        self._standing = Standing(announcer, renderer, engines, version, sick)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on the socket, which belongs to owner and group. Raises VoxdError."""
        try:
            self._file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._remove_stale()
            self._server = await asyncio.start_unix_server(self._accept, self._file)
            self._file.chmod(0o660)
        except OSError as error:
            raise VoxdError(f"The control socket {self._file} cannot be opened: {in_words(error)}") from error

    async def run(self) -> None:
        """Serve until cancelled."""
        await asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        """Close the socket and what is connected to it."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._open):
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()
        self._file.unlink(missing_ok=True)
        self._server = None

    @property
    def healthy(self) -> bool:
        """Whether it still listens."""
        return self._server is not None and self._server.is_serving()

    def _remove_stale(self) -> None:
        """Remove the socket of a daemon that is gone. Raises VoxdError where one still answers."""
        with socket.socket(socket.AF_UNIX) as probe, suppress(FileNotFoundError, ConnectionRefusedError):
            probe.settimeout(1.0)
            probe.connect(str(self._file))
            raise VoxdError(f"Another voxd serves {self._file}; stop it first, or give this one its own paths")
        self._file.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._open.add(serving)
        try:
            connection = Connection(reader, writer, lambda path: self._voices.body_max_bytes(path, BODY_MAX_BYTES))
            if len(self._open) > CONNECTIONS_MAX:
                await connection.refuse(503, "Too many connections")
            else:
                await connection.serve(self._answer)
        except asyncio.CancelledError:
            return  # by stop, who awaits it; the streams of Python 3.11 would log it as a bug
        finally:
            self._open.discard(serving)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: Request) -> Answer:
        try:
            if self._voices.has(request.path):
                return await self._voices.answer(request)
            if self._orders.has(request.path):
                return await self._orders.answer(request)
            return await self._answer_plain(request)
        except VoxdError as error:
            status = next((code for kind, code in _STATUS_OF.items() if isinstance(error, kind)), 500)
            return Answer.error(status, str(error), error.code)

    async def _answer_plain(self, request: Request) -> Answer:
        """The answer of a page that has one method and no name in its path. Raises VoxdError."""
        method = _METHODS.get(request.path)
        if method is None:
            return Answer.error(404, "There is no such page")
        if request.method != method:
            return Answer.error(405, f"Use {method}")
        match request.path:
            case "/api/announce":
                return await self._announce(request)
            case "/api/render":
                return await self._render(request)
            case _:
                return Answer.of_json(200, self._standing.answer())

    async def _announce(self, request: Request) -> Answer:
        """Take an announcement over; with `?wait_s=N` answer when it ended, or an alarm was heard once."""
        wait_s = wait_s_of(request.query.get("wait_s"))
        announcement = payloads.announcement(request.body, Circumstances("http", time.time()))
        done = await said(self._announcer, self._progress, announcement, wait_s)
        return Answer.of_json(202 if done.is_under_way else 200, done.answer())

    async def _render(self, request: Request) -> Answer:
        """The sound of a text as WAV, sent while it is made; the sizes in its header are left open."""
        wish = payloads.rendering(request.body)
        sound = self._renderer.render(wish.text, voice=wish.voice, language=wish.language, rate=wish.rate)
        try:
            first = await anext(sound)
        except BaseException:
            await sound.aclose()
            raise
        return Answer(200, "audio/wav", _wav(first, sound))


async def _wav(first: Chunk, rest: AsyncGenerator[Chunk, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield header(first.format, MAX_DATA_BYTES) + first.pcm
        async for chunk in rest:
            yield chunk.pcm
