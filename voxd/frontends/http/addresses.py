"""What browsers may call us by, and whose pages may ask us: against rebound names and foreign pages."""

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.http.visitors import Visitor, parsed

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_SHOWN_CHARS = 100


class Addresses:
    """Knows the names of this machine and those of the settings."""

    def __init__(self, names: tuple[str, ...]) -> None:
        own = socket.gethostname().lower()
        short = own.partition(".")[0]
        self._named = frozenset(name.lower() for name in names)
        self._names = self._named | {"localhost", own, short, f"{short}.local"}

    def check(self, visitor: Visitor, scope: Mapping[str, Any]) -> None:
        """Raises RefusedError where a browser was led to us under a wrong name, or by a foreign page."""
        asked = visitor.headers.get("host", "")
        if not self._is_ours(asked, scope):
            shown = repr(asked[:_SHOWN_CHARS])
            raise RefusedError(421, f"This voxd is not called {shown}; if it is to be, add that to http.names")
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            self._check_origin(visitor)

    def _is_ours(self, asked: str, scope: Mapping[str, Any]) -> bool:
        name = _name(asked)
        if name in self._names:
            return True
        address, here = parsed(name), scope.get("server")
        if address is None:
            return False
        return address.is_loopback or (here is not None and address == parsed(here[0]))

    def _check_origin(self, visitor: Visitor) -> None:
        """A page of ours asks from where it was fetched; programs that are no browsers name no origin."""
        origin = visitor.headers.get("origin")
        if origin is None:
            if visitor.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
                return
            raise RefusedError(403, "Pages of other sites may not ask this voxd for anything")
        if not self._is_own_page(origin, visitor.host):
            shown = repr(origin[:_SHOWN_CHARS])
            raise RefusedError(403, f"Pages of {shown} may not ask this voxd for anything")

    def _is_own_page(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
            name, at = parts.hostname or "", parts.netloc.lower()
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or not name:
            return False
        default = ":443" if parts.scheme == "https" else ":80"
        return at.removesuffix(default) == host.lower().removesuffix(default) or name in self._named


def _name(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0][1:].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()
