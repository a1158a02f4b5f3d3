"""An MQTT frontend that runs for the length of a test, in a house of small real parts."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from brokers import Peer
from cloning import enrolled
from engines_for_tests import voice
from mqtt_sessions import is_connected
from paho.mqtt.client import MQTTMessage
from remembering_orders import RememberingOrders
from waiting import until

from voxd.announcing.journal.rows import Past
from voxd.announcing.progress import HouseState, Progress, Step
from voxd.announcing.speaking.trial import Trial
from voxd.announcing.voice_desk import EnrolmentReport, VoiceDetails, VoiceList
from voxd.errors import BadRequestError, StorageError, UnknownVoiceError, UnspeakableTextError, VoxdError
from voxd.frontends.mqtt.frontend import MqttFrontend
from voxd.model.announcement import Announcement, State
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import AnnouncementId
from voxd.model.voice import Voice
from voxd.settings import MqttSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engine_room import EngineRoom
from voxd.synthesis.enrolled.enrolment import Enrolled
from voxd.synthesis.enrolled.voice import EnrolmentWish


class GatedAnnouncer:
    """Takes announcements over when its gate is open; it tells of them like the real one."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[Announcement] = []
        self.taken: list[Announcement] = []
        self.refused: list[tuple[str, str, str]] = []
        self.state = HouseState()
        self.refusal: VoxdError | None = None
        self.disk_full = False
        self.joining = True

    async def announce(self, announcement: Announcement, *, joins: bool = True) -> bool:
        self.joining = joins
        self.asked.append(announcement)
        await self.gate.wait()
        if self.disk_full:
            raise StorageError("The disk is full")
        if self.refusal:
            await self.refuse(announcement.id, announcement.source, str(self.refusal))
            raise self.refusal
        self.taken.append(announcement)
        self.progress.tell(Step(announcement.id, State.ACCEPTED, time.time(), announcement.source))
        return True

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> bool:
        if self.disk_full:
            raise StorageError("The disk is full")
        self.refused.append((id_, reason, excerpt))
        self.progress.tell(Step(id_, State.REFUSED, time.time(), source, reason))
        return True

    def house_state(self) -> HouseState:
        return self.state


class ToneRenderer:
    """Renders each text as as many samples as it has characters; "slow" waits for its gate, "mute" fails."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.running = 0
        self.most_running = 0
        self.wishes: tuple[str | None, str | None, float | None] = (None, None, None)

    def voices(self) -> tuple[Voice, ...]:
        return ()

    async def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        assert isinstance(text, str)
        self.wishes = (voice, language, rate)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if text == "mute":
                raise UnspeakableTextError("There is nothing to say")
            if text == "slow":
                await self.gate.wait()
            for _ in range(5000 if text == "endless" else 1):
                size = 100_000 if text == "endless" else len(text)
                yield Chunk(AudioFormat(8000), b"\x01\x02" * size)
        finally:
            self.running -= 1


class RememberingVoices:
    """Enrols everybody but "bad", and remembers the wishes; nobody is ever tried."""

    def __init__(self) -> None:
        self.wishes: list[EnrolmentWish] = []

    def listed(self) -> VoiceList:
        kept = tuple(enrolled(wish.name) for wish in self.wishes)
        return VoiceList(tuple(voice("voxcpm", one.name) for one in kept), kept, ("One is damaged",))

    async def details(self, name: str) -> VoiceDetails:
        raise UnknownVoiceError(f"There is no voice {name}")

    async def enrol(self, wish: EnrolmentWish) -> EnrolmentReport:
        if wish.name == "bad":
            raise BadRequestError("This is not a sound file")
        self.wishes.append(wish)
        return EnrolmentReport(Enrolled(enrolled(wish.name), ("Some noise",)), remark="It is loading")

    async def enrol_new(self, wish: EnrolmentWish) -> EnrolmentReport | None:
        return await self.enrol(wish)

    async def test(self, name: str, text: str | None = None) -> Trial:
        raise UnknownVoiceError(f"There is no voice {name} to say {text}")

    async def remove(self, name: str) -> None:
        if name not in [wish.name for wish in self.wishes]:
            raise UnknownVoiceError(f"There is no enrolled voice {name}")
        self.wishes = [wish for wish in self.wishes if wish.name != name]


class House:
    """A frontend that runs, with what stands around it."""

    def __init__(
        self, settings: MqttSettings, engines: Mapping[str, Engine] | None = None, folder: Path | None = None
    ) -> None:
        self.progress = Progress()
        self.announcer = GatedAnnouncer(self.progress)
        self.orders = RememberingOrders()
        self.renderer = ToneRenderer()
        self.voices = RememberingVoices()
        told = self.progress, EngineRoom(engines or {}), self.voices, "1.2.3"
        self.frontend = MqttFrontend(settings, "den", self.announcer, self.orders, self.renderer, *told, folder)

    @property
    def connected(self) -> bool:
        return is_connected(self.frontend._main) and is_connected(self.frontend._alarm)

    @property
    def texts(self) -> list[str]:
        return [announcement.text for announcement in self.announcer.taken]


@asynccontextmanager
async def open_house(
    settings: MqttSettings,
    *,
    connected: bool = True,
    engines: Mapping[str, Engine] | None = None,
    past: tuple[Past, ...] = (),
    folder: Path | None = None,
) -> AsyncIterator[House]:
    house = House(settings, engines, folder)
    house.orders.past = past
    await house.frontend.start()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(house.frontend.run(), name="frontend")
        try:
            if connected:
                await until(lambda: house.connected)
            yield house
        finally:
            await house.frontend.stop()
            await asyncio.wait([serving], timeout=1)
            assert serving.done(), "stop ends run"


class Friend:
    """A peer for async tests: its blocking calls run in threads."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def subscribe(self, *topics: str) -> None:
        await asyncio.to_thread(self.peer.subscribe, *topics)

    async def publish(self, topic: str, payload: str | bytes, **more: Any) -> None:
        await asyncio.to_thread(lambda: self.peer.publish(topic, payload, **more))

    async def next(self, timeout_s: float = 5.0) -> MQTTMessage:
        return await asyncio.to_thread(self.peer.next, timeout_s)

    async def next_json(self, timeout_s: float = 5.0) -> Any:
        return json.loads((await self.next(timeout_s)).payload)

    @property
    def silent(self) -> bool:
        return self.peer.arrivals.empty()


class Houses:
    """Opens houses and closes them at the end of the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def open(self, settings: MqttSettings, *, connected: bool = True, past: tuple[Past, ...] = ()) -> House:
        """A house whose frontend runs, connected unless asked otherwise; `past` is what it has announced before."""
        return await self._stack.enter_async_context(open_house(settings, connected=connected, past=past))
