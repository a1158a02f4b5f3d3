"""What voxd talks to that its unit's IPAddressDeny= keeps it from; this command itself may reach it."""

import ipaddress
import socket
from collections.abc import Iterator, Mapping, Sequence

from voxd.commands.checks.finding import Finding
from voxd.commands.checks.servers import hosts_of
from voxd.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def closed_off(settings: Settings, unit: str, told: Mapping[str, str]) -> Iterator[Finding]:
    """A problem for each; `told` is what systemd says of the unit."""
    if not told.get("IPAddressDeny"):
        return
    allowed = [ipaddress.ip_network(network, strict=False) for network in told.get("IPAddressAllow", "").split()]
    for what, host in _needed(settings):
        shut = [address for address in _addresses(host) if not any(address in network for network in allowed)]
        if shut:
            text = f"{unit} may not talk to {what} {host} ({shut[0]}), beyond the private networks"
            advice = f"`systemctl edit {unit}`, [Service] IPAddressAllow={_advised(host, shut[0])}"
            yield Finding("problem", "systemd", f"{text}: {advice}")


def _needed(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is talked to, in words, and its host."""
    if settings.mqtt.enabled:
        yield "the broker", settings.mqtt.host
    for name, engine in settings.engines.items():
        for host in hosts_of(engine):
            yield f"the server of the engine {name}", host


def _advised(host: str, address: Address) -> str:
    """A name on the internet may have other addresses tomorrow."""
    return "any" if address.is_global and host != str(address) else str(address)


def _addresses(host: str) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()  # what is said of the server itself says so
    return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
