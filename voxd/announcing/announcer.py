"""The announcer: takes announcements over, keeps their order, has them spoken, and tells what became of them."""

import asyncio
import logging
import time
from dataclasses import replace

from voxd.announcing.journal import Journal
from voxd.announcing.journal_rows import Note, Unfinished
from voxd.announcing.performance import Performance
from voxd.announcing.progress import HouseState, Progress, Step
from voxd.announcing.queue import Queue, Waiting
from voxd.announcing.speech import Speech
from voxd.announcing.stand_ins import StandIns
from voxd.delivery.router import Router
from voxd.errors import BadRequestError, BusyError, EngineError, VoxdError
from voxd.lib.logs import Sparing
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
        self._left: tuple[Unfinished, ...] = ()
        self._committing: set[asyncio.Task[bool]] = set()
        self._performing: dict[AnnouncementId, Performance] = {}
        self._changed = asyncio.Event()
        self._draining = False
        self._drained = asyncio.Event()
        self._refusals = Sparing(log)
        self._stand_ins = StandIns()

    async def start(self) -> None:
        """Open the journal. Raises StorageError."""
        self._left = await self._journal.open()

    async def run(self) -> None:
        """Have the announcements spoken, those of an earlier run first, each when its zones are free; until drained."""
        self._queue_left()
        async with asyncio.TaskGroup() as performances:
            while not self._draining:
                self._start_what_may(performances)
                await self._changed.wait()
                self._changed.clear()
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
        await asyncio.gather(*self._committing, return_exceptions=True)
        await self._journal.close()

    @property
    def healthy(self) -> bool:
        """Whether announcements can still be taken over."""
        return self._journal.healthy

    def house_state(self) -> HouseState:
        """What is being said now, how many announcements wait, and which voices others speak for."""
        stand_ins = {voice: who for voice, who in self._stand_ins.now.items() if self.speech.is_expected(voice)}
        return HouseState(tuple(self._performing), len(self._queue), stand_ins)

    def note_ready(self, engine: str) -> None:
        """An engine is ready: what others spoke for its voices says nothing of them any more."""
        own = {voice.name for voice in self.speech.voices() if voice.engine == engine}
        self._stand_ins.forget(own)

    async def announce(self, announcement: Announcement) -> bool:
        """Take an announcement over; it is in the journal when this returns.

        False, and nothing changes, where its id is known already. Raises BadRequestError or BusyError when it was
        refused (the journal and all listeners know), StorageError when the journal could not be written (nobody
        knows). Cancelling it does not undo what is under way.
        """
        try:
            accepted, zones = self._checked(announcement, is_new=True)
            self._queue.reserve(announcement.priority)
        except (BadRequestError, BusyError) as error:
            if await self.refuse(announcement.id, announcement.source, str(error), announcement.text):
                raise
            return False
        committing = asyncio.create_task(
            self._take_over(announcement, accepted, zones), name=f"taking over {announcement.id}"
        )
        self._committing.add(committing)
        committing.add_done_callback(self._committing.discard)
        return await asyncio.shield(committing)

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> bool:
        """Record that something was refused, and tell why. Raises StorageError.

        False, and nothing is told, where its id was accepted before.
        """
        if not await self._journal.refuse(id_, source, reason, excerpt[:1000]):
            return False
        self._refusals.warning("Refused an announcement from %s: %s", source, reason)
        self._progress.tell(Step(id_, State.REFUSED, time.time(), source, reason))
        return True

    async def _take_over(self, announcement: Announcement, accepted: Announcement, zones: tuple[ZoneId, ...]) -> bool:
        """Commit what was asked; queue and tell what that means now."""
        try:
            is_new = await self._journal.add(announcement)
        finally:
            self._queue.release()
        if is_new:
            self._queue.put(accepted, zones, now=time.time())
            self._changed.set()
            for state in (State.ACCEPTED, State.QUEUED):  # the row in the journal says as much
                self._progress.tell(_step(accepted, state))
        return is_new

    def _checked(self, announcement: Announcement, is_new: bool) -> tuple[Announcement, tuple[ZoneId, ...]]:
        """An announcement that can be spoken, with its voice and zones named. Raises BadRequestError."""
        if announcement.chime not in (None, False):
            raise BadRequestError(f"There is no chime {announcement.chime!r}; use false or leave it out")
        zones = self._router.resolve(announcement.zones or self._default_zones)
        wanted = announcement.voice, announcement.language, announcement.rate
        style = self.speech.announced_style(*wanted, accepted=not is_new)
        self.speech.check_speakable(announcement.text, style, accepted=not is_new)
        return replace(announcement, voice=style.voice.name, zones=zones), zones

    def _queue_left(self) -> None:
        """Queue what an earlier run left unfinished, or tell why not."""
        for left in self._left:
            try:
                if left.starts >= STARTS_MAX:
                    raise EngineError(f"voxd ended {left.starts} times while speaking it")
                accepted, zones = self._checked(left.announcement, is_new=False)
            except VoxdError as error:
                self._end(left.announcement, State.FAILED, str(error))
            else:
                self._queue.put(accepted, zones, now=time.time(), sentences_heard=left.sentences_heard)
        if len(self._queue):
            log.info("%d announcements from before the restart wait to be spoken", len(self._queue))
        self._left = ()

    def _start_what_may(self, performances: asyncio.TaskGroup) -> None:
        while not self._draining and (waiting := self._queue.take(self._may_start)) is not None:
            if waiting.announcement.expired(time.time()):
                self._end(waiting.announcement, State.EXPIRED, "Its time to live was over before its turn came")
                continue
            performance = Performance(waiting, self.speech, self._router, self)
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
        except asyncio.CancelledError:
            self._put_off(performance, performance.sentences_heard - 1)  # an output may hold a part of the last one
            raise
        finally:
            del self._performing[performance.announcement.id]
            self._changed.set()
        if failure:
            self._end(performance.announcement, State.FAILED, failure, performance)
        elif performance.finished:
            self._note_voice(performance)
            self._end(performance.announcement, State.FINISHED, "", performance)
        else:
            self._put_off(performance, performance.sentences_heard)

    def _put_off(self, performance: Performance, sentences_heard: int) -> None:
        """Leave what was not heard to the next start."""
        reason = "The rest is spoken after the restart"
        self._tell(performance.announcement, State.QUEUED, reason, sentences_heard=sentences_heard)

    # What a performance tells.

    def synthesizing(self, performance: Performance) -> None:
        """See Audience."""
        self._tell(performance.announcement, State.SYNTHESIZING)

    def playing(self, performance: Performance) -> None:
        """See Audience."""
        if performance.stand_in:
            self._note_voice(performance)
        self._tell(performance.announcement, State.PLAYING, performance=performance)

    def sentence_over(self, performance: Performance) -> None:
        """Note it, but for the last sentence, of which an output may still hold a part."""
        sure = performance.sentences_heard - 1
        self._journal.note(Note(performance.announcement.id, State.PLAYING, sentences_heard=sure))

    def _note_voice(self, performance: Performance) -> None:
        if voice := performance.announcement.voice:
            self._stand_ins.note(voice, performance.stand_in)

    def _end(
        self, announcement: Announcement, state: State, reason: str, performance: Performance | None = None
    ) -> None:
        if state is State.FAILED:
            log.warning("The announcement %s failed: %s", announcement.id, reason)
        self._tell(announcement, state, reason, performance)

    def _tell(
        self,
        announcement: Announcement,
        state: State,
        reason: str = "",
        performance: Performance | None = None,
        sentences_heard: int = 0,
    ) -> None:
        """Note a step in the journal and tell it to everybody."""
        self._journal.note(Note(announcement.id, state, reason, sentences_heard))
        self._progress.tell(_step(announcement, state, reason, performance))


def _step(announcement: Announcement, state: State, reason: str = "", performance: Performance | None = None) -> Step:
    stand_in = performance.stand_in if performance else None
    return Step(
        announcement.id,
        state,
        time.time(),
        announcement.source,
        reason,
        announcement.priority,
        announcement.zones,
        announcement.voice,
        dict(performance.timings_ms) if performance else {},
        stand_in.voice if stand_in else None,
        stand_in.reason if stand_in else "",
    )
