"""The announcer: takes announcements over, has them spoken as the agenda says, and tells what became of them."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import Effect, End
from voxd.announcing.agenda.entry import Entry, Now
from voxd.announcing.agenda.rules.cut_off import first_sentence, was_heard, why_not_again
from voxd.announcing.agenda.rules.repeats import repetition
from voxd.announcing.chronicle import Chronicle
from voxd.announcing.conductor import Clock, Conductor, Order
from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Unfinished
from voxd.announcing.lately import Lately
from voxd.announcing.performances import Performances
from voxd.announcing.preferences import Choice, Preferences
from voxd.announcing.progress import HouseState, Progress, Step
from voxd.announcing.recordings import Recordings
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.wanted_voice import in_its_own_fields
from voxd.announcing.standing_orders import StandingOrders
from voxd.announcing.studio.studio import Studio
from voxd.announcing.usual import Usual
from voxd.delivery.router import Router
from voxd.errors import BadRequestError, BusyError, EngineError, VoxdError
from voxd.lib.logs import Sparing
from voxd.model.announcement import EVERYWHERE, Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import AnnouncementSettings, ZoneSettings

log = logging.getLogger(__name__)

STARTS_MAX, TRIES_MAX = 2, 5
"""An announcement during which voxd ended so often, sounding or not, is not tried again: it may be what ends it."""


HEARD_MIN = 0.01
"""The part that somebody heard of what began to sound a moment before voxd ended."""


def house_time() -> Now:
    """The present. What lasts, lasts while the machine sleeps, too."""
    return Now(time.clock_gettime(time.CLOCK_BOOTTIME), datetime.now().astimezone())


class Announcer:
    """One for the house. Everything is called in the event loop."""

    def __init__(
        self,
        journal: Journal,
        speech: Speech,
        studio: Studio,
        recordings: Recordings,
        router: Router,
        progress: Progress,
        standing: StandingOrders,
        preferences: Preferences,
        settings: AnnouncementSettings,
        zones: Mapping[ZoneId, ZoneSettings],
        clock: Clock = house_time,
    ) -> None:
        self._journal = journal
        self._studio = studio
        self._recordings = recordings
        self._router = router
        self._progress = progress
        self._standing = standing
        self._settings = settings
        self._usual = Usual(preferences, studio, zones)
        self._clock = clock
        self._agenda = Agenda(settings, zones)
        self._chronicle = Chronicle(journal, progress)
        self._performances = Performances(speech, studio, recordings, router, zones, self._chronicle)
        self._conductor = Conductor(self._agenda, self._performances, self._chronicle, clock)
        self._left: tuple[Unfinished, ...] = ()
        self._committing: set[asyncio.Task[bool]] = set()
        self._refusals, self._repetitions = Sparing(log), Sparing(log)
        self.lately = Lately()
        progress.listen(self.lately.told)
        router.listen(self._note_audible)
        progress.listen(recordings.note)

    @property
    def speech(self) -> Speech:
        """What the next announcements are spoken with; may be replaced."""
        return self._performances.speech

    @speech.setter
    def speech(self, speech: Speech) -> None:
        self._performances.speech = speech

    def configure(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        """Go by these settings from now on; the zones must be the same."""
        self._settings = settings
        self._usual.owners_zones = zones
        self._performances.zones = self._usual.zones()
        self._agenda.configure(settings, zones)
        self._conductor.look()

    # Its life.

    async def start(self) -> None:
        """Open the journal, and keep no recording that nobody needs. Raises StorageError."""
        self._left = await self._journal.open()
        await self._recordings.open(left.announcement for left in self._left)
        await self._standing.load()
        await self._usual.load()
        self._performances.zones = self._usual.zones()

    async def run(self) -> None:
        """Have the announcements spoken, those of an earlier run too, each in its turn; until drained."""
        self._take_up_left()
        await self._conductor.run()

    async def drain(self) -> None:
        """Start nothing new and wait until what is being spoken has reached the end of its sentence."""
        await self._conductor.drain()

    async def stop(self) -> None:
        """Close the journal, after everything noted was written."""
        await self._usual.settle()
        await self._standing.settle()
        await asyncio.gather(*self._committing, return_exceptions=True)
        await self._conductor.settle()
        await self._journal.close()

    # What is asked of it.

    @property
    def healthy(self) -> bool:
        """Whether announcements can still be taken over."""
        return self._journal.healthy

    def house_state(self) -> HouseState:
        """How the house stands."""
        stand_ins = self._performances.stand_ins.now
        sounding = self._performances.sounding
        usual = self._usual
        return HouseState(
            self._performances.under_way,
            len(self._agenda),
            {voice: who for voice, who in stand_ins.items() if self.speech.is_expected(voice)},
            self._agenda.alarms,
            self._agenda.paused,
            tuple(self._agenda.undisturbed),
            self._router.lost(),
            usual.voice(self.speech),
            usual.chime,
            usual.rate,
            {zone: settings.volume for zone, settings in usual.zones().items()},
            tuple(voice.name for voice in self.speech.voices()),
            self._studio.chimes(),
            tuple(sorted({zone for entry in self.sirens() for zone in entry.zones})),
            sounding=tuple(sorted(zone for zone, ids in self._agenda.heard_in.items() if not sounding.isdisjoint(ids))),
            last_error=self.lately.error,
            first_audio_ms=self.lately.first_audio_ms,
        )

    def note_ready(self, engine: str) -> None:
        """An engine is ready: what others spoke for its voices says nothing of them any more."""
        own = {voice.name for voice in self.speech.voices() if voice.engine == engine}
        self._performances.stand_ins.forget(own)

    async def obey(self, order: Order) -> tuple[AnnouncementId, ...]:
        """Give the agenda an order; the announcements that it was about. What it ended is in the journal then."""
        ids = await self._conductor.obey(order)
        self._progress.state_changed()
        return ids

    async def prefer(self, choice: Choice) -> None:
        """Have what people chose hold from now on. Raises BadRequestError where it cannot."""
        self._usual.choose(choice, self.speech)
        self._performances.zones = self._usual.zones()
        self._progress.state_changed()
        await self._usual.keep()

    def sirens(self) -> tuple[Entry, ...]:
        """The tones without words whose time is not over."""
        return self._agenda.sirens

    async def announce(self, announcement: Announcement, *, joins: bool = True) -> bool:
        """Take an announcement over; it is in the journal when this returns. One that `joins` none is said in any case.

        False, and nothing changes, where its id is known already. Raises BadRequestError or BusyError when it was
        refused (the journal and all listeners know), StorageError when the journal could not be written (nobody
        knows). Cancelling it does not undo what is under way.
        """
        try:
            accepted = self._checked(announcement, is_new=True)
            self._agenda.reserve(announcement.priority)
        except (BadRequestError, BusyError) as error:
            if await self.refuse(announcement.id, announcement.source, str(error), announcement.text):
                raise
            return False
        committing = asyncio.create_task(
            self._take_over(announcement, accepted, joins), name=f"taking over {accepted.id}"
        )
        self._committing.add(committing)
        committing.add_done_callback(self._committing.discard)
        return await asyncio.shield(committing)

    async def announce_again(self, announcement: Announcement) -> bool:
        """The same for what was heard already, which joins none. Raises like `announce`."""
        self._recordings.claim(announcement)
        return await self.announce(announcement, joins=False)

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> bool:
        """Record that something was refused, and tell why. Raises StorageError.

        False, and nothing is told, where its id was accepted before.
        """
        if not await self._journal.refuse(id_, source, reason, excerpt[:1000]):
            return False
        self._refusals.warning("Refused an announcement from %s: %s", source, reason)
        self._progress.tell(Step(id_, State.REFUSED, time.time(), source, reason))
        return True

    async def _take_over(self, announcement: Announcement, accepted: Announcement, joins: bool) -> bool:
        """Commit what was asked; then it has its place in the agenda, and may begin."""
        asked_at = self._clock().monotonic_s
        try:
            is_new = await self._journal.add(announcement, accepted.zones)
        finally:
            self._agenda.release()
        if is_new:
            now = self._clock()
            self._recordings.hold(accepted)
            self._chronicle.accepted(accepted)
            effects = self._agenda.put(accepted, accepted.zones, now, age_s=now.monotonic_s - asked_at, joins=joins)
            if not any(isinstance(effect, End) and effect.announcement is accepted for effect in effects):
                self._chronicle.queued(accepted)
            self._conductor.carry_out(effects)
            self._conductor.look()
        else:
            self._repetitions.info("The id %s from %s is known; it is not spoken again", accepted.id, accepted.source)
        return is_new

    def _checked(self, announcement: Announcement, is_new: bool) -> Announcement:
        """An announcement that can be spoken, with its voice and zones named. Raises BadRequestError."""
        announcement = in_its_own_fields(announcement)
        if is_new:
            self._studio.check(announcement)
            self._recordings.check(announcement)
        zones = self._router.resolve(announcement.zones or tuple(map(ZoneId, self._settings.zones)))
        if announcement.recording is not None or announcement.siren:
            return replace(announcement, voice=None, zones=zones)
        announcement = self._usual.filled_in(announcement, self.speech)
        wanted = announcement.voice, announcement.language, announcement.rate
        style = self.speech.announced_style(*wanted, accepted=not is_new)
        self.speech.check_speakable(announcement.text, style, accepted=not is_new)
        return replace(announcement, voice=VoiceId(style.called), zones=zones)

    def _note_audible(self) -> None:
        """An output may be heard again: who waits for it waits no longer."""
        self._agenda.wake(self._clock())
        self._conductor.look()

    # What an earlier run left.

    def _take_up_left(self) -> None:
        """Put standing orders in force again, and take up what was not ended."""
        now = self._clock()
        known = self._router.resolve((EVERYWHERE,))
        if paused := tuple(zone for zone in known if zone in self._standing.paused):
            self._agenda.pause(paused, now)
        for zone in self._standing.undisturbed.keys() & set(known):
            self._agenda.do_not_disturb((zone,), self._standing.undisturbed[zone], now)
        for left in self._left:
            self._conductor.carry_out(self._taken_up(left, now))
        if len(self._agenda):
            log.info("%d announcements from before the restart wait to be spoken", len(self._agenda))
        self._left = ()

    def _taken_up(self, left: Unfinished, now: Now) -> tuple[Effect, ...]:
        """It waits again, or there is a reason why not."""
        wanted = left.announcement
        heard_whole = was_heard(left.state, left.heard)
        if heard_whole and not self._is_repeated(left):
            return (End(wanted, State.FINISHED, ""),)
        try:
            if left.starts >= STARTS_MAX:
                raise EngineError(f"voxd ended {left.starts} times while speaking it")
            if left.tries >= TRIES_MAX:
                raise EngineError(f"voxd ended {left.tries} times when it was about to speak it")
            accepted = self._checked(wanted, is_new=False)
        except VoxdError as error:
            return (End(wanted, State.FAILED, str(error)),)
        if heard_whole:
            return self._agenda.put(accepted, accepted.zones, now, age_s=left.age_s, repeats=left.repeats + 1)
        was_cut_off, heard = left.state is State.PLAYING, max(left.heard, HEARD_MIN)
        if (
            was_cut_off
            and not wanted.siren
            and (reason := why_not_again(self._settings.cut_off, wanted.priority, heard))
        ):
            return (End(accepted, State.INTERRUPTED, reason),)
        return self._agenda.put(
            accepted,
            accepted.zones,
            now,
            age_s=left.age_s,
            sentences_heard=first_sentence(wanted.priority, left.sentences_heard),
            heard=left.heard,
            repeats=left.repeats,
        )

    def _is_repeated(self, left: Unfinished) -> bool:
        """Whether it is an alarm that comes again after this turn."""
        repeats = repetition(left.announcement, self._settings.alarms)
        return left.announcement.priority is Priority.ALARM and repeats.comes_after(left.repeats + 1)
