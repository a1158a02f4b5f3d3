"""Arriving announcements, taken over in their order, and acknowledged only then."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voxd.errors import StorageError
from voxd.frontends.mqtt.gate import QUIETLY
from voxd.frontends.mqtt.names import Names
from voxd.model.identifiers import AnnouncementId
from voxd.wire.mqtt.packets import Delivery
from voxd.wire.mqtt.session import Session


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery to be taken over. `name` is the id of an announcement that brings none.

    `verdict` says why it is turned away, None where it may pass; `held_s` is how long it was held because it could
    not be stored.
    """

    delivery: Delivery
    name: AnnouncementId
    verdict: str | None = None
    held_s: float = 0.0


class Desk(Protocol):
    """Reads what arrives, has it announced and answers."""

    def verdict(self, delivery: Delivery) -> str | None:
        """None where it may pass; else why not, QUIETLY where nothing more is to be done about it."""

    async def take_over(self, arrival: Arrival) -> None:
        """Have it announced, or refused, and answer. Raises StorageError when nothing was taken over."""


class Intake:
    """Takes the deliveries of one session over, a batch at a time."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._desk = desk
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
        return None if delivery.fingerprint in self._tried else self._desk.verdict(delivery)

    def _name(self, delivery: Delivery) -> AnnouncementId:
        """The id of what brings none; however often it is tried, it is the same."""
        if not delivery.qos:
            return self._names.name(delivery)
        return self._tried.setdefault(delivery.fingerprint, self._names.name(delivery))

    async def _take_one(self, delivery: Delivery, verdict: str | None) -> None:
        """Raises StorageError when nothing was taken over."""
        await self._desk.take_over(Arrival(delivery, self._name(delivery), verdict, self._held_s(delivery)))

    def _held_s(self, delivery: Delivery) -> float:
        """How long it was held since it could not be stored: that was a part of its time to live."""
        if delivery.fingerprint not in self._held:
            return 0.0
        return time.clock_gettime(time.CLOCK_BOOTTIME) - delivery.arrived_s


def left_of(ttl_s: float | None, held_s: float) -> float | None:
    """What is left of a time to live; without one nothing grows old."""
    return None if ttl_s is None else max(0.0, ttl_s - held_s)
