"""Tells Home Assistant of us: at every connect, when it begins, and when what can be chosen changes."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxd.frontends.mqtt.home_assistant.changes import Told, joined, steps, told_by
from voxd.frontends.mqtt.home_assistant.configs import Config, configs
from voxd.frontends.mqtt.home_assistant.home import Home, home_of
from voxd.frontends.mqtt.home_assistant.memory import Memory, lasting_id
from voxd.frontends.mqtt.topics import Topics
from voxd.settings import HomeAssistantSettings
from voxd.wire.mqtt.packets import Publish


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly Home Assistant is told.

    `step_s` is what it needs to take in a step before the next, and `calm_s` the least time between two changes. After
    its birth it is told again within `jitter_s`, as others do then, too. A change is told once more `again_s` later:
    one that comes while an entity is being made may be overheard.
    """

    jitter_s: float = 2.0
    step_s: float = 2.0
    calm_s: float = 1.0
    again_s: float = 10.0


def birth_topics(settings: HomeAssistantSettings) -> tuple[str, ...]:
    """Where Home Assistant says that it begins."""
    return (f"{settings.prefix}/status",) if settings.enabled else ()


class Discovery:
    """`state` gives our state as it is told, `publish_state` publishes it: what was discovered needs a state.

    `folder` keeps our id and what was told. Where discovery is not enabled, what was told before is taken back.
    """

    def __init__(
        self,
        settings: HomeAssistantSettings,
        topics: Topics,
        publish: Publish,
        state: Callable[[], Mapping[str, Any]],
        publish_state: Callable[[], None],
        version: str,
        folder: Path,
        pace: Pace = Pace(),
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._publish = publish
        self._state = state
        self._publish_state = publish_state
        self._version = version
        self._pace = pace
        self._id_file = folder / "id"
        self._memory = Memory(folder / "home-assistant.json")
        self._remembered: Told = {}
        self._published: Home | None = None
        self._connects = 0
        self._due = False
        self._wake = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None

    def connected(self) -> None:
        """Tell all again: the broker may have forgotten it."""
        self._connects += 1
        self._tell_again()

    def born(self, payload: bytes) -> None:
        """Home Assistant has begun, if that is what it says: tell all again in a moment."""
        if payload == b"online":
            self._tell_again_in(random.uniform(0.0, self._pace.jitter_s))  # noqa: S311 - spreads load, keeps no secret

    def changed(self) -> None:
        """Our state is otherwise, and perhaps what there is to choose."""
        self._wake.set()

    async def run(self) -> None:
        """Keep Home Assistant informed until cancelled."""
        own = await lasting_id(self._id_file)
        self._remembered = await self._memory.read()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                home = home_of(own, self._topics, self._version, self._state())
                if self._connects and (self._due or home != self._published):
                    await self._tell(home)
                await asyncio.sleep(self._pace.calm_s)
        finally:
            self._forget_later()

    async def _tell(self, home: Home) -> None:
        is_change = not self._due and self._published is not None
        connects, self._due, self._published = self._connects, False, home
        wanted = self._wanted(home)
        if self._remembered or wanted:
            await self._publish_all(wanted, connects)
        if is_change:
            self._tell_again_in(self._pace.again_s)

    async def _publish_all(self, wanted: Mapping[str, Config], connects: int) -> None:
        """Publish what is wanted and remember it; after a reconnect nobody knows what arrived, and it is done again."""
        after = told_by(wanted)
        all_steps = steps(self._remembered, wanted)
        await self._remember(joined(self._remembered, after))
        for step in all_steps:
            for publication in step:
                self._publish(publication)
            await asyncio.sleep(self._pace.step_s)
        if connects == self._connects:
            await self._remember(after)
            self._publish_state()

    async def _remember(self, told: Told) -> None:
        if told != self._remembered:
            await self._memory.write(told)
            self._remembered = told

    def _wanted(self, home: Home) -> Mapping[str, Config]:
        if not self._settings.enabled:
            return {}
        return configs(home, self._settings.style, self._settings.prefix)

    def _tell_again(self) -> None:
        self._forget_later()
        self._due = True
        self._wake.set()

    def _tell_again_in(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._later is None or self._later.when() > loop.time() + delay_s:
            self._forget_later()
            self._later = loop.call_later(delay_s, self._tell_again)

    def _forget_later(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self._later = None
