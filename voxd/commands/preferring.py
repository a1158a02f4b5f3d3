"""`voxd prefer`: what holds from now on where an announcement is silent about it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voxd.commands.control_client import ControlClient
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings import Settings

OWNERS = "default"


def prefer(
    settings: Settings,
    voice: str | None,
    chime: str | None,
    rate: str | None,
    volume: str | None,
    zones: Sequence[str],
) -> None:
    """Have it hold from now on; without any choice, tell what holds. Raises VoxdError."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    asked = {"voice": voice, "chime": chime, "rate": _number("rate", rate), "volume": _number("volume", volume)}
    choice: dict[str, Any] = {word: value for word, value in asked.items() if value is not None}
    if choice or zones:
        client.order("prefer", choice | ({"zones": list(zones)} if zones else {}))
    for line in _lines(client.status()):
        print(line)


def _number(option: str, text: str | None) -> float | str | None:
    if text in (None, OWNERS):
        return text
    try:
        return float(str(text))
    except ValueError as error:
        raise VoxdError(f"--{option} is a number or {OWNERS}, not {text}") from error


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'voice':20} {status['voice']}"
    yield f"{'chime':20} {status['chime']}"
    yield f"{'rate':20} {status['rate']:g}"
    for zone, percent in status["volume"].items():
        yield f"{f'volume in {zone}':20} {percent} %"
