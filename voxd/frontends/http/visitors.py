"""Who asks: the client's address behind the proxies that are trusted, and what it may do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from voxd.frontends.http.shown_token import shown_token
from voxd.frontends.http.tokens import Tokens
from voxd.settings.http import HttpSettings, Scope

IpAddress = IPv4Address | IPv6Address
Headers = Mapping[str, str]
"""By their names in small letters; those that came several times are joined with commas."""

FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")
"""Headers by which a proxy tells whom it speaks for."""
_PREFIXES = ("x-ingress-path", "x-forwarded-prefix")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client: its address, what it may do (None: we do not know it), and where it believes to find us.

    `host` is what stands in the address that it asked for, with the port where there is one.
    """

    address: str
    scopes: frozenset[Scope] | None
    host: str
    root_path: str
    headers: Headers = field(repr=False)

    def may(self, scope: Scope | None) -> bool:
        """Whether it may do that; None is what everybody may whom we know."""
        return self.scopes is not None and (scope is None or scope in self.scopes)


class Visitors:
    """Tells who asks, by the connection, by what trusted proxies say, and by the token that is shown."""

    def __init__(self, settings: HttpSettings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens

    def visitor(self, scope: Mapping[str, Any]) -> Visitor:
        """Whoever sent a request, by its ASGI scope."""
        headers = headers_of(scope)
        client = scope.get("client")
        peer = parsed(client[0]) if client else None
        proxied = peer is not None and self._is_proxy(peer)
        address = _client_behind(headers, self._is_proxy) if proxied else peer
        told = headers if proxied else {}
        return Visitor(
            str(address or UNKNOWN),
            self._scopes(address, headers, proxied=proxied),
            told.get("x-forwarded-host", "").rpartition(",")[2].strip() or headers.get("host", ""),
            next((found for name in _PREFIXES if (found := _path(told.get(name, "")))), self._settings.root_path),
            headers,
        )

    def _is_proxy(self, address: IpAddress) -> bool:
        return any(address in network for network in self._settings.trusted_proxies)

    def _scopes(self, address: IpAddress | None, headers: Headers, *, proxied: bool) -> frozenset[Scope] | None:
        """Whoever comes through a proxy that we do not trust may be anybody, even if the proxy is on this machine."""
        shown = shown_token(headers)
        known = None if shown is None else self._tokens.scopes_of(shown)
        if proxied and self._settings.proxy_scopes:
            known = (known or frozenset()) | frozenset(self._settings.proxy_scopes)
        strangers = not proxied and any(name in headers for name in FORWARDED)
        if address is not None and address.is_loopback and not strangers:
            known = (known or frozenset()) | frozenset(self._settings.local_scopes)
        return known


def headers_of(scope: Mapping[str, Any]) -> Headers:
    """The headers of a request."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


@lru_cache(maxsize=256)
def parsed(text: str) -> IpAddress | None:
    """The address that a text stands for, as what it is behind an IPv6 socket; None where it is none."""
    try:
        address = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _client_behind(headers: Headers, is_proxy: Callable[[IpAddress], bool]) -> IpAddress | None:
    """Whom the proxies speak for: the last address that is none of theirs; None where they do not say."""
    hops = [parsed(hop) for hop in headers.get("x-forwarded-for", "").split(",")]
    return next(_strangers(reversed(hops), is_proxy), hops[0])


def _strangers(hops: Iterable[IpAddress | None], is_proxy: Callable[[IpAddress], bool]) -> Iterator[IpAddress | None]:
    return (hop for hop in hops if hop is None or not is_proxy(hop))


def _path(text: str) -> str:
    """A path that stands before all of ours; empty where it is none."""
    path = text.strip().rstrip("/")
    safe = path.startswith("/") and path.isascii() and path.isprintable() and not set(path) & set('<>"\\ ?#')
    return path if safe and ".." not in path and "//" not in path and len(path) <= 200 else ""
