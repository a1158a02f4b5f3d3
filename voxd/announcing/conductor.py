"""The conductor: asks the agenda what is due, and carries out what it wants, when it wants it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import Begin, BreakOff, BrokenOff, Effect, End, Ending, Wait
from voxd.announcing.agenda.entry import Now
from voxd.announcing.agenda.orders import Answer
from voxd.announcing.chronicle import Chronicle
from voxd.announcing.performance import Performance
from voxd.announcing.performances import Performances
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId, ZoneId

LOOK_EVERY_S = 60.0
"""Timers stand still while the machine sleeps; what was due meanwhile is found so soon after."""
TOLD_MAX_S = 2.0
"""Whoever gave an order waits no longer for the disk."""
Clock = Callable[[], Now]
Order = Callable[[Agenda, Now], Answer]


class Conductor:
    """Performances begin only while it runs; everything else it does whenever it is asked to."""

    def __init__(self, agenda: Agenda, performances: Performances, chronicle: Chronicle, clock: Clock) -> None:
        self._agenda = agenda
        self._performances = performances
        self._chronicle = chronicle
        self._clock = clock
        self._ends: set[asyncio.Task[None]] = set()
        self._bug: BaseException | None = None
        self._changed = asyncio.Event()
        self._draining = False
        self._drained = asyncio.Event()

    async def run(self) -> None:
        """Have the announcements spoken, each in its turn, until drained."""
        async with asyncio.TaskGroup() as group:
            while not self._draining:
                if self._bug is not None:
                    raise self._bug
                self.carry_out(self._agenda.due(self._clock()), group=group)
                await self._until_due()
        await self.settle()
        self._drained.set()

    async def drain(self) -> None:
        """Begin nothing new and wait until what is being spoken has reached the end of its sentence."""
        self._draining = True
        self._performances.end_after_sentence()
        self.look()
        await self._drained.wait()

    async def settle(self) -> None:
        """Wait until every end is in the journal and was told."""
        await asyncio.gather(*self._ends, return_exceptions=True)

    def look(self) -> None:
        """Something has changed in the agenda: see what is due."""
        self._changed.set()

    async def obey(self, order: Order) -> tuple[AnnouncementId, ...]:
        """Give the agenda an order; the announcements that it was about. What it ended is in the journal then."""
        ids, effects = order(self._agenda, self._clock())
        ends = self.carry_out(effects)
        self.look()
        if ends:
            await asyncio.wait(ends, timeout=TOLD_MAX_S)
        return ids

    def carry_out(
        self,
        effects: Collection[Effect],
        performance: Performance | None = None,
        group: asyncio.TaskGroup | None = None,
    ) -> tuple[asyncio.Task[None], ...]:
        """Do what the agenda wants; what it wants to begin needs a group. Gives the ends that are being told.

        The performance is the one that they follow from, if any.
        """
        ends = []
        for effect in effects:
            match effect:
                case Begin():
                    assert group is not None, "only what is due begins"
                    self._performances.begin(effect, self._clock(), self._over, self._stands_in, group)
                case BreakOff():
                    self._performances.break_off(effect)
                case Wait():
                    self._chronicle.waits(effect.entry, effect.reason, performance)
                case End():
                    ends.append(self._end(effect, performance))
        return tuple(ends)

    async def _until_due(self) -> None:
        """Wait until something changes, or the agenda has something to do by itself."""
        due_s = self._agenda.next_due(self._clock())
        timeout_s = None if due_s is None else min(due_s, LOOK_EVERY_S)
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def _stands_in(self, id_: AnnouncementId, zone: ZoneId) -> str:
        """Why an announcement may not be heard in a zone that stands in, empty where it may; there it has its way."""
        reason, effects = self._agenda.stand_in(id_, zone, self._clock())
        self.carry_out(effects)
        return reason

    def _over(self, performance: Performance, ending: Ending) -> None:
        """A performance is over and its zones are free."""
        sentences, heard = performance.sentences_heard, performance.heard
        now, id_ = self._clock(), performance.announcement.id
        effects = self._agenda.performed(id_, ending, now, sentences_heard=sentences, heard=heard)
        if self._draining and isinstance(ending, BrokenOff):
            effects = tuple(map(_put_off, effects))
        self.carry_out(effects, performance)
        self.look()

    def _end(self, end: End, performance: Performance | None) -> asyncio.Task[None]:
        reason = end.reason
        if performance is not None and end.state is State.FINISHED:
            reason = "; ".join(filter(None, (reason, *performance.missed)))
        telling = self._chronicle.ends(end.announcement, end.state, reason, performance)
        task = asyncio.create_task(telling, name=f"end of {end.announcement.id}")
        self._ends.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """An end was told; a bug in that ends the daemon."""
        self._ends.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._bug = bug
            self.look()


def _put_off(effect: Effect) -> Effect:
    """The same, where something waits for the restart."""
    return replace(effect, reason="The rest is spoken after the restart") if isinstance(effect, Wait) else effect
