"""The Hermes frontend: a session for what is said, which lasts, and one for sounds, which are played now or never."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack, aclosing

from voxd.announcing.progress import Progress
from voxd.frontends.hermes import topics
from voxd.frontends.hermes.awaiting import Awaiting
from voxd.frontends.hermes.gate import Gate
from voxd.frontends.hermes.requests import Requests
from voxd.frontends.hermes.say_desk import SayDesk
from voxd.frontends.hermes.sites import Sites
from voxd.frontends.hermes.sound_desk import SOUND_BYTES_MAX, SoundDesk
from voxd.frontends.hermes.switches import Switches
from voxd.frontends.house import Announcer, Orders, Recordings, Voices
from voxd.frontends.mqtt.intake import Intake
from voxd.frontends.mqtt.recall import newest_ids
from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity, Takes
from voxd.wire.mqtt.outages import OutageLog
from voxd.wire.mqtt.packets import Delivery
from voxd.wire.mqtt.session import Bounds, Session

log = logging.getLogger(__name__)

LAST_DELIVERIES_S = 1.0
GOODBYE_S = 1.0
SOUNDS_AT_ONCE = 2
PACKET_BYTES_MAX = SOUND_BYTES_MAX + SOUND_BYTES_MAX // 2
"""What is a little too large comes here, and is refused in words; of anything larger the broker keeps us ignorant."""


class HermesFrontend:
    """Says and plays what comes for our sites, at the broker of the settings, and tells when it was heard."""

    name = "hermes"

    def __init__(
        self,
        settings: MqttSettings,
        node: str,
        sites: Sites,
        announcer: Announcer,
        orders: Orders,
        recordings: Recordings,
        progress: Progress,
        voices: Voices,
    ) -> None:
        outages = OutageLog(f"{settings.host}:{settings.port} (for Hermes)")
        self._says = Gate(settings.rate, "announcement", self._flood_over)
        self._plays = Gate(settings.rate, "sound", self._flood_over)
        said = Identity(f"voxd-{node}-hermes", topics.of_speech())
        self._speech = Session(settings, said, outages, self._says.connected)
        played = Identity(
            f"voxd-{node}-hermes-sound",
            topics.of_sound(sites.with_sound),
            takes=Takes(at_once=SOUNDS_AT_ONCE, packet_bytes=PACKET_BYTES_MAX),
        )
        at_once = settings.model_copy(update={"session_expiry_s": 0})
        self._sound = Session(at_once, played, outages, bounds=Bounds(inbox_max=SOUNDS_AT_ONCE))
        self._orders = orders
        self._progress = progress
        switches = Switches()
        publish = self._speech.publish
        self._awaiting = Awaiting(publish)
        told = sites, switches, self._says, self._awaiting, publish
        self._announcements = Intake(self._speech, SayDesk(announcer, voices, *told))
        told = sites, switches, self._plays, self._awaiting, publish
        self._sounds = SoundDesk(announcer, recordings, *told)
        self._requests = Requests(voices, orders, announcer.house_state, sites, switches, settings.rate, publish)
        self._listening = ExitStack()
        self._intakes: list[asyncio.Task[None]] = []
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen to what becomes of announcements, those of an earlier run too; the broker is sought by `run`."""
        self._listening.callback(self._progress.listen(self._awaiting.told))
        await self._awaiting.recall(self._orders)

    async def run(self) -> None:
        """Serve until stopped or cancelled."""
        self._announcements.remember(await newest_ids(self._orders, "Hermes"))
        async with asyncio.TaskGroup() as group:
            self._intakes = [
                group.create_task(self._take_texts(), name="hermes texts"),
                group.create_task(self._take_sounds(), name="hermes sounds"),
            ]
            self._loops = [
                group.create_task(self._speech.run(), name="hermes session"),
                group.create_task(self._sound.run(), name="hermes sound session"),
            ]

    async def stop(self) -> None:
        """Leave to the broker what has not begun, and close."""
        for session in (self._speech, self._sound):
            session.stop_taking()
        if self._intakes:
            await asyncio.wait(self._intakes, timeout=LAST_DELIVERIES_S)
        for gate in (self._says, self._plays):
            gate.close()
        self._listening.close()
        await asyncio.gather(self._speech.close(GOODBYE_S), self._sound.close(GOODBYE_S))
        for loop in (*self._loops, *self._intakes):
            loop.cancel()

    @property
    def healthy(self) -> bool:
        """Whether all loops are alive and go on; the broker may be away."""
        alive = not any(loop.done() for loop in (*self._loops, *self._intakes))
        return alive and self._speech.healthy and self._sound.healthy

    def _flood_over(self, door: str, reason: str) -> None:
        log.warning("%s", reason)
        self._progress.warn(reason, door)

    async def _take_texts(self) -> None:
        async with aclosing(self._speech.batches()) as batches:
            async for batch in batches:
                await self._announcements.take(await self._without_requests(batch))

    async def _without_requests(self, batch: Sequence[Delivery]) -> list[Delivery]:
        """What is to be said; nothing else must be safe."""
        texts: list[Delivery] = []
        for delivery in batch:
            if delivery.topic == topics.SAY:
                texts.append(delivery)
                continue
            self._speech.ack(delivery)
            await self._requests.serve(delivery)
        return texts

    async def _take_sounds(self) -> None:
        """One after the other, as they were published, with what switches them on and off between them."""
        async with aclosing(self._sound.batches()) as batches:
            async for batch in batches:
                for delivery in batch:
                    if played := topics.played_at(delivery.topic):
                        await self._sounds.take_over(delivery, *played)
                    else:
                        await self._requests.serve(delivery)
                    self._sound.ack(delivery)
