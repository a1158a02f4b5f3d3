"""Arriving announcements: read, taken over by the announcer, answered and only then acknowledged."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError
from voxd.frontends import payloads
from voxd.frontends.house import Announcer
from voxd.frontends.mqtt.answers import Answers, failed, ok
from voxd.frontends.mqtt.gate import QUIETLY
from voxd.frontends.mqtt.names import Names
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.payloads import Circumstances
from voxd.model.announcement import Announcement
from voxd.model.identifiers import AnnouncementId
from voxd.wire.mqtt.packets import Delivery
from voxd.wire.mqtt.session import Session

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


class Intake:
    """Takes the deliveries of one session over, in their order and a batch at a time."""

    def __init__(self, session: Session, announcer: Announcer, topics: Topics, answers: Answers, terms: Terms) -> None:
        self._session = session
        self._announcer = announcer
        self._topics = topics
        self._answers = answers
        self._terms = terms
        self._names = Names()
        self._tried: dict[int, AnnouncementId] = {}
        self._held: frozenset[int] = frozenset()

    def remember(self, ids: Iterable[AnnouncementId]) -> None:
        """These were announced before we began, the newest first."""
        self._names.remember(ids)

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        """Announce all, side by side so that they share a commit, and acknowledge in order what is safe.

        What could not be stored is given back, and comes again. What is turned away costs next to nothing.
        """
        verdicts = [self._verdict(delivery) for delivery in deliveries]
        judged = list(zip(deliveries, verdicts, strict=True))
        taken = [self._take_one(delivery, verdict) for delivery, verdict in judged if verdict != QUIETLY]
        results = iter(await asyncio.gather(*taken, return_exceptions=True))
        unsafe: list[Delivery] = []
        for delivery, verdict in judged:
            match None if verdict == QUIETLY else next(results):
                case None:
                    self._session.ack(delivery)
                case StorageError():
                    unsafe.append(delivery)
                case BaseException() as bug:
                    raise bug
        self._tried = {delivery.fingerprint: self._name(delivery) for delivery in unsafe}
        self._held = frozenset(self._tried)
        if unsafe:
            self._session.give_back(unsafe)

    def _verdict(self, delivery: Delivery) -> str | None:
        """What was let in once and could not be stored is not judged again."""
        return None if delivery.fingerprint in self._tried else self._terms.judge(delivery)

    def _name(self, delivery: Delivery) -> AnnouncementId:
        """The id of what brings none; however often it is tried, it is the same."""
        if not delivery.qos:
            return self._names.name(delivery)
        return self._tried.setdefault(delivery.fingerprint, self._names.name(delivery))

    async def _take_one(self, delivery: Delivery, verdict: str | None) -> None:
        """Raises StorageError when nothing was taken over."""
        name = self._name(delivery)
        source = "mqtt"
        try:
            source = self._topics.source(delivery.topic)
            announcement = self._read(delivery, source, name, verdict)
        except (BadRequestError, BusyError) as mistake:
            own_id = payloads.identifier_in(delivery.payload) if verdict is None else None
            await self._announcer.refuse(own_id or name, source, str(mistake), payloads.excerpt(delivery.payload))
            return self._answer(delivery, failed(str(mistake)))
        try:
            await self._announcer.announce(announcement)
        except StorageError:
            raise
        except VoxdError as refusal:
            return self._answer(delivery, failed(str(refusal)))
        return self._answer(delivery, ok({"id": announcement.id}))

    def _read(self, delivery: Delivery, source: str, name: AnnouncementId, verdict: str | None) -> Announcement:
        """Raises BusyError where it is turned away, BadRequestError where it makes no sense."""
        if verdict is not None:
            raise BusyError(verdict)
        self._answers.check(delivery)
        came = Circumstances(
            source,
            delivery.received_at,
            alarm=self._terms.alarm,
            may_be_alarm=self._terms.may_be_alarm,
            ttl_s=delivery.expiry_s,
            id=name,
        )
        announcement = payloads.announcement(delivery.payload, came)
        return self._aged(announcement, delivery) if delivery.fingerprint in self._held else announcement

    def _aged(self, announcement: Announcement, delivery: Delivery) -> Announcement:
        """What is left of it after it was held since it could not be stored: that was a part of its time to live."""
        if announcement.ttl_s is None:
            return announcement
        held_s = time.clock_gettime(time.CLOCK_BOOTTIME) - delivery.arrived_s
        return replace(announcement, ttl_s=max(0.0, announcement.ttl_s - held_s))

    def _answer(self, delivery: Delivery, payload: bytes) -> None:
        try:
            self._answers.to_asker(delivery, payload)
        except BadRequestError as error:
            log.debug("No answer for whoever announced: %s", error)
