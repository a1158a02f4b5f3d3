"""`voxd run`: the daemon in the foreground."""

import asyncio
from collections.abc import Callable
from contextlib import closing

from voxd.app import House
from voxd.commands.anew import begin_anew
from voxd.lib.lasting_sockets import LastingSockets
from voxd.settings import Settings


def run(settings: Settings, load: Callable[[], Settings]) -> None:
    """Serve until a signal ends it, however often it is asked to begin anew.

    Raises VoxdError where it cannot start; a bug rises as it is.
    """
    with closing(LastingSockets.handed_over()) as sockets:
        if asyncio.run(_serve(settings, load, sockets)):
            begin_anew(sockets)


async def _serve(settings: Settings, load: Callable[[], Settings], sockets: LastingSockets) -> bool:
    return await House(settings, load, sockets=sockets).daemon.run()
