"""`voxd run`: the daemon in the foreground."""

import asyncio
from collections.abc import Callable

from voxd.app import House
from voxd.commands.anew import begin_anew
from voxd.settings import Settings


def run(settings: Settings, load: Callable[[], Settings]) -> None:
    """Serve until a signal ends it, however often it is asked to begin anew.

    Raises VoxdError where it cannot start; a bug rises as it is.
    """
    if asyncio.run(_serve(settings, load)):
        begin_anew()


async def _serve(settings: Settings, load: Callable[[], Settings]) -> bool:
    return await House(settings, load).daemon.run()
