"""What Home Assistant was told, kept over restarts, so that what goes away is taken back."""

import re
from pathlib import Path
from typing import Any

from voxd.frontends.mqtt.home_assistant.changes import Told
from voxd.lib.kept import KeptFile

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


def _understood(kept: Any) -> Told:
    """Raises ValueError and its like where it is not what `write` wrote."""
    return {
        str(topic): {str(id_): str(platform) for id_, platform in platforms.items()}
        for topic, platforms in kept.items()
        if _OURS.fullmatch(topic)
    }
