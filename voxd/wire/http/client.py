"""One HTTP server, asked without surprises: nothing but that server, every wait and every answer bounded."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from voxd.errors import ProtocolError
from voxd.settings.section import ClientTlsSettings
from voxd.wire.http.answer import ANSWER_MAX_BYTES, PIECE_MAX_BYTES, Answer
from voxd.wire.http.bodies import Part, as_form, as_json
from voxd.wire.http.resolver import Resolver
from voxd.wire.http.troubles import told_plainly
from voxd.wire.trust import Trust, token_in

__all__ = ["ANSWER_MAX_BYTES", "Answer", "HttpClient", "Part", "Timeouts"]

HEAD_MAX_BYTES = 16 * 1024
KEPT_S = 4.0
"""A connection is kept for less than the five seconds after which uvicorn drops it: nobody is to run into that."""
UNHEARD_S = 30.0
"""What the other end does not confirm for so long is lost, and the connection with it."""
USER_AGENT = "voxd"
SHOWN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, until the head of an answer is there, and between two pieces of its body."""

    connect_s: float
    head_s: float
    piece_s: float


class HttpClient:
    """Asks one server over kept-alive connections. Raises OSError, TimeoutError and ProtocolError, never aiohttp's own.

    It goes nowhere but to `url` and what is below it: a redirect is a ProtocolError, no proxy is taken from the
    environment, no cookie is kept, nothing is unpacked. The token of `token_file` is read anew for every request, and
    told to nobody else; the files of `tls` are read anew when they have changed.
    """

    def __init__(
        self,
        url: str,
        timeouts: Timeouts,
        tls: ClientTlsSettings | None = None,
        token_file: Path | None = None,
    ) -> None:
        self.url = url
        self._timeouts = timeouts
        self._trust = Trust(tls or ClientTlsSettings()) if urlsplit(url).scheme == "https" else None
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
        """The answer to a request at `url` + `path`; leaving before its end drops the connection at once.

        Beside what the class tells, it raises BadRequestError for a text that cannot be sent.
        """
        with told_plainly():
            tls = await self._trust.context() if self._trust else True
            data = as_json(json) if json is not None else as_form(form) if form is not None else None
            response = await self._answered(method, path, tls, params=query, data=data)
        try:
            _check_plain(response)
            yield Answer(response, self._timeouts.piece_s)
        finally:
            _leave(response)

    async def close(self) -> None:
        """Drop the connections; asking again opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _answered(
        self, method: str, path: str, tls: ssl.SSLContext | bool, **content: Any
    ) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout(self._timeouts.connect_s + self._timeouts.head_s) as limit:
                return await self._opened().request(
                    method, self.url + path, headers=self._headers(), ssl=tls, allow_redirects=False, **content
                )
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"it gave no answer within {self._timeouts.head_s:g} s") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=KEPT_S, resolver=Resolver(), socket_factory=_socket
                ),
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
            headers["Authorization"] = f"Bearer {token_in(self._token_file)}"
        return headers


def _check_plain(response: aiohttp.ClientResponse) -> None:
    """Raises ProtocolError for an answer that is elsewhere, or packed though nobody asked for that."""
    if 300 <= response.status < 400:
        where = urlsplit(response.headers.get("Location", ""))
        shown = "".join(char for char in f"{where.scheme}://{where.netloc}{where.path}" if char.isprintable())
        elsewhere = f" to {shown[:SHOWN_CHARS]}" if where.netloc else ""
        raise ProtocolError(f"it sends us elsewhere ({response.status}{elsewhere}), where nobody is asked: see its url")
    packed = response.headers.get("Content-Encoding", "identity").lower()
    if packed not in ("", "identity"):
        raise ProtocolError(f"it packs its answer though that was not asked for ({packed[:SHOWN_CHARS]!a})")


def _leave(response: aiohttp.ClientResponse) -> None:
    """Keep the connection of an answer that was read to its end; drop any other without waiting for anything."""
    if response.content.at_eof():
        response.release()
        return
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


def _socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, proto = address[:3]
    made = socket.socket(family, kind, proto)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNHEARD_S))
    return made
