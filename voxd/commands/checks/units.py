"""What systemd says of voxd's units: failed, not begun at boot, closed off from others, with other addresses."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from voxd.commands.checks.closed_off import closed_off
from voxd.commands.checks.doors import Door, doors
from voxd.commands.checks.finding import Finding
from voxd.settings import Settings
from voxd.settings.engines import HostSettings

SYSTEMCTL_TIMEOUT_S = 5.0
RESTARTS_MAX = 3
PROPERTIES = (
    *("LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "NRestarts"),
    *("IPAddressAllow", "IPAddressDeny", "Listen"),
)

Show = Callable[[str], Mapping[str, str]]
"""The properties of a unit; none where there is no systemd."""


def unit_findings(settings: Settings, show: Show, instance: str = "") -> Iterator[Finding]:
    """Of the daemon, or of that instance of it; nothing where voxd is no unit here."""
    unit = unit_of(instance)
    daemon = show(unit)
    if daemon.get("LoadState") != "loaded":
        return
    yield _standing(unit, daemon)
    for name, engine in settings.engines.items():
        if isinstance(engine, HostSettings) and engine.process == "unit":
            host = f"voxd-engine@{name}.service"
            yield _standing(host, show(host))
    yield from closed_off(settings, unit, daemon)
    if not instance:
        yield from _socket(settings, show("voxd.socket"))


def unit_of(instance: str) -> str:
    """The daemon's, or that of one of several."""
    return f"voxd@{instance}.service" if instance else "voxd.service"


def _standing(unit: str, told: Mapping[str, str]) -> Finding:
    if told.get("LoadState") != "loaded":
        return Finding("problem", "systemd", f"there is no {unit}: install it, or set process: child")
    for sick, verdict, text in _sicknesses(unit, told):
        if sick:
            return Finding(verdict, "systemd", text)
    return Finding("ok", "systemd", f"{unit} is {told.get('ActiveState', 'unknown')}")


def _sicknesses(unit: str, told: Mapping[str, str]) -> Iterator[tuple[bool, Literal["warning", "problem"], str]]:
    """What may be wrong with a unit, the worst first, and whether it is."""
    state, log = told.get("ActiveState"), f"`journalctl -u {unit}` says why"
    restarts = int(told.get("NRestarts") or 0)
    yield state == "failed", "problem", f"{unit} has failed ({told.get('Result')}): {log}"
    ends = told.get("SubState") == "auto-restart"
    yield ends, "problem", f"{unit} ends again and again ({told.get('Result')}): {log}"
    yield state == "inactive", "warning", f"{unit} does not run: systemctl start {unit}"
    disabled = told.get("UnitFileState") in ("disabled", "indirect")
    yield disabled, "warning", f"{unit} does not start at boot: systemctl enable {unit}"
    yield restarts > RESTARTS_MAX, "warning", f"{unit} was started anew {restarts} times: {log}"


def _socket(settings: Settings, told: Mapping[str, str]) -> Iterator[Finding]:
    """Where voxd.socket holds a port that the settings do not name: whoever connects there waits for ever."""
    wanted = {_written(door.host, door.port) for door in doors(settings)}
    for address in sorted(_listens(told) - wanted):
        text = f"voxd.socket listens on {address}, where the settings have no door: clients wait there for nobody"
        yield Finding("problem", "systemd", f"{text}; `systemctl edit voxd.socket`")


def kept_by_socket_unit(door: Door, show: Show) -> bool:
    """Whether voxd.socket listens there for a daemon that does not run yet."""
    return _written(door.host, door.port) in _listens(show("voxd.socket"))


def _listens(told: Mapping[str, str]) -> set[str]:
    """The addresses of a socket unit that is active."""
    if told.get("ActiveState") != "active":
        return set()
    return {line.split(" ")[0] for line in told.get("Listen", "").splitlines() if line.endswith("(Stream)")}


def _written(host: str, port: int) -> str:
    """An address as systemd writes it."""
    host = "127.0.0.1" if host == "localhost" else host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def shown_by_systemctl(unit: str) -> Mapping[str, str]:
    """See Show."""
    command = ("systemctl", "show", "--no-pager", f"--property={','.join(PROPERTIES)}", unit)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SYSTEMCTL_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    told: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        told[name] = f"{told[name]}\n{value}" if name in told else value  # Listen= has a line for each address
    return told
