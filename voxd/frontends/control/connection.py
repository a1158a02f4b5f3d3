"""One HTTP/1.1 connection: bounded requests in, answers out. The protocol itself is h11's."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import h11

from voxd.errors import ProtocolError, VoxdError

BODY_MAX_BYTES = 256 * 1024
READ_TIMEOUT_S = 15.0
WRITE_TIMEOUT_S = 30.0
_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a body that is whole or still being made."""

    status: int
    content_type: str = "application/json"
    body: bytes | AsyncGenerator[bytes, None] = field(default=b"")

    @classmethod
    def of_json(cls, status: int, value: object) -> "Answer":
        """A JSON body."""
        return cls(status, "application/json", json.dumps(value, ensure_ascii=False).encode())

    @classmethod
    def error(cls, status: int, text: str, code: str = "error") -> "Answer":
        """A refusal in words and with its code."""
        return cls.of_json(status, {"error": text, "code": code})


class Connection:
    """Serves requests one after the other until the other side leaves or breaks the rules.

    `body_max_bytes` tells how long a request to a path may be.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        body_max_bytes: Callable[[str], int] = lambda _: BODY_MAX_BYTES,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._body_max_bytes = body_max_bytes
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=32 * 1024)

    async def serve(self, answer: Callable[[Request], Awaitable[Answer]]) -> None:
        """Answer every request. Ends quietly when the other side does."""
        try:
            while (request := await self._request()) is not None:
                await self._send(await answer(request))
                if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
                    return
                self._protocol.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self.refuse(error.error_status_hint, str(error))
        except ProtocolError as error:
            await self.refuse(413, str(error))
        except (OSError, h11.LocalProtocolError):  # TimeoutError is an OSError
            return

    async def refuse(self, status: int, text: str) -> None:
        """Answer with an error if nothing was answered yet; the connection is to be closed then."""
        if self._protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            with suppress(OSError, h11.LocalProtocolError):
                await self._send(Answer.error(status, text))

    async def _request(self) -> Request | None:
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        path, _, query = head.target.decode("ascii").partition("?")
        most = self._body_max_bytes(path)
        body = bytearray()
        while isinstance(part := await self._event(), h11.Data):
            body += part.data
            if len(body) > most:
                raise ProtocolError(f"The request is longer than {most} bytes")
        return Request(head.method.decode("ascii"), path, dict(parse_qsl(query)), bytes(body))

    async def _event(self) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            async with asyncio.timeout(READ_TIMEOUT_S):
                self._protocol.receive_data(await self._reader.read(_READ_BYTES))
        return event

    async def _send(self, answer: Answer) -> None:
        headers = [("Content-Type", answer.content_type)]
        if isinstance(answer.body, bytes):
            headers.append(("Content-Length", str(len(answer.body))))
        await self._write(h11.Response(status_code=answer.status, headers=headers))
        if isinstance(answer.body, bytes):
            await self._write(h11.Data(data=answer.body))
        else:
            await self._stream(answer.body)
        await self._write(h11.EndOfMessage())

    async def _stream(self, body: AsyncGenerator[bytes, None]) -> None:
        """Send what is still being made; where that fails the body stays unfinished, so that the client knows."""
        async with aclosing(body):
            try:
                async for part in body:
                    await self._write(h11.Data(data=part))
            except VoxdError as error:
                raise ConnectionAbortedError(str(error)) from error

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._protocol.send(event) or b"")
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            await self._writer.drain()
