"""The MQTT frontend: a main session, a session for alarms alone, and what is told to the house."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from pathlib import Path

from voxd.announcing.progress import Progress
from voxd.frontends import order_answers
from voxd.frontends.house import Announcer, Engines, Orders, Renderer, Voices
from voxd.frontends.mqtt.answers import Answers
from voxd.frontends.mqtt.gate import Gate
from voxd.frontends.mqtt.home_assistant.discovery import Discovery, birth_topics
from voxd.frontends.mqtt.intake import Intake
from voxd.frontends.mqtt.orders import OrderRequests
from voxd.frontends.mqtt.recall import newest_ids
from voxd.frontends.mqtt.requests import Requests
from voxd.frontends.mqtt.say_desk import SayDesk, Terms
from voxd.frontends.mqtt.status import Status
from voxd.frontends.mqtt.topics import URGENT_VERBS, Topics
from voxd.frontends.mqtt.voice_requests import VoiceRequests
from voxd.frontends.resting import resting
from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity
from voxd.wire.mqtt.outages import OutageLog
from voxd.wire.mqtt.packets import Delivery, Publication
from voxd.wire.mqtt.session import Session

log = logging.getLogger(__name__)

LAST_DELIVERIES_S = 1.0
GOODBYE_S = 1.0


class MqttFrontend:
    """Announcements and requests from a broker. It has two sessions, so that no flood stands in front of an alarm.

    `folder` keeps what Home Assistant was told; without it Home Assistant is told nothing.
    """

    name = "mqtt"

    def __init__(
        self,
        settings: MqttSettings,
        node: str,
        announcer: Announcer,
        orders: Orders,
        renderer: Renderer,
        progress: Progress,
        engines: Engines,
        voices: Voices,
        version: str,
        folder: Path | None = None,
    ) -> None:
        topics = Topics(settings.base_topic, node)
        outages = OutageLog(f"{settings.host}:{settings.port}")
        births = birth_topics(settings.home_assistant)
        main = Identity(f"voxd-{node}", (*topics.commands, *births), Status.will(topics))
        self._main = Session(settings, main, outages, self._connected)
        self._alarm = Session(settings, Identity(f"voxd-{node}-alarm", topics.urgent), outages)
        answers = Answers(self._main, topics)
        self._topics = topics
        self._orders = orders
        self._progress = progress
        self._engines = engines
        told = announcer.house_state, engines.watched, lambda: resting(renderer.voices(), engines.health())
        self._status = Status(self._publish, topics, *told, version)
        self._discovery = None
        if folder is not None:
            house = self._main.publish, lambda: order_answers.house(announcer.house_state()), self._status.again
            self._discovery = Discovery(settings.home_assistant, topics, *house, version, folder)
        self._births = births
        about_voices = VoiceRequests(voices, answers, settings.enroll).verbs()
        self._requests = Requests(renderer, answers, about_voices, OrderRequests(orders, answers).verbs())
        self._gate = Gate(settings, topics, self._flood_over)
        said = Terms(alarm=False, may_be_alarm=settings.alarms_on_say, judge=self._gate.verdict)
        alarmed = Terms(alarm=True, may_be_alarm=True)
        self._announcements = Intake(self._main, SayDesk(announcer, topics, answers, said))
        self._alarms = Intake(self._alarm, SayDesk(announcer, topics, answers, alarmed))
        self._listening = ExitStack()
        self._intakes: list[asyncio.Task[None]] = []
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen to what happens in the house; the broker is sought by `run`, for ever."""
        self._listening.callback(self._progress.listen(self._status.told))
        self._listening.callback(self._progress.listen_to_notices(self._status.warned))
        self._listening.callback(self._progress.listen_to_state(self._status.changed))
        self._listening.callback(self._engines.listen(self._status.changed))

    async def run(self) -> None:
        """Serve until stopped or cancelled."""
        await self._recall()
        async with asyncio.TaskGroup() as group:
            self._intakes = [
                group.create_task(self._take_commands(group), name="mqtt commands"),
                group.create_task(self._take_alarms(group), name="mqtt alarms"),
            ]
            self._loops = [
                group.create_task(self._main.run(), name="mqtt session"),
                group.create_task(self._alarm.run(), name="mqtt alarm session"),
                group.create_task(self._status.run(), name="mqtt status"),
            ]
            if self._discovery:
                self._loops.append(group.create_task(self._discovery.run(), name="mqtt discovery"))

    async def stop(self) -> None:
        """Leave to the broker what has not begun, tell the house that we go, and close."""
        for session in (self._main, self._alarm):
            session.stop_taking()
        if self._intakes:
            await asyncio.wait(self._intakes, timeout=LAST_DELIVERIES_S)
        self._gate.close()
        self._listening.close()
        self._requests.cancel()
        self._status.offline()
        await asyncio.gather(self._main.close(GOODBYE_S), self._alarm.close(GOODBYE_S))
        for loop in (*self._loops, *self._intakes):
            loop.cancel()

    @property
    def healthy(self) -> bool:
        """Whether all loops are alive and go on; the broker may be away."""
        alive = not any(loop.done() for loop in (*self._loops, *self._intakes))
        return alive and self._main.healthy and self._alarm.healthy

    def _connected(self) -> None:
        self._gate.connected()
        self._status.online()
        if self._discovery:
            self._discovery.connected()

    def _publish(self, publication: Publication) -> None:
        self._main.publish(publication)
        if self._discovery and publication.topic == self._topics.state:
            self._discovery.changed()

    def _flood_over(self, door: str, reason: str) -> None:
        log.warning("%s", reason)
        self._progress.warn(reason, door.replace("say", "mqtt", 1))

    async def _recall(self) -> None:
        """Learn the ids of earlier runs, so that what comes again is known."""
        ids = await newest_ids(self._orders, "MQTT")
        self._announcements.remember(ids)
        self._alarms.remember(ids)

    async def _take_commands(self, group: asyncio.TaskGroup) -> None:
        async with aclosing(self._main.batches()) as batches:
            async for batch in batches:
                await self._announcements.take(self._without_requests(batch, group))

    async def _take_alarms(self, group: asyncio.TaskGroup) -> None:
        async with aclosing(self._alarm.batches()) as batches:
            async for batch in batches:
                await self._alarms.take(self._without_requests(batch, group, urgent=True))

    def _without_requests(
        self, batch: Sequence[Delivery], group: asyncio.TaskGroup, *, urgent: bool = False
    ) -> list[Delivery]:
        """The announcements; each session's own requests are served beside them, and nothing of those must be safe."""
        announcements: list[Delivery] = []
        session = self._alarm if urgent else self._main
        for delivery in batch:
            if not self._topics.is_ours(delivery.topic):
                session.ack(delivery)
                self._note_birth(delivery)
                continue
            verb = self._topics.verb(delivery.topic)
            if verb is None:
                announcements.append(delivery)
                continue
            session.ack(delivery)
            if (verb in URGENT_VERBS) == urgent:
                self._requests.take(verb, delivery, group)
        return announcements

    def _note_birth(self, delivery: Delivery) -> None:
        """What else comes is of a subscription of former settings, which the broker still keeps."""
        if self._discovery and delivery.topic in self._births:
            self._discovery.born(delivery.payload)
