"""`voxd restart`: the daemon ends in order and begins anew."""

import time
from collections.abc import Callable

from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings import Settings

END_MAX_S, BEGIN_MAX_S = 60.0, 120.0
LOOK_EVERY_S = 0.02


def restart(settings: Settings, *, wait: bool) -> None:
    """Have it begin anew; return when it serves again, unless nobody is to `wait`. Raises VoxdError."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    client.order("restart", {})
    if not wait:
        print("voxd ends in order and begins anew")
        return
    _wait(lambda: _is_away(client), END_MAX_S, "still finishes what it says; it begins anew after that")
    _wait(lambda: _serves(client), BEGIN_MAX_S, "does not serve again yet; its log says why")
    print("voxd has begun anew")


def _wait(until: Callable[[], bool], most_s: float, otherwise: str) -> None:
    end_s = time.monotonic() + most_s
    while not until():
        if time.monotonic() > end_s:
            raise VoxdError(f"After {most_s:.0f} s voxd {otherwise}")
        time.sleep(LOOK_EVERY_S)


def _is_away(client: ControlClient) -> bool:
    """One that is too busy to answer is there."""
    try:
        client.status()
    except DaemonAwayError:
        return True
    except VoxdError:
        return False
    return False


def _serves(client: ControlClient) -> bool:
    try:
        client.status()
    except VoxdError:
        return False
    return True
