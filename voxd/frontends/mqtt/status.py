"""How the house stands, told over MQTT: availability and state, both retained, and an event for every step."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

from voxd.announcing.progress import HouseState, Notice, Step
from voxd.frontends import order_answers
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.order_answers import timestamp
from voxd.synthesis.engine import EngineHealth
from voxd.wire.mqtt.packets import Publication, Publish

STATE_INTERVAL_S = 0.1
LOOK_EVERY_S = 10.0
"""What changes without a word, as a chime that is put into its folder, is told so soon."""
EVENTS_AFTER_S = 0.005
"""Events wait so long for one another, so that the first sample of an announcement goes before its news."""


class Status:
    """Publishes what others want to know of us. `told` and `warned` are listeners of Progress.

    `engines` are those whose health changes, `resting` the voices that cannot speak for that, with the reason.
    """

    def __init__(
        self,
        publish: Publish,
        topics: Topics,
        house_state: Callable[[], HouseState],
        engines: Callable[[], Mapping[str, EngineHealth]],
        resting: Callable[[], Mapping[str, str]],
        version: str,
    ) -> None:
        self._publish = publish
        self._topics = topics
        self._house_state = house_state
        self._engines = engines
        self._resting = resting
        self._version = version
        self._changed = asyncio.Event()
        self._published = b""
        self._untold: list[Step] = []

    @staticmethod
    def will(topics: Topics) -> Publication:
        """What the broker says when we are gone without a goodbye."""
        return Publication(topics.availability, b"offline", retain=True)

    def online(self) -> None:
        """Say that we are here, and how the house stands; after every connect."""
        self._publish(Publication(self._topics.availability, b"online", retain=True))
        self._publish_state(self._state())

    def again(self) -> None:
        """Say how the house stands though nothing has changed; that we are here the broker keeps."""
        self._publish_state(self._state())

    def offline(self) -> None:
        """Say that we go."""
        self._tell()
        self._publish_changed_state()
        self._publish(self.will(self._topics))

    def told(self, step: Step) -> None:
        """Publish the step as an event; the state follows."""
        if not self._untold:
            asyncio.get_running_loop().call_later(EVENTS_AFTER_S, self._tell)
        self._untold.append(step)

    def warned(self, notice: Notice) -> None:
        """Publish the notice as an event."""
        self._publish(Publication(self._topics.event, _warning(notice), content_type="application/json"))
        self._changed.set()  # an output may be lost or back

    def changed(self) -> None:
        """Publish the state: something in it may have changed."""
        self._changed.set()

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        for step in untold:
            self._publish(Publication(self._topics.event, _event(step), content_type="application/json"))
        self._changed.set()

    async def run(self) -> None:
        """Publish the state when it changed: at once, but not more often than the interval, and never stale."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
            self._changed.clear()
            self._publish_changed_state()
            await asyncio.sleep(STATE_INTERVAL_S)
            self._publish_changed_state()  # a step may be told a moment before the state is what it leads to

    def _publish_changed_state(self) -> None:
        state = self._state()
        if state != self._published:
            self._publish_state(state)

    def _publish_state(self, state: bytes) -> None:
        self._published = state
        self._publish(Publication(self._topics.state, state, retain=True, content_type="application/json"))

    def _state(self) -> bytes:
        body = order_answers.house(self._house_state()) | {
            "engines": {name: health.state for name, health in self._engines().items()},
            "resting": dict(self._resting()),
            "version": self._version,
        }
        return json.dumps(body).encode()


def _event(step: Step) -> bytes:
    body: dict[str, object] = {
        "event_type": step.state,
        "id": step.announcement,
        "reason": step.reason,
        "source": step.source,
        "priority": step.priority.name.lower(),
        "zones": step.zones,
        "voice": step.voice,
        "timings_ms": step.timings_ms,
        "at": timestamp(step.at),
    }
    if step.engine:
        body |= {"engine": step.engine, "cached": step.cached}
    if step.spoken_by is not None:
        body |= {"spoken_by": step.spoken_by, "fallback_reason": step.fallback_reason}
    return json.dumps(body).encode()


def _warning(notice: Notice) -> bytes:
    body = {
        "event_type": "warning",
        "reason": notice.reason,
        "source": notice.source,
        "voice": notice.voice,
        "at": timestamp(notice.at),
    }
    return json.dumps(body).encode()
