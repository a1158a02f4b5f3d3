"""`voxd run`: the daemon in the foreground."""

import asyncio
from collections.abc import Callable

from voxd.app import House
from voxd.settings import Settings


def run(settings: Settings, load: Callable[[], Settings]) -> None:
    """Serve until a signal ends it. Raises VoxdError where it cannot start; a bug rises as it is."""
    asyncio.run(_serve(settings, load))


async def _serve(settings: Settings, load: Callable[[], Settings]) -> None:
    await House(settings, load).daemon.run()
