"""The studio: makes of an announcement and the takes of its sentences what is heard of it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Literal

from voxd.announcing.recording_files import Recording
from voxd.announcing.speaking.playback import Playback
from voxd.announcing.speaking.takes import Takes
from voxd.announcing.studio.chime_book import Chime, ChimeBook
from voxd.announcing.studio.mix import Gains, Mix, gain_db
from voxd.announcing.studio.opening import Opening, Wish
from voxd.announcing.studio.pace import Pace
from voxd.announcing.studio.programme import Programme
from voxd.announcing.studio.siren import Siren
from voxd.audio.chimes import RESTS_S
from voxd.audio.mastered_clips import MasteredClips
from voxd.audio.pcm import silence
from voxd.audio.seams import PAUSE_S
from voxd.errors import BadRequestError
from voxd.model.announcement import Announcement, Priority
from voxd.model.audio import Chunk
from voxd.settings import ChimeSettings, SoundSettings
from voxd.synthesis.engine import Engine

log = logging.getLogger(__name__)

READY_WITHIN_S = 1.0
"""So long at most the start waits for a chime."""
MASTERED_MAX_BYTES = 8_000_000
"""As much is kept of what was said lately, as it is heard: half a minute or more of every voice in use."""
USUAL_CHIME, USUAL_TONE = "dingdong", "siren"
"""What is heard where a chime, or the tone of a siren, is wanted and nobody says which."""


class Studio:
    """One for the house; its `defaults` may be replaced, what was begun goes on as it was.

    `preferred` is the chime that people chose in place of the owner's, but for alarms: a name, False for none.
    """

    def __init__(
        self,
        sound: SoundSettings,
        defaults: ChimeSettings,
        book: ChimeBook,
        gains: Gains,
        engines: Mapping[str, Engine],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._sound = sound
        self.defaults = defaults
        self.preferred: str | Literal[False] | None = None
        self._gone = ""
        self._book = book
        self._gains = gains
        self._mastered_clips = MasteredClips(MASTERED_MAX_BYTES)
        self._pace = Pace(engines)
        self._pause_s = pause_s

    async def start(self) -> None:
        """Tell the owner of the usual chimes that cannot be played, and have the others ready."""
        for name in dict.fromkeys(filter(None, self.defaults.model_dump().values())):
            try:
                async with asyncio.timeout(READY_WITHIN_S):
                    await self._book.chime(name)
            except TimeoutError:
                log.info("The chime %s takes long to be read", name)
            except BadRequestError as error:
                log.warning("announcements.chimes: %s", error)

    async def stop(self) -> None:
        """Make no chimes any more."""
        await self._book.stop()

    def chimes(self) -> tuple[str, ...]:
        """The names of all chimes there are now."""
        return self._book.names()

    def check(self, announcement: Announcement) -> None:
        """Raises BadRequestError where it wants a chime that there is none of."""
        if isinstance(announcement.chime, str):
            self.check_chime(announcement.chime)

    def check_chime(self, name: str) -> str:
        """The name as `chimes` has it. Raises BadRequestError where there is no such chime."""
        return self._book.check(name)

    @property
    def usual_chime(self) -> str | Literal[False] | None:
        """The preferred chime, as long as there is one of that name."""
        preferred = self.preferred
        if preferred and preferred not in self.chimes():
            if self._gone != preferred:
                self._gone = preferred
                log.warning("The chime %s, which was chosen for the house, is gone; the owner's is heard", preferred)
            return None
        self._gone = ""
        return preferred

    def played(self, recording: Recording) -> Takes:
        """A recording in place of sentences, as loud as everything."""
        target_lufs = self._sound.loudness_lufs
        louder_db = 0.0 if target_lufs is None else gain_db(target_lufs, recording.loudness_lufs)
        return Takes((Playback(recording.sound, louder_db),), ahead=0)

    def programme(self, announcement: Announcement, takes: Takes, first: int = 0) -> Programme:
        """What is heard of it from sentence number `first` on; the chime is heard before the very first one only."""
        mix = Mix(self._sound, self._gains, self._mastered_clips)
        chime = None if first else self._chime(announcement)
        wish = Wish(chime, self._sound.wake_ms / 1000, announcement.priority is Priority.ALARM)
        opening = Opening(wish, self._book, self._pace, mix) if wish.chime or wish.wake_s else None
        return Programme(takes, first, mix, self._pace, opening, self._pause_s)

    async def siren(self, announcement: Announcement, lasts_s: float, is_wanted: Callable[[], bool]) -> Programme:
        """A tone for so long, or until it is wanted no more. Raises BadRequestError where there is none at all."""
        mix = Mix(self._sound, self._gains, self._mastered_clips)
        tone, target_lufs = await self._tone(announcement), self._sound.loudness_lufs
        louder_db = 0.0 if target_lufs is None else gain_db(target_lufs, tone.loudness_lufs)
        rest_s = RESTS_S.get(tone.name, 0.0) if self._book.file(tone.name) is None else 0.0
        repeated = Chunk(tone.sound.format, tone.sound.pcm + silence(tone.sound.format, rest_s).pcm)
        wish = Wish(None, self._sound.wake_ms / 1000, at_once=True)
        opening = Opening(wish, self._book, self._pace, mix) if wish.wake_s else None
        takes = Takes((Siren(repeated, lasts_s, louder_db, is_wanted),), ahead=0)
        return Programme(takes, 0, mix, self._pace, opening, 0.0)

    async def _tone(self, announcement: Announcement) -> Chime:
        """The tone that is wanted, else one that can be played: an alarm has to sound."""
        wanted = self._chime(announcement) or USUAL_TONE
        for name in (wanted, USUAL_TONE):
            try:
                async with asyncio.timeout(READY_WITHIN_S):
                    return await self._book.chime(name)
            except (BadRequestError, TimeoutError) as error:
                log.warning("A siren sounds otherwise than with %s: %s", name, error or "it takes too long to be read")
        return await self._book.chime(USUAL_CHIME)

    def _chime(self, announcement: Announcement) -> str | None:
        """The chime it is to have; None for none."""
        usual = self._usual_for(announcement.priority)
        match announcement.chime:
            case False:
                return None
            case True:
                return usual or USUAL_CHIME
            case None:
                return usual
            case name:
                return name

    def _usual_for(self, priority: Priority) -> str | None:
        preferred = None if priority is Priority.ALARM else self.usual_chime
        owners: str | None = getattr(self.defaults, priority.name.lower())
        return owners if preferred is None else preferred or None
