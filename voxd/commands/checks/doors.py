"""What `voxd check` says of the doors of our own: whether they can be opened, and who reaches them."""

from collections.abc import Iterator
from typing import NamedTuple

from voxd.commands.checks.finding import Finding
from voxd.errors import VoxdError
from voxd.frontends.http.tokens import Tokens
from voxd.frontends.wyoming.credentials import Credentials
from voxd.lib.os_errors import in_words
from voxd.settings import Settings
from voxd.wire.wyoming.listening import listening

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


class Door(NamedTuple):
    """A port, and the section of the settings that it belongs to."""

    section: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def doors(settings: Settings) -> Iterator[Door]:
    """Those that are to be opened."""
    wyoming, satellite = settings.wyoming, settings.satellite
    if wyoming.enabled:
        yield Door("wyoming", wyoming.host, wyoming.port)
    if satellite.enabled:
        yield Door("satellite", satellite.host or wyoming.host, satellite.port)
    if settings.http.enabled:
        yield Door("http", settings.http.host, settings.http.port)


async def opened(door: Door, settings: Settings) -> Finding:
    """Who reaches a door that can be opened. Raises VoxdError."""
    if door.section == "http":
        Tokens(settings.http.tokens).read()
    else:
        Credentials(settings.wyoming).read()
    try:
        sockets = await listening(door.host, door.port)
    except OSError as error:
        raise VoxdError(f"{door} cannot be listened on: {in_words(error)}") from error
    for one in sockets:
        one.close()
    return reached(door, settings)


def reached(door: Door, settings: Settings) -> Finding:
    """Who reaches it."""
    if door.section == "http":
        tokens = "whoever shows one of its tokens" if settings.http.tokens else "whoever the proxies let in"
        local = door.host in LOOPBACK_HOSTS
        return Finding("ok", "http", f"{door}: reached by {'programs on this machine' if local else tokens}")
    if door.host in LOOPBACK_HOSTS:
        text = f"{door}: only this machine reaches it; for Home Assistant elsewhere set wyoming.host: 0.0.0.0"
        return Finding("ok", door.section, text)
    networks = ", ".join(str(network) for network in settings.wyoming.allow)
    return Finding("ok", door.section, f"{door}: reached from {networks}")
