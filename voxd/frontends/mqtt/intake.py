"""Arriving announcements: read, taken over by the announcer, answered and only then acknowledged."""

import asyncio
import logging
from collections.abc import Sequence

from voxd.errors import BadRequestError, StorageError, VoxdError
from voxd.frontends import payloads
from voxd.frontends.house import Announcer
from voxd.frontends.mqtt.answers import Answers, failed, ok
from voxd.frontends.mqtt.topics import Topics
from voxd.model.announcement import Announcement, Priority
from voxd.wire.mqtt.packets import Delivery
from voxd.wire.mqtt.session import Session

log = logging.getLogger(__name__)


class Intake:
    """Takes the deliveries of one session over, in their order and a batch at a time."""

    def __init__(
        self, session: Session, announcer: Announcer, topics: Topics, answers: Answers, default_priority: Priority
    ) -> None:
        self._session = session
        self._announcer = announcer
        self._topics = topics
        self._answers = answers
        self._default_priority = default_priority

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        """Announce all, side by side so that they share a commit, and acknowledge in order what is safe.

        What could not be stored is given back, and comes again.
        """
        results = await asyncio.gather(*map(self._take_one, deliveries), return_exceptions=True)
        unsafe: list[Delivery] = []
        for delivery, result in zip(deliveries, results, strict=True):
            match result:
                case None:
                    self._session.ack(delivery)
                case StorageError():
                    unsafe.append(delivery)
                case BaseException():
                    raise result
        if unsafe:
            self._session.give_back(unsafe)

    async def _take_one(self, delivery: Delivery) -> None:
        """Raises StorageError when nothing was taken over."""
        source = "mqtt"
        try:
            source = self._topics.source(delivery.topic)
            announcement = self._read(delivery, source)
        except BadRequestError as mistake:
            id_, excerpt = payloads.identifier_in(delivery.payload), payloads.excerpt(delivery.payload)
            await self._announcer.refuse(id_, source, str(mistake), excerpt)
            return self._answer(delivery, failed(str(mistake)))
        try:
            await self._announcer.announce(announcement)
        except StorageError:
            raise
        except VoxdError as refusal:
            return self._answer(delivery, failed(str(refusal)))
        return self._answer(delivery, ok({"id": announcement.id}))

    def _read(self, delivery: Delivery, source: str) -> Announcement:
        self._answers.check(delivery)
        return payloads.announcement(
            delivery.payload,
            source=source,
            received_at=delivery.received_at,
            default_priority=self._default_priority,
            default_ttl_s=delivery.expiry_s,
        )

    def _answer(self, delivery: Delivery, payload: bytes) -> None:
        try:
            self._answers.to_asker(delivery, payload)
        except BadRequestError as error:
            log.debug("No answer for whoever announced: %s", error)
