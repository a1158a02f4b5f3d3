"""One HTTP server, asked without surprises: nothing but that server, every wait and every answer bounded."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from voxd.errors import ProtocolError

ANSWER_MAX_BYTES = 4 * 1024 * 1024
"""Of an answer that is no sound."""
HEAD_MAX_BYTES = 16 * 1024
PIECE_MAX_BYTES = 64 * 1024
USER_AGENT = "voxd"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, until the head of an answer is there, and between two pieces of its body."""

    connect_s: float
    head_s: float
    piece_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a multipart form."""

    file_name: str
    data: bytes
    content_type: str


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
        with _plain():
            while True:
                async with asyncio.timeout(self._piece_s):
                    piece = await content.read(PIECE_MAX_BYTES)
                if not piece:
                    return
                yield piece

    async def whole(self, max_bytes: int = ANSWER_MAX_BYTES) -> bytes:
        """Its body. Raises ProtocolError where that has more than `max_bytes`."""
        body = bytearray()
        async with contextlib.aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > max_bytes:
                    raise ProtocolError(f"its answer has more than {max_bytes} bytes")
        return bytes(body)


class HttpClient:
    """Asks one server over kept-alive connections. Raises OSError, TimeoutError and ProtocolError, never aiohttp's own.

    It goes nowhere but to `url` and what is below it: redirects are answers like any other, no proxy is taken from
    the environment, no cookie is kept, nothing is decompressed. The token of `token_file` is read anew for every
    request, and told to nobody else.
    """

    def __init__(
        self, url: str, timeouts: Timeouts, tls: ssl.SSLContext | None = None, token_file: Path | None = None
    ) -> None:
        self.url = url
        self._timeouts = timeouts
        self._tls = tls
        self._token_file = token_file
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        path: str = "",
        *,
        json: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str | Part] | None = None,
    ) -> AsyncIterator[Answer]:
        """The answer to a request at `url` + `path`; leaving before its end drops the connection."""
        with _plain():
            async with asyncio.timeout(self._timeouts.connect_s + self._timeouts.head_s):
                response = await self._opened().request(
                    method,
                    self.url + path,
                    json=json,
                    params=query,
                    data=_form(form) if form is not None else None,
                    headers=self._headers(),
                    allow_redirects=False,
                )
        try:
            yield Answer(response, self._timeouts.piece_s)
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def close(self) -> None:
        """Drop the connections; asking again opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._tls or True, limit=0)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, connect=self._timeouts.connect_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=HEAD_MAX_BYTES,
                max_field_size=HEAD_MAX_BYTES,
                read_bufsize=PIECE_MAX_BYTES,
            )
        return self._session

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self._token_file is not None:
            headers["Authorization"] = f"Bearer {_token(self._token_file)}"
        return headers


def _token(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ProtocolError(f"its token cannot be read: {error}") from error


def _form(fields: Mapping[str, str | Part]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        if isinstance(value, Part):
            form.add_field(name, value.data, filename=value.file_name, content_type=value.content_type)
        else:
            form.add_field(name, value)
    return form


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """What aiohttp raises, as what is raised here."""
    try:
        yield
    except TimeoutError:
        raise
    except aiohttp.ClientConnectorError as error:
        raise OSError(error.errno, error.strerror or str(error)) from error
    except OSError:
        raise
    except aiohttp.ClientError as error:
        raise ProtocolError(f"it broke off, or does not speak HTTP: {error}") from error
