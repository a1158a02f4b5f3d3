"""Work for a client is done only while the client is there."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Result = TypeVar("Result")


async def while_there(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` gives; where the client leaves it is cancelled, and ClientDisconnect raised.

    To be called when the request's body was read.
    """
    working = asyncio.create_task(work, name="HTTP answer")
    leaving = asyncio.create_task(_left(receive), name="HTTP client's presence")
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


class Streamed(Response):
    """An answer that is sent while it is made, no faster than the client reads; where it leaves, making it ends.

    Where `length` is known the client is told.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        media_type: str,
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        known = {} if length is None else {"content-length": str(length)}
        super().__init__(None, 200, dict(headers or {}) | known, media_type)
        if length is None:
            self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """See ASGI."""
        await while_there(receive, self._sent(send))

    async def _sent(self, send: Send) -> None:
        async with aclosing(self._parts) as parts:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
                await asyncio.sleep(0)  # uvicorn takes everything at once for a client that has left
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
