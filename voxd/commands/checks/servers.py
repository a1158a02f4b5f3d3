"""Where the servers of an engine are, and what is to be said of the way there."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from voxd.commands.checks.doors import LOOPBACK_HOSTS
from voxd.settings.engines import EngineSettings, HttpEngineSettings, RemoteSettings, WyomingEngineSettings


def hosts_of(engine: EngineSettings) -> tuple[str, ...]:
    """The hosts of its servers, each once; none for an engine of this machine."""
    match engine:
        case WyomingEngineSettings():
            others = (server.rpartition(":")[0].strip("[]") for server in engine.servers)
            return tuple(dict.fromkeys((engine.host, *others)))
        case HttpEngineSettings():
            return tuple(dict.fromkeys(urlsplit(url).hostname or "" for url in engine.url))
        case _:
            return ()


def shown_to_all(engine: RemoteSettings) -> Iterator[str]:
    """The hosts beyond this machine that the engine's token goes to without TLS, for everybody between to read."""
    if engine.token_file is not None:
        yield from (host for host in _plain(engine) if not _is_here(host))


def _plain(engine: RemoteSettings) -> tuple[str, ...]:
    match engine:
        case WyomingEngineSettings(tls=tls) if not tls.enabled:
            return hosts_of(engine)
        case HttpEngineSettings():
            return tuple(urlsplit(url).hostname or "" for url in engine.url if url.startswith("http:"))
        case _:
            return ()


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_HOSTS
