"""The MQTT frontend: a main session, a session for alarms alone, and what is told to the house."""

import asyncio
from contextlib import ExitStack, aclosing

from voxd.announcing.progress import Progress
from voxd.frontends.house import Announcer, Engines, Renderer, Voices
from voxd.frontends.mqtt.answers import Answers
from voxd.frontends.mqtt.intake import Intake
from voxd.frontends.mqtt.requests import Requests
from voxd.frontends.mqtt.status import Status
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.mqtt.voice_requests import VoiceRequests
from voxd.model.announcement import Priority
from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity
from voxd.wire.mqtt.outages import OutageLog
from voxd.wire.mqtt.packets import Delivery
from voxd.wire.mqtt.session import Session

LAST_DELIVERIES_S = 1.0
GOODBYE_S = 1.0


class MqttFrontend:
    """Announcements and requests from a broker. It has two sessions, so that no flood stands in front of an alarm."""

    name = "mqtt"

    def __init__(
        self,
        settings: MqttSettings,
        node: str,
        announcer: Announcer,
        renderer: Renderer,
        progress: Progress,
        engines: Engines,
        voices: Voices,
        version: str,
    ) -> None:
        topics = Topics(settings.base_topic, node)
        outages = OutageLog(f"{settings.host}:{settings.port}")
        main = Identity(f"voxd-{node}", topics.commands, Status.will(topics))
        self._main = Session(settings, main, outages, self._connected)
        self._alarm = Session(settings, Identity(f"voxd-{node}-alarm", (topics.alarm,)), outages)
        answers = Answers(self._main, topics)
        self._topics = topics
        self._progress = progress
        self._engines = engines
        self._status = Status(self._main.publish, topics, announcer.house_state, engines.watched, version)
        self._requests = Requests(renderer, answers, VoiceRequests(voices, answers, settings.enroll).verbs())
        self._announcements = Intake(self._main, announcer, topics, answers, Priority.NORMAL)
        self._alarms = Intake(self._alarm, announcer, topics, answers, Priority.ALARM)
        self._listening = ExitStack()
        self._intakes: list[asyncio.Task[None]] = []
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen to what happens in the house; the broker is sought by `run`, for ever."""
        self._listening.callback(self._progress.listen(self._status.told))
        self._listening.callback(self._progress.listen_to_notices(self._status.warned))
        self._listening.callback(self._engines.listen(self._status.changed))

    async def run(self) -> None:
        """Serve until stopped or cancelled."""
        async with asyncio.TaskGroup() as group:
            self._intakes = [
                group.create_task(self._take_commands(group), name="mqtt commands"),
                group.create_task(self._take_alarms(), name="mqtt alarms"),
            ]
            self._loops = [
                group.create_task(self._main.run(), name="mqtt session"),
                group.create_task(self._alarm.run(), name="mqtt alarm session"),
                group.create_task(self._status.run(), name="mqtt status"),
            ]

    async def stop(self) -> None:
        """Leave to the broker what has not begun, tell the house that we go, and close."""
        for session in (self._main, self._alarm):
            session.stop_taking()
        if self._intakes:
            await asyncio.wait(self._intakes, timeout=LAST_DELIVERIES_S)
        self._listening.close()
        self._requests.cancel()
        self._status.offline()
        await asyncio.gather(self._main.close(GOODBYE_S), self._alarm.close(GOODBYE_S))
        for loop in (*self._loops, *self._intakes):
            loop.cancel()

    @property
    def healthy(self) -> bool:
        """Whether all loops are alive; the broker may be away."""
        return not any(loop.done() for loop in (*self._loops, *self._intakes))

    def _connected(self) -> None:
        self._status.online()

    async def _take_commands(self, group: asyncio.TaskGroup) -> None:
        async with aclosing(self._main.batches()) as batches:
            async for batch in batches:
                announcements = [delivery for delivery in batch if not self._begun(delivery, group)]
                await self._announcements.take(announcements)

    async def _take_alarms(self) -> None:
        async with aclosing(self._alarm.batches()) as batches:
            async for batch in batches:
                await self._alarms.take(batch)

    def _begun(self, delivery: Delivery, group: asyncio.TaskGroup) -> bool:
        """Whether it is a request, which is served beside the announcements; nothing of it needs to be safe."""
        verb = self._topics.verb(delivery.topic)
        if verb is None:
            return False
        self._main.ack(delivery)
        self._requests.take(verb, delivery, group)
        return True
