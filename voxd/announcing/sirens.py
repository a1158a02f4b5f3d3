"""Sirens: a tone without words as an alarm, in some zones, until it is silenced or its time is over."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import Effect
from voxd.announcing.agenda.entry import Entry, Now
from voxd.announcing.agenda.orders import Answer
from voxd.announcing.announcer import Announcer
from voxd.announcing.selection import Selection
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, ZoneId, new_announcement_id

SIREN_S, SIREN_S_MAX = 30.0, 600.0
TEXT = "Siren"
"""What is shown of it."""


@dataclass(frozen=True, slots=True)
class Tone:
    """How a siren sounds: the chime of that name, the owner's for alarms where that is None, and its own volume."""

    chime: str | None = None
    lasts_s: float = SIREN_S
    volume: int | None = None


def siren(zones: tuple[ZoneId, ...], tone: Tone) -> Announcement:
    """What sounds there, in no words; it is not repeated."""
    return Announcement(
        TEXT,
        zones,
        volume=tone.volume,
        priority=Priority.ALARM,
        ttl_s=tone.lasts_s,
        chime=tone.chime,
        repeat_max=0,
        siren=True,
        source="siren",
        received_at=time.time(),
    )


class Sirens:
    """In each zone there is one at most: a newer one takes the place of an older one there, which goes on elsewhere.

    Those that are `coming`, by the zones in which they are still wanted, are being committed, or are about to be.
    """

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer
        self._coming: dict[AnnouncementId, frozenset[ZoneId]] = {}

    async def sound(self, wanted: Announcement) -> AnnouncementId:
        """Have it sound in its zones, each of them named. Raises VoxdError."""
        older, there = self._announcer.sirens(), frozenset(wanted.zones)
        self._give_up(there)
        self._coming[wanted.id] = there
        await self._announce(wanted)
        await self._end(older, there)
        return wanted.id

    async def silence(self, zones: Iterable[ZoneId]) -> tuple[AnnouncementId, ...]:
        """Be silent there at once; those that were sounding, or were just about to."""
        there = frozenset(zones)
        coming = tuple(id_ for id_, wanted_in in self._coming.items() if not there.isdisjoint(wanted_in))
        self._give_up(there)
        return coming + await self._end(self._announcer.sirens(), there)

    async def _announce(self, wanted: Announcement) -> None:
        """It may be silenced while it is still being committed."""
        try:
            await self._announcer.announce(wanted, joins=False)
        finally:
            still_wanted = self._coming.pop(wanted.id)
        if given_up := frozenset(wanted.zones) - still_wanted:
            own = [entry for entry in self._announcer.sirens() if entry.id == wanted.id]
            await self._end(own, given_up)

    def _give_up(self, there: frozenset[ZoneId]) -> None:
        self._coming = {id_: zones - there for id_, zones in self._coming.items()}

    async def _end(self, sirens: Iterable[Entry], there: frozenset[ZoneId]) -> tuple[AnnouncementId, ...]:
        """End what of these sounds there; elsewhere each goes on as another announcement."""
        hit = [entry for entry in sirens if not there.isdisjoint(entry.zones)]
        rests: list[Announcement] = []

        def stop(agenda: Agenda, now: Now) -> Answer:
            ids: list[AnnouncementId] = []
            effects: list[Effect] = []
            for entry in hit:
                ended, to_do = agenda.stop(Selection(entry.id), now)
                ids += ended
                effects += to_do
                rests.extend(self._rest(entry, there, now) if ended else ())
            return tuple(ids), tuple(effects)

        ended = await self._announcer.obey(stop) if hit else ()
        await self._go_on(rests)
        return ended

    def _rest(self, entry: Entry, there: frozenset[ZoneId], now: Now) -> tuple[Announcement, ...]:
        """What is to go on of it in its other zones, but where a newer one sounds, if anything is; it is coming now."""
        newer = (*self._coming.values(), *(frozenset(other.zones) for other in self._announcer.sirens()))
        wanted_in = frozenset(entry.zones).difference(there, *newer)
        left_s = 0.0 if entry.due_by is None else entry.due_by - now.monotonic_s
        if not wanted_in or left_s <= 0:
            return ()
        zones = tuple(zone for zone in entry.zones if zone in wanted_in)
        fresh = replace(entry.announcement, id=new_announcement_id(), received_at=time.time())
        rest = replace(fresh, zones=zones, ttl_s=left_s)
        self._coming[rest.id] = wanted_in
        return (rest,)

    async def _go_on(self, rests: list[Announcement]) -> None:
        """Have them sound where they are still wanted."""
        try:
            while rests:
                rest = rests.pop()
                if wanted_in := self._coming[rest.id]:
                    await self._announce(replace(rest, zones=tuple(zone for zone in rest.zones if zone in wanted_in)))
                else:
                    del self._coming[rest.id]
        finally:
            for rest in rests:
                del self._coming[rest.id]
