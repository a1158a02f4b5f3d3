"""The announcer: takes announcements over, keeps their order, has them spoken, and tells what became of them."""

import asyncio
import logging
import time

from voxd.announcing.journal import Journal
from voxd.announcing.journal_rows import Unfinished
from voxd.announcing.performance import Performance
from voxd.announcing.progress import HouseState, Progress, Step
from voxd.announcing.queue import Queue, Waiting
from voxd.announcing.speech import Speech
from voxd.delivery.router import Router
from voxd.errors import BadRequestError, BusyError, EngineError, VoxdError
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId, ZoneId

log = logging.getLogger(__name__)

STARTS_MAX = 2
"""An announcement during which voxd ended so often is not tried again: it may be what ends it."""


class Announcer:
    """One for the house. Everything is called in the event loop."""

    def __init__(
        self,
        journal: Journal,
        queue: Queue,
        speech: Speech,
        router: Router,
        progress: Progress,
        default_zones: tuple[ZoneId, ...],
    ) -> None:
        self._journal = journal
        self._queue = queue
        self.speech = speech
        self._router = router
        self._progress = progress
        self._default_zones = default_zones
        self._performing: dict[AnnouncementId, Performance] = {}
        self._changed = asyncio.Event()
        self._draining = False
        self._drained = asyncio.Event()

    async def start(self) -> None:
        """Open the journal and queue again what an earlier run left unfinished. Raises StorageError."""
        for left in await self._journal.open():
            self._queue_again(left)
        if len(self._queue):
            log.info("%d announcements from before the restart wait to be spoken", len(self._queue))
            self._changed.set()

    def _queue_again(self, left: Unfinished) -> None:
        announcement = left.announcement
        try:
            if left.starts >= STARTS_MAX:
                raise EngineError(f"voxd ended {left.starts} times while speaking it")
            zones = self._router.resolve(announcement.zones or self._default_zones)
        except VoxdError as error:
            self._end(announcement, State.FAILED, str(error))
        else:
            self._queue.put(announcement, zones, now=time.time(), sentences_heard=left.sentences_heard)

    async def run(self) -> None:
        """Have the waiting announcements spoken, each when its zones are free, until drained."""
        async with asyncio.TaskGroup() as performances:
            while not self._draining:
                await self._changed.wait()
                self._changed.clear()
                self._start_what_may(performances)
        self._drained.set()

    async def drain(self) -> None:
        """Start nothing new and wait until what is being spoken has reached the end of its sentence."""
        self._draining = True
        for performance in self._performing.values():
            performance.end_after_sentence()
        self._changed.set()
        await self._drained.wait()

    async def stop(self) -> None:
        """Close the journal, after everything noted was written."""
        await self._journal.close()

    async def alive(self) -> bool:
        """Whether announcements can still be taken over."""
        return await self._journal.alive()

    def house_state(self) -> HouseState:
        """What is being said now, and how many announcements wait."""
        return HouseState(tuple(self._performing), len(self._queue))

    async def announce(self, announcement: Announcement) -> None:
        """Take an announcement over; it is in the journal when this returns.

        An id that is known already changes nothing. Raises BadRequestError or BusyError when it was refused (the
        journal and all listeners know), StorageError when the journal could not be written (nobody knows).
        """
        try:
            zones = self._checked(announcement)
            self._queue.reserve(announcement.priority)
        except (BadRequestError, BusyError) as error:
            await self.refuse(announcement.id, announcement.source, str(error), announcement.text)
            raise
        try:
            is_new = await self._journal.add(announcement)
        finally:
            self._queue.release()
        if is_new:
            self._tell(announcement, State.ACCEPTED)
            self._queue.put(announcement, zones, now=time.time())
            self._tell(announcement, State.QUEUED)
            self._changed.set()

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> None:
        """Record that something was refused, and tell why. Raises StorageError."""
        await self._journal.refuse(id_, source, reason, excerpt[:1000])
        self._progress.tell(Step(id_, State.REFUSED, time.time(), source, reason))

    def _checked(self, announcement: Announcement) -> tuple[ZoneId, ...]:
        """The zones of an announcement that can be spoken. Raises BadRequestError."""
        if announcement.chime not in (None, False):
            raise BadRequestError(f"There is no chime {announcement.chime!r}; use false or leave it out")
        zones = self._router.resolve(announcement.zones or self._default_zones)
        style = self.speech.style(announcement.voice, announcement.language, announcement.rate)
        self.speech.sentences(announcement.text, style)
        return zones

    def _start_what_may(self, performances: asyncio.TaskGroup) -> None:
        while not self._draining and (waiting := self._queue.take(self._may_start)) is not None:
            if waiting.announcement.expired(time.time()):
                self._end(waiting.announcement, State.EXPIRED, "Its time to live was over before its turn came")
                continue
            performance = Performance(waiting, self.speech, self._router, self._tell)
            self._performing[waiting.announcement.id] = performance
            performances.create_task(self._perform(performance), name=f"announcement {waiting.announcement.id}")

    def _may_start(self, waiting: Waiting) -> bool:
        busy = {zone for performance in self._performing.values() for zone in performance.zones}
        return busy.isdisjoint(waiting.zones)

    async def _perform(self, performance: Performance) -> None:
        """Have one announcement spoken; its zones are free again before its end is told."""
        failure = ""
        try:
            await performance.run()
        except VoxdError as error:
            failure = str(error)
        finally:
            del self._performing[performance.announcement.id]
            self._changed.set()
        announcement = performance.announcement
        if failure:
            self._end(announcement, State.FAILED, failure, performance)
        elif performance.finished:
            self._end(announcement, State.FINISHED, "", performance)
        else:
            reason = "The rest is spoken after the restart"
            self._journal.note(announcement.id, State.QUEUED, reason, performance.sentences_heard)

    def _end(
        self, announcement: Announcement, state: State, reason: str, performance: Performance | None = None
    ) -> None:
        if state is State.FAILED:
            log.warning("Announcement %s failed: %s", announcement.id, reason)
        self._tell(announcement, state, reason, performance.timings_ms if performance else {})

    def _tell(
        self, announcement: Announcement, state: State, reason: str = "", timings_ms: dict[str, float] | None = None
    ) -> None:
        """Note a step in the journal and tell it to everybody."""
        if state is not State.ACCEPTED:
            self._journal.note(announcement.id, state, reason)
        step = Step(
            announcement.id,
            state,
            time.time(),
            announcement.source,
            reason,
            announcement.priority,
            announcement.zones,
            announcement.voice,
            timings_ms or {},
        )
        self._progress.tell(step)
