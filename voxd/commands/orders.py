"""What the daemon shall do with announcements: `voxd ack`, `stop`, `skip`, `clear`, `pause`, `siren`, `dnd`, ..."""

from collections.abc import Sequence
from typing import Any

from voxd.commands.control_client import ControlClient
from voxd.paths import paths_in_force
from voxd.settings import Settings

_DONE = {
    "acknowledge": ("Acknowledged", "No alarm waits to be acknowledged"),
    "stop": ("Stopped", "Nothing is being said, and nothing waits"),
    "skip": ("Skipped", "Nothing is being said"),
    "clear": ("Dropped", "Nothing waits"),
    "pause": ("Paused; held", "Paused"),
    "resume": ("Resumed", "Resumed"),
    "replay": ("Said again as", "Nothing is said again"),
}
"""What is told of each order, with the ids it was about and without any."""


def give(settings: Settings, order: str, id_: str | None, zones: Sequence[str]) -> None:
    """Give an order, about one announcement, some zones, or all. Raises VoxdError."""
    wish: dict[str, Any] = {"id": id_} if id_ else {}
    ids = _client(settings).order(order, wish | _where(zones))["ids"]
    done, nothing = _DONE[order]
    print(f"{done} {', '.join(ids)}" if ids else nothing)


def do_not_disturb(settings: Settings, zones: Sequence[str], *, on: bool, passes: str | None) -> None:
    """Suppress what is less urgent than `passes` from now on, or end that. Raises VoxdError."""
    wish: dict[str, Any] = {"on": on} | ({"passes": passes} if passes else {})
    told = _client(settings).order("do_not_disturb", wish | _where(zones))
    where = f"in {', '.join(zones)}" if zones else "everywhere"
    above = "" if told["passes"] == "alarm" else " and above"
    print(f"Priority {told['passes']}{above} is all that is heard {where}" if on else f"All is heard again {where}")


def siren(
    settings: Settings, zones: Sequence[str], *, on: bool, tone: str | None, lasts_s: float | None, volume: int | None
) -> None:
    """Have a tone without words sound, or silence it. Raises VoxdError."""
    asked = {"tone": tone, "duration_s": lasts_s, "volume": volume}
    wish: dict[str, Any] = {"on": on} | {word: value for word, value in asked.items() if value is not None}
    ids = _client(settings).order("siren", wish | _where(zones))["ids"]
    print(f"Sounds as {ids[0]}" if on else f"Silenced {', '.join(ids)}" if ids else "No siren sounds")


def _where(zones: Sequence[str]) -> dict[str, Any]:
    return {"zones": list(zones)} if zones else {}


def _client(settings: Settings) -> ControlClient:
    return ControlClient(paths_in_force(settings.paths).control_socket)
