"""What Home Assistant was told, kept over restarts, so that what goes away is taken back."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

from voxd.frontends.mqtt.home_assistant.changes import Told
from voxd.lib.kept import KeptFile
from voxd.lib.os_errors import in_words
from voxd.lib.own_id import own_id
from voxd.lib.threads import in_daemon_thread

log = logging.getLogger(__name__)

NO_ID_S = 60.0
_OURS = re.compile(r"[^#+\0]+/(device/voxd_|[a-z_]+/voxd_[a-z0-9_]+/)[a-z0-9_]+/config")
"""Topics that may be ours: whatever is in the file, what others publish is not taken back."""


class Memory:
    """A small file; where it is lost, what went away before that stays in Home Assistant."""

    def __init__(self, file: Path) -> None:
        self._kept = KeptFile(file, "What Home Assistant was told", "what is gone since may stay in Home Assistant")

    async def read(self) -> Told:
        """What was told before."""
        return await self._kept.read(_understood) or {}

    async def write(self, told: Told) -> None:
        """From now on, that was told."""
        await self._kept.write(lambda: {topic: dict(platforms) for topic, platforms in told.items()})


async def lasting_id(file: Path) -> str:
    """The id of this installation, as soon as it can be read or written."""
    is_told = False
    while True:
        try:
            return await in_daemon_thread(lambda: own_id(file), "own id")
        except OSError as error:
            if not is_told:
                log.error("Home Assistant is told nothing of this machine: %s: %s", file, in_words(error))
            is_told = True
            await asyncio.sleep(NO_ID_S)


def _understood(kept: Any) -> Told:
    """Raises ValueError and its like where it is not what `write` wrote."""
    return {
        str(topic): {str(id_): str(platform) for id_, platform in platforms.items()}
        for topic, platforms in kept.items()
        if _OURS.fullmatch(topic)
    }
