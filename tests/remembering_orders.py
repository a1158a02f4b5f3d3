"""Orders that are only remembered: what a frontend has asked of the house."""

import asyncio

from voxd.announcing.journal.rows import Past
from voxd.announcing.preferences import Choice
from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Tone
from voxd.errors import BadRequestError, UnknownZoneError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId


class RememberingOrders:
    """Obeys at once, unless its gate is closed; the announcement "a1" is all there is, and "attic" is no zone."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Selection]] = []
        self.quiet: list[tuple[tuple[ZoneId, ...], Priority | None]] = []
        self.choices: list[Choice] = []
        self.sirens: list[tuple[tuple[ZoneId, ...], Tone | None]] = []
        self.restarts = 0
        self.past: tuple[Past, ...] = ()
        self.asked: list[tuple[int, State | None]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def acknowledge(self, which: Selection) -> tuple[AnnouncementId, ...]:
        return await self._obey("acknowledge", which)

    async def stop(self, which: Selection) -> tuple[AnnouncementId, ...]:
        return await self._obey("stop", which)

    async def skip(self, which: Selection) -> tuple[AnnouncementId, ...]:
        return await self._obey("skip", which)

    async def clear(self, which: Selection) -> tuple[AnnouncementId, ...]:
        return await self._obey("clear", which)

    async def pause(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        return await self._obey("pause", Selection(zones=zones))

    async def resume(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        return await self._obey("resume", Selection(zones=zones))

    async def replay(self, which: Selection) -> tuple[AnnouncementId, ...]:
        return await self._obey("replay", which)

    async def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None) -> None:
        self._check(Selection(zones=zones))
        self.quiet.append((zones, passes))

    async def prefer(self, choice: Choice) -> None:
        self._check(Selection(zones=choice.zones))
        self.choices.append(choice)

    async def siren(self, zones: tuple[ZoneId, ...], tone: Tone | None) -> tuple[AnnouncementId, ...]:
        self._check(Selection(zones=zones))
        self.sirens.append((zones, tone))
        return (AnnouncementId("a1"),)

    async def restart(self) -> None:
        self.restarts += 1

    async def history(self, limit: int, state: State | None = None) -> tuple[Past, ...]:
        self.asked.append((limit, state))
        return self.past[:limit]

    async def find(self, id_: AnnouncementId) -> Past | None:
        return next((one for one in self.past if one.announcement.id == id_), None)

    async def newest_ids(self, limit: int) -> tuple[AnnouncementId, ...]:
        return tuple(one.announcement.id for one in self.past[:limit])

    async def _obey(self, verb: str, which: Selection) -> tuple[AnnouncementId, ...]:
        await self.gate.wait()
        self._check(which)
        self.given.append((verb, which))
        return (AnnouncementId("a1"),)

    def _check(self, which: Selection) -> None:
        if "attic" in which.zones:
            raise UnknownZoneError("There is no zone attic")
        if which.id not in (None, "a1"):
            raise BadRequestError(f"There is no announcement {which.id}")


def past(id_: str, text: str = "Hello", state: State = State.FINISHED) -> Past:
    """Something that was announced long ago."""
    announcement = Announcement(text, id=AnnouncementId(id_), source="mqtt/test", received_at=1.0)
    return Past(announcement, state, "", 2.0, {"engine": "espeak", "timings_ms": {"total": 3.0}})
