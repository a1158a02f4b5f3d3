"""Orders: what people tell the house to do with announcements."""

import time
from collections.abc import Callable
from dataclasses import replace

from voxd.announcing.announcer import Announcer
from voxd.announcing.conductor import Order
from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Past
from voxd.announcing.preferences import Choice
from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Sirens, Tone, siren
from voxd.announcing.standing_orders import StandingOrders
from voxd.delivery.router import Router
from voxd.errors import BadRequestError
from voxd.model.announcement import EVERYWHERE, Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId, new_announcement_id


class Orders:
    """Fills the port of that name in frontends/house.py; its promises are written there."""

    def __init__(
        self,
        announcer: Announcer,
        journal: Journal,
        router: Router,
        standing: StandingOrders,
        begin_anew: Callable[[], None],
    ) -> None:
        self._announcer = announcer
        self._journal = journal
        self._router = router
        self._standing = standing
        self._sirens = Sirens(announcer)
        self._begin_anew = begin_anew

    async def acknowledge(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Somebody has taken note of these alarms."""
        which = self._resolved(which)
        return await self._obeyed(which, "acknowledge", lambda agenda, now: agenda.acknowledge(which, now))

    async def stop(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Be silent at once."""
        which = self._resolved(which)
        return await self._obeyed(which, "stop", lambda agenda, now: agenda.stop(which, now))

    async def skip(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """End what is being spoken."""
        which = self._resolved(which)
        return await self._obeyed(which, "skip", lambda agenda, now: agenda.skip(which, now))

    async def clear(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Drop what waits."""
        which = self._resolved(which)
        return await self._obeyed(which, "clear", lambda agenda, now: agenda.clear(which, now))

    async def pause(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        """Hold everything but alarms."""
        meant = self._zones(zones)
        ids = await self._announcer.obey(lambda agenda, now: agenda.pause(meant, now))
        await self._standing.pause(meant)
        return ids

    async def resume(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        """Undo pause."""
        meant = self._zones(zones)
        ids = await self._announcer.obey(lambda agenda, now: agenda.resume(meant, now))
        await self._standing.resume(meant)
        return ids

    async def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None) -> None:
        """Suppress everything below that priority."""
        meant = self._zones(zones)
        await self._announcer.obey(lambda agenda, now: agenda.do_not_disturb(meant, passes, now))
        await self._standing.do_not_disturb(meant, passes)

    async def prefer(self, choice: Choice) -> None:
        """Have it hold where an announcement is silent."""
        await self._announcer.prefer(replace(choice, zones=self._zones(choice.zones)))

    async def siren(self, zones: tuple[ZoneId, ...], tone: Tone | None) -> tuple[AnnouncementId, ...]:
        """Sound a tone without words, or silence it."""
        meant = self._zones(zones)
        return await self._sirens.silence(meant) if tone is None else (await self._sirens.sound(siren(meant, tone)),)

    async def replay(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Say again what was heard last, with high priority, since somebody waits for it; once, even an alarm."""
        which = self._resolved(which)
        past = await self._past(which)
        again = _again(past.announcement, which.zones)
        await self._announcer.announce_again(again)
        return (again.id,)

    async def restart(self) -> None:
        """End in order and begin anew."""
        self._begin_anew()

    async def history(self, limit: int, state: State | None = None) -> tuple[Past, ...]:
        """What was announced, the newest first."""
        return await self._journal.history(limit, state)

    async def find(self, id_: AnnouncementId) -> Past | None:
        """The announcement of that id, and where it is in its life."""
        return await self._journal.find(id_)

    async def newest_ids(self, limit: int) -> tuple[AnnouncementId, ...]:
        """The ids of what came last, the newest first."""
        return await self._journal.newest_ids(limit)

    async def _past(self, which: Selection) -> Past:
        """What is to be said again. Raises BadRequestError where there is nothing."""
        if which.id is None:
            past = await self._journal.last_heard(which.zones)
            if past is None:
                raise BadRequestError("Nothing was heard there yet that could be said again")
            return past
        past = await self._journal.find(which.id)
        if past is None or past.state is State.REFUSED:
            raise BadRequestError(f"There is no announcement {which.id} to say again")
        if past.announcement.siren:
            raise BadRequestError(f"{which.id} was a siren, which has nothing to say; siren sounds another one")
        return past

    async def _obeyed(self, which: Selection, verb: str, order: Order) -> tuple[AnnouncementId, ...]:
        ids = await self._announcer.obey(order)
        if which.id is not None and not ids:
            raise BadRequestError(f"There is no announcement {which.id} to {verb}")
        return ids

    def _resolved(self, which: Selection) -> Selection:
        """With each zone named. Raises UnknownZoneError."""
        return replace(which, zones=self._router.resolve(which.zones)) if which.zones else which

    def _zones(self, zones: tuple[ZoneId, ...]) -> tuple[ZoneId, ...]:
        """All of them where none is named. Raises UnknownZoneError."""
        return self._router.resolve(zones or (EVERYWHERE,))


def _again(announcement: Announcement, zones: tuple[ZoneId, ...]) -> Announcement:
    """The same, as something new that is about nothing else and does not grow old."""
    return replace(
        announcement,
        id=new_announcement_id(),
        received_at=time.time(),
        zones=zones or announcement.zones,
        priority=Priority.HIGH,
        ttl_s=None,
        replaces=None,
        repeat_s=None,
        repeat_max=None,
        source="replay",
    )
