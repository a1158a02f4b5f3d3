"""What is usual in the house where an announcement is silent: what people chose, else what the owner's settings say."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from voxd.announcing.preferences import Choice, Preferences
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.wanted_voice import wanted_voice
from voxd.announcing.studio.studio import Studio
from voxd.errors import UnknownVoiceError
from voxd.model.announcement import Announcement
from voxd.model.identifiers import VoiceId, ZoneId
from voxd.settings import ZoneSettings

log = logging.getLogger(__name__)


class Usual:
    """A voice or a chime that people chose and that is gone since is passed over, with one warning."""

    def __init__(self, preferences: Preferences, studio: Studio, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        self._preferences = preferences
        self._studio = studio
        self.owners_zones = zones
        self._gone = ""

    async def load(self) -> None:
        """Have in force again what was chosen before the restart."""
        await self._preferences.load()
        self._studio.preferred = self._preferences.chosen.chime

    def choose(self, choice: Choice, speech: Speech) -> None:
        """Have that hold from now on; `keep` must follow. Raises BadRequestError where it cannot."""
        if choice.voice is not None:
            choice = replace(choice, voice=speech.voice(choice.voice).name)
        if isinstance(choice.chime, str):
            choice = replace(choice, chime=self._studio.check_chime(choice.chime))
        self._preferences.choose(choice)
        self._studio.preferred = self._preferences.chosen.chime
        self._gone = ""

    async def keep(self) -> None:
        """Have it outlive a restart."""
        await self._preferences.keep()

    async def settle(self) -> None:
        """Wait until all that was chosen is kept."""
        await self._preferences.settle()

    def filled_in(self, announcement: Announcement, speech: Speech) -> Announcement:
        """The same with the usual voice and rate where it names none, as far as that voice speaks so."""
        chosen, language = self._preferences.chosen, announcement.language
        voice, rate = announcement.voice, announcement.rate
        wanted = wanted_voice(voice)
        if wanted.name is None and (usual := self._voice(speech)) is not None:
            called = replace(wanted, name=usual).called
            if speech.can_speak(called, language, rate):
                voice = VoiceId(str(called))
        if rate is None and chosen.rate is not None and speech.can_speak(voice, language, chosen.rate):
            rate = chosen.rate
        return replace(announcement, voice=voice, rate=rate)

    def zones(self) -> dict[ZoneId, ZoneSettings]:
        """The zones with the volume that they have now."""
        volume = self._preferences.chosen.volume
        return {
            zone: settings.model_copy(update={"volume": volume[zone]}) if zone in volume else settings
            for zone, settings in self.owners_zones.items()
        }

    def voice(self, speech: Speech) -> VoiceId:
        """Who speaks where nobody is named."""
        return self._voice(speech) or speech.default_voice

    @property
    def chime(self) -> str | Literal[False] | None:
        """What is heard before announcements but alarms: a name, False for nothing; None: as the owner has it."""
        return self._studio.usual_chime

    @property
    def rate(self) -> float:
        """How quickly is spoken, as a factor on a voice's own speed."""
        return self._preferences.chosen.rate or 1.0

    def _voice(self, speech: Speech) -> VoiceId | None:
        """The voice that people chose; None where they chose none or it is gone."""
        chosen = self._preferences.chosen.voice
        if chosen is None:
            return None
        try:
            speech.voice(chosen)
        except UnknownVoiceError as error:
            if self._gone != chosen:
                self._gone = chosen
                log.warning("The voice %s, which was chosen for the house, does not speak: %s", chosen, error)
            return None
        self._gone = ""
        return chosen
