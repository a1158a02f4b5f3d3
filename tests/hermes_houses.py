"""A Hermes frontend that runs for the length of a test, in a house of small real parts."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from mqtt_houses import Friend, GatedAnnouncer, RememberingVoices
from mqtt_sessions import is_connected, subscribed
from paho.mqtt.client import MQTTMessage
from remembering_orders import RememberingOrders
from sounds import tone
from waiting import until

from voxd.announcing.journal.rows import Past
from voxd.announcing.progress import Progress, Step
from voxd.announcing.recordings import Recordings
from voxd.audio.wav import wav_bytes
from voxd.errors import VoxdError
from voxd.frontends.hermes.frontend import HermesFrontend
from voxd.frontends.hermes.sites import Sites, sites_of
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import FileOutputSettings, HermesOutputSettings, HermesSettings, MqttSettings, OutputSettings

WAV = wav_bytes(tone(0.2, 22_050))
TOLD = ("hermes/tts/sayFinished", "hermes/error/#", "hermes/audioServer/+/playFinished")
OUTPUTS: Mapping[ZoneId, Mapping[str, OutputSettings]] = {
    ZoneId("kitchen"): {"kitchen": FileOutputSettings()},
    ZoneId("lounge"): {"lounge": FileOutputSettings(), "lounge-2": HermesOutputSettings(site="sofa")},
    ZoneId("hall"): {"hall": HermesOutputSettings(site="hall")},
}


def some_sites() -> Sites:
    """Three zones and a group; at the sites sofa and hall an audio server of somebody else's listens."""
    named = HermesSettings(sites={"parlour": "lounge", "all-of-it": ("kitchen", "downstairs"), "sofa": "lounge"})
    return sites_of(named, {"downstairs": ("lounge", "hall")}, lambda: ("kitchen",), OUTPUTS)


class KnowingAnnouncer(GatedAnnouncer):
    """May know everything already, as after a restart."""

    knows_all = False

    async def announce(self, announcement: Announcement, *, joins: bool = True) -> bool:
        return False if self.knows_all else await super().announce(announcement, joins=joins)


class House:
    """A frontend that runs, with what stands around it."""

    def __init__(self, settings: MqttSettings, folder: Path) -> None:
        self.progress = Progress()
        self.announcer = KnowingAnnouncer(self.progress)
        self.orders = RememberingOrders()
        self.voices = RememberingVoices()
        self.recordings = Recordings(folder / "received", 300.0)
        house = self.announcer, self.orders, self.recordings, self.progress, self.voices
        self.frontend = HermesFrontend(settings, "den", some_sites(), *house)

    @property
    def connected(self) -> bool:
        return is_connected(self.frontend._speech) and is_connected(self.frontend._sound)

    @property
    def taken(self) -> list[Announcement]:
        return self.announcer.taken

    @property
    def texts(self) -> list[str]:
        return [announcement.text for announcement in self.taken]

    async def announced(self, count: int = 1) -> Announcement:
        """The newest, when there are so many."""
        await until(lambda: len(self.taken) >= count)
        return self.taken[-1]

    def end(self, id_: AnnouncementId, state: State = State.FINISHED, reason: str = "") -> None:
        """Tell that this became of it."""
        self.progress.tell(Step(id_, state, time.time(), "hermes", reason))


@asynccontextmanager
async def open_house(settings: MqttSettings, folder: Path, past: tuple[Past, ...] = ()) -> AsyncIterator[House]:
    house = House(settings, folder)
    house.orders.past = past
    await house.frontend.start()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(house.frontend.run(), name="frontend")
        try:
            await until(lambda: house.connected)
            for session in (house.frontend._speech, house.frontend._sound):
                await subscribed(session)
            yield house
        finally:
            await house.frontend.stop()
            await asyncio.wait([serving], timeout=1)
            assert serving.done(), "stop ends run"


class Houses:
    """Opens houses in one folder and closes them at the end of the test."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    async def open(self, settings: MqttSettings, *, past: tuple[Past, ...] = ()) -> House:
        """A house whose frontend is connected; `past` is what it has announced before."""
        return await self._stack.enter_async_context(open_house(settings, self._folder, past))


class Rhasspy(Friend):
    """A client that listens to all that Hermes tells."""

    async def say(self, payload: object, **more: Any) -> None:
        """Publish on hermes/tts/say: a text or bytes as they are, anything else as JSON."""
        content = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        await self.publish("hermes/tts/say", content, **more)

    async def play(self, site: str, request: str, sound: bytes = WAV, **more: Any) -> None:
        """Have a site play a sound."""
        await self.publish(f"hermes/audioServer/{site}/playBytes/{request}", sound, **more)

    async def told(self, timeout_s: float = 5.0) -> tuple[str, Any]:
        """What was told next, with its topic."""
        arrival: MQTTMessage = await self.next(timeout_s)
        return arrival.topic, json.loads(arrival.payload)

    async def is_told_nothing(self, after_s: float = 0.2) -> bool:
        """Whether nothing more comes for a moment."""
        await asyncio.sleep(after_s)
        return self.silent


def refusing(house: House, refusal: VoxdError | None) -> None:
    """Have the house refuse everything with that, or nothing any more."""
    house.announcer.refusal = refusal
