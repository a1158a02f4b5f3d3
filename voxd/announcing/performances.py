"""The performances that are under way: begun, broken off, followed to their end."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from voxd.announcing.agenda.effects import Begin, BreakOff, BrokenOff, Ending, Failed, Finished, Unheard
from voxd.announcing.agenda.entry import Now
from voxd.announcing.agenda.rules.volumes import volume_in
from voxd.announcing.chronicle import Chronicle
from voxd.announcing.performance import Performance
from voxd.announcing.recordings import Recordings
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.stand_ins import StandIns
from voxd.announcing.speaking.wanted_voice import wanted_voice
from voxd.announcing.studio.studio import Studio
from voxd.delivery.router import Router, Volume
from voxd.errors import OutputError, VoxdError
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import ZoneSettings

Over = Callable[[Performance, Ending], None]
"""Called when a performance is over and its zones are free."""
StandsIn = Callable[[AnnouncementId, ZoneId], str]
"""Called before an announcement is heard in a zone that stands in: why it may not be, empty where it may."""


class Performances:
    """`speech` and `zones` may be replaced; what has begun goes on as it was."""

    def __init__(
        self,
        speech: Speech,
        studio: Studio,
        recordings: Recordings,
        router: Router,
        zones: Mapping[ZoneId, ZoneSettings],
        chronicle: Chronicle,
    ) -> None:
        self.speech = speech
        self.zones = zones
        self.stand_ins = StandIns()
        self._studio = studio
        self._recordings = recordings
        self._router = router
        self._chronicle = chronicle
        self._under_way: dict[AnnouncementId, Performance] = {}

    @property
    def under_way(self) -> tuple[AnnouncementId, ...]:
        """What is being spoken now."""
        return tuple(self._under_way)

    @property
    def sounding(self) -> frozenset[AnnouncementId]:
        """What has begun to be heard."""
        return frozenset(id_ for id_, performance in self._under_way.items() if performance.sounds)

    def get(self, id_: AnnouncementId) -> Performance | None:
        """The performance of that announcement; None where it is not under way."""
        return self._under_way.get(id_)

    def begin(self, begin: Begin, now: Now, over: Over, stands_in: StandsIn, group: asyncio.TaskGroup) -> None:
        """Have an announcement spoken. Where that is cancelled from outside, the rest waits for the restart."""
        given = self.speech, self._studio, self._recordings, self._router
        performance = Performance(begin, *given, self._volume(begin, now), partial(stands_in, begin.entry.id), self)
        performance.timings_ms["queued"] = round(1000 * max(0.0, now.monotonic_s - begin.entry.accepted_at), 1)
        self._under_way[begin.entry.id] = performance
        group.create_task(self._perform(performance, over), name=f"announcement {begin.entry.id}")

    def break_off(self, effect: BreakOff) -> None:
        """Have one end; one that is over meanwhile is not there any more."""
        performance = self._under_way.get(effect.id)
        if performance is None:
            return
        if effect.at_once:
            performance.break_off()
        else:
            performance.end_after_sentence()

    def end_after_sentence(self) -> None:
        """Let each of them end after the sentence that is being spoken."""
        for performance in self._under_way.values():
            performance.end_after_sentence()

    async def _perform(self, performance: Performance, over: Over) -> None:
        try:
            ending = await _ended(performance)
        except asyncio.CancelledError:
            self._chronicle.put_off(performance)
            raise
        finally:
            del self._under_way[performance.announcement.id]
        if performance.finished:
            self._note_voice(performance)
        over(performance, ending)

    def _volume(self, begin: Begin, now: Now) -> Volume:
        wanted, zones = begin.entry.announcement, self.zones
        return lambda zone: volume_in(zones[zone], wanted.volume, wanted.priority, now.local)

    def _note_voice(self, performance: Performance) -> None:
        if voice := wanted_voice(performance.announcement.voice).name:
            self.stand_ins.note(VoiceId(voice), performance.stand_in)

    # What a performance tells; see Audience.

    def begins(self, performance: Performance) -> None:
        """See Audience."""
        self._chronicle.begins(performance)

    def playing(self, performance: Performance) -> None:
        """See Audience."""
        if performance.stand_in:
            self._note_voice(performance)
        self._chronicle.playing(performance)

    def heard_more(self, performance: Performance) -> None:
        """See Audience."""
        self._chronicle.heard_more(performance)


async def _ended(performance: Performance) -> Ending:
    try:
        await performance.run()
    except OutputError as error:
        return Unheard(str(error))
    except VoxdError as error:
        return Failed(str(error))
    return Finished() if performance.finished else BrokenOff()
