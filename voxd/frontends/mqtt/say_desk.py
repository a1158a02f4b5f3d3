"""Announcements as voxd's own topics have them: read, taken over by the announcer, and answered."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError
from voxd.frontends import payloads
from voxd.frontends.house import Announcer
from voxd.frontends.mqtt.answers import Answers, failed, ok
from voxd.frontends.mqtt.intake import Arrival, left_of
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.payloads import Circumstances
from voxd.model.announcement import Announcement
from voxd.wire.mqtt.packets import Delivery

log = logging.getLogger(__name__)

Judge = Callable[[Delivery], str | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms announcements come in: as `alarm` whatever they say, as such if they ask, or never so.

    `judge` may turn them away; see Gate.verdict.
    """

    alarm: bool
    may_be_alarm: bool
    judge: Judge = lambda _: None


class SayDesk:
    """Serves the topics say and alarm."""

    def __init__(self, announcer: Announcer, topics: Topics, answers: Answers, terms: Terms) -> None:
        self._announcer = announcer
        self._topics = topics
        self._answers = answers
        self._terms = terms

    def verdict(self, delivery: Delivery) -> str | None:
        """See Desk."""
        return self._terms.judge(delivery)

    async def take_over(self, arrival: Arrival) -> None:
        """See Desk."""
        delivery = arrival.delivery
        source = "mqtt"
        try:
            source = self._topics.source(delivery.topic)
            announcement = self._read(arrival, source)
        except (BadRequestError, BusyError) as mistake:
            own_id = payloads.identifier_in(delivery.payload) if arrival.verdict is None else None
            excerpt = payloads.excerpt(delivery.payload)
            await self._announcer.refuse(own_id or arrival.name, source, str(mistake), excerpt)
            return self._answer(delivery, failed(str(mistake)))
        try:
            await self._announcer.announce(announcement)
        except StorageError:
            raise
        except VoxdError as refusal:
            return self._answer(delivery, failed(str(refusal)))
        return self._answer(delivery, ok({"id": announcement.id}))

    def _read(self, arrival: Arrival, source: str) -> Announcement:
        """Raises BusyError where it is turned away, BadRequestError where it makes no sense."""
        if arrival.verdict is not None:
            raise BusyError(arrival.verdict)
        delivery = arrival.delivery
        self._answers.check(delivery)
        came = Circumstances(
            source,
            delivery.received_at,
            alarm=self._terms.alarm,
            may_be_alarm=self._terms.may_be_alarm,
            ttl_s=delivery.expiry_s,
            id=arrival.name,
        )
        announcement = payloads.announcement(delivery.payload, came)
        return replace(announcement, ttl_s=left_of(announcement.ttl_s, arrival.held_s))

    def _answer(self, delivery: Delivery, payload: bytes) -> None:
        try:
            self._answers.to_asker(delivery, payload)
        except BadRequestError as error:
            log.debug("No answer for whoever announced: %s", error)
