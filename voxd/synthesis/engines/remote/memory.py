"""What servers told of themselves last: with it a house finds its voices and its phrase cache while they are away."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from voxd.lib.kept import KeptFile
from voxd.lib.threads import in_daemon_thread
from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engines.remote.options import of_the_sound
from voxd.synthesis.engines.remote.server import Learned

VERSION = 1
_LEARNED = TypeAdapter(dict[str, Learned])


class Memory:
    """Of the servers of one engine, by their addresses; what was told under other settings is forgotten.

    Without a `file` nothing is kept.
    """

    def __init__(self, name: str, settings: RemoteSettings, file: Path | None) -> None:
        without = "its voices are not known until a server answers"
        self._file = file
        self._kept_file = KeptFile(file, f"What the servers of {name} told", without) if file else None
        self._settings = {**of_the_sound(settings), "type": getattr(settings, "type", "")}
        self._kept: Mapping[str, Learned] = {}

    async def recall(self) -> Mapping[str, Learned]:
        """What is known of them."""
        if self._kept_file is not None:
            self._kept = await self._kept_file.read(self._understood) or {}
        return self._kept

    async def keep(self, learned: Mapping[str, Learned]) -> None:
        """Remember that, where it is news, and the folder is our own: what root writes there the daemon cannot read."""
        if self._kept_file is None or learned == self._kept:
            return
        self._kept = dict(learned)
        if await in_daemon_thread(self._is_ours, "folder of the cache"):
            await self._kept_file.write(self._content)

    def _is_ours(self) -> bool:
        assert self._file is not None
        with suppress(OSError):  # the write tells of it
            self._file.parent.mkdir(parents=True, exist_ok=True)
            return self._file.parent.stat().st_uid == os.geteuid()
        return True

    def _content(self) -> object:
        return {
            "version": VERSION,
            "settings": self._settings,
            "servers": _LEARNED.dump_python(dict(self._kept), mode="json"),
        }

    def _understood(self, content: Any) -> Mapping[str, Learned]:
        if content["version"] != VERSION or content["settings"] != self._settings:
            return {}
        return _LEARNED.validate_python(content["servers"])
