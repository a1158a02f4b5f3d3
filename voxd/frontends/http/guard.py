"""What every request passes before and every answer after: who asks, how often, and what browsers are told."""

import logging
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxd.errors import VoxdError
from voxd.frontends.http.addresses import Addresses
from voxd.frontends.http.refusal import RefusedError, refusal
from voxd.frontends.http.seats import Seats
from voxd.frontends.http.visitors import FORWARDED, Visitor, Visitors, parsed
from voxd.frontends.limit import Limit
from voxd.lib.logs import Sparing

log = logging.getLogger(__name__)

Noting = Callable[[str, str, int], None]
"""Told of an answer: its route (not the path, which strangers choose), method and status."""
NO_ROUTE = "none"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
VISITOR = "voxd.visitor"
"""Where a request's scope holds its Visitor."""
PIECE_BYTES = 64 * 1024
"""Answers go out in such pieces, so that a slow reader holds no more than one of them."""
HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What an answer says that does not say otherwise itself."""


def visitor_of(scope: Scope) -> Visitor:
    """Who sent a request that has passed the guard."""
    visitor = scope[VISITOR]
    assert isinstance(visitor, Visitor)
    return visitor


class Guard:
    """Lets those in whom we know, under our own name, as often as they may. Knows nothing of what is asked for."""

    def __init__(
        self,
        app: ASGIApp,
        visitors: Visitors,
        addresses: Addresses,
        limit: Limit,
        seats: Seats,
        note: Noting = lambda *_: None,
    ) -> None:
        """`note` is told of every answer."""
        self._note = note
        self._turned_away = Sparing(log)
        self._app = app
        self._visitors = visitors
        self._addresses = addresses
        self._limit = limit
        self._seats = seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        scope = dict(scope)  # ours to write into, and the router's
        answering = _Answering(send, lambda status: self._note_answer(scope, status))
        visitor = self._visitors.visitor(scope)
        try:
            self._check(visitor, scope)
        except RefusedError as refused:
            if refused.status_code != 429:  # of which the limit tells
                told = "HTTP: %s was turned away: %s%s"
                self._turned_away.warning(told, visitor.address, refused.text, _hint(visitor, refused, scope))
            await _refuse(refused, scope, receive, answering)
            return
        scope |= {VISITOR: visitor, **_paths(scope, visitor.root_path)}
        if scope["type"] == "websocket":
            await self._seated(visitor, scope, receive, send)
        else:
            await self._answered(scope, receive, answering)

    def _check(self, visitor: Visitor, scope: Scope) -> None:
        """Raises RefusedError."""
        self._addresses.check(visitor, scope)
        if not self._limit.allows(visitor.address):
            if first := self._limit.turn_away(visitor.address):
                log.warning("HTTP: %s", first)
            raise RefusedError(429, "You ask too often (http.rate); try again later")
        if visitor.scopes is None:
            raise RefusedError(
                401,
                "This voxd does not know you: send a token of http.tokens, as  Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )

    async def _answered(self, scope: Scope, receive: Receive, answering: "_Answering") -> None:
        try:
            await self._app(scope, receive, answering)
        except ClientDisconnect:
            return
        except VoxdError as error:  # in the middle of an answer, which then stays unfinished, so that the client knows
            log.info("An answer to %s broke off: %s", scope["path"], error)
            raise
        except Exception:  # a bug: told to the owner here, and in short to whoever asked
            log.exception("A request to %s failed", scope["path"])
            if not answering.status:
                await refusal(500, "voxd failed; its log tells more", "failed")(scope, receive, answering)
            else:
                raise

    def _note_answer(self, scope: Scope, status: int) -> None:
        method = scope.get("method", "")
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        self._note(route, method if method in METHODS else "other", status)

    async def _seated(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket has a seat as any other connection does."""
        seat = _Seat()
        if not self._seats.take(seat, visitor.address):
            await refusal(503, "All connections are at work; try again later")(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._seats.give_up(seat)


class _Seat:
    """That of a WebSocket; it is never idle, so nobody asks it to leave."""

    def leave(self) -> None:
        """See Seated."""


class _Answering:
    """Sends an answer with our headers, in pieces; `note` is told its status when it begins."""

    def __init__(self, send: Send, note: Callable[[int], None]) -> None:
        self._send = send
        self._note = note
        self.status = 0
        """That of the answer, 0 as long as there is none."""

    async def __call__(self, message: Message) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._note(self.status)
            named = {name.lower() for name, _ in message.get("headers", ())}
            more = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in named]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        body: bytes = message.get("body", b"")
        while message["type"] == "http.response.body" and len(body) > PIECE_BYTES:
            await self._send({"type": "http.response.body", "body": body[:PIECE_BYTES], "more_body": True})
            body = body[PIECE_BYTES:]
        await self._send({**message, "body": body} if body else message)


def _hint(visitor: Visitor, refused: RefusedError, scope: Scope) -> str:
    """What the owner may have forgotten: that a proxy is no trusted one."""
    is_proxied = refused.status_code == 401 and any(name in visitor.headers for name in FORWARDED)
    is_believed = str(parsed(scope["client"][0]) if scope.get("client") else "") != visitor.address
    return " (it is a proxy, but none of http.trusted_proxies)" if is_proxied and not is_believed else ""


def _paths(scope: Scope, root_path: str) -> dict[str, Any]:
    """The path behind the one that a proxy has us at, whether the proxy has taken that away or not."""
    if not root_path:
        return {}
    path: str = scope["path"]
    given = path if path.startswith(f"{root_path}/") else root_path + path
    return {"root_path": root_path, "path": given}


async def _refuse(refused: RefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    await refusal(refused.status_code, refused.text, headers=refused.headers)(scope, receive, send)
