"""What a server answers: its head, and its body as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import aiohttp

from voxd.errors import ProtocolError
from voxd.wire.http.troubles import told_plainly

ANSWER_MAX_BYTES = 4 * 1024 * 1024
"""Of an answer that is no sound."""
PIECE_MAX_BYTES = 64 * 1024


class Answer:
    """An answer whose head is there. `content_type` is in lower case, without its parameters."""

    def __init__(self, response: aiohttp.ClientResponse, piece_s: float) -> None:
        self._response = response
        self._piece_s = piece_s
        self.status = response.status
        self.content_type = response.content_type.lower()
        self.headers: Mapping[str, str] = response.headers

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Its body as it comes, in pieces that are not empty. Raises as HttpClient does."""
        content = self._response.content
        with told_plainly():
            while True:
                try:
                    async with asyncio.timeout(self._piece_s) as limit:
                        piece = await content.read(PIECE_MAX_BYTES)
                except TimeoutError as error:
                    if not limit.expired():
                        raise
                    raise TimeoutError(f"it sent nothing for {self._piece_s:g} s") from error
                if not piece:
                    return
                yield piece

    async def whole(self, max_bytes: int = ANSWER_MAX_BYTES) -> bytes:
        """Its body. Raises ProtocolError where that has more than `max_bytes`."""
        body = bytearray()
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > max_bytes:
                    raise ProtocolError(f"its answer has more than {max_bytes} bytes")
        return bytes(body)
