"""Which URLs lead to the same server."""

from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORTS = {"http": 80, "https": 443}

Door = tuple[str, int]
"""A host as it is told apart from others, and a port."""


def door_of(url: str) -> Door | None:
    """Where a URL knocks; this machine has one name. None where it is no URL that anybody could ask."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not host or port is None:
        return None
    return LOOPBACK[0] if host in LOOPBACK else host, port


def met_twice(named: Iterable[tuple[str, str]]) -> tuple[str, str, str] | None:
    """The first URL that knocks where another one did, with its name and the other's; `named` are names and URLs."""
    owners: dict[tuple[Door, str], str] = {}
    for name, url in named:
        if (door := door_of(url)) is None:
            continue
        place = door, urlsplit(url).path.rstrip("/")
        if (other := owners.get(place)) is not None:
            return url, name, other
        owners[place] = name
    return None
