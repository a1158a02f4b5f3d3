"""The body of a request as it comes in: bounded in bytes and in time."""

import asyncio

from starlette.types import Message, Receive

from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.http.uploads import Uploads
from voxd.frontends.http.visitors import Headers

BYTES_PER_S_MIN = 32_768.0
"""Slower than that nobody may send: the longest recording would take a quarter of an hour, and others wait for it."""

PACE_BYTES_PER_S = 8_000_000.0
"""Long ones are read no faster than that, so that they leave the house its time; a usual clip takes half a second."""


class Body:
    """What is received of a request; give it to whoever reads the request in place of `receive`.

    One that may be long, and is, has one of the places of `uploads` until it is closed.
    """

    def __init__(self, receive: Receive, most_bytes: int, timeout_s: float, uploads: Uploads | None = None) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._bytes = 0
        self._waited_s = 0.0
        self._ended = False
        self._uploads = uploads
        self._has_place = False

    def check_length(self, headers: Headers) -> None:
        """Raises RefusedError where the request says itself that it is too long, or is packed."""
        told = headers.get("content-length", "0")
        if told.isascii() and told.isdigit():
            self._check(int(told[:20]))
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RefusedError(415, "Send the body as it is, not packed (Content-Encoding)")

    async def receive(self) -> Message:
        """The next part. Raises RefusedError where there is too much of it, or it does not come."""
        if self._ended:
            return await self._receive()  # the end of the connection, however long that takes
        loop = asyncio.get_running_loop()
        allowed_s = self._timeout_s + self._bytes / BYTES_PER_S_MIN - self._waited_s
        began = loop.time()
        try:
            async with asyncio.timeout(min(self._timeout_s, allowed_s)):
                message = await self._receive()
        except TimeoutError:
            raise RefusedError(408, "The request did not come in time") from None
        self._waited_s += loop.time() - began
        self._bytes += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        self._check(self._bytes)
        if self._has_place:
            await asyncio.sleep(len(message.get("body", b"")) / PACE_BYTES_PER_S)
        return message

    def close(self) -> None:
        """It is needed no longer."""
        if self._uploads is not None and self._has_place:
            self._uploads.give_back()
            self._has_place = False

    def _check(self, length: int) -> None:
        if length > self._most_bytes:
            raise RefusedError(413, f"The request is longer than {self._most_bytes} bytes")
        if self._uploads is not None and not self._has_place and length > self._uploads.usual_max_bytes:
            self._uploads.take()
            self._has_place = True
