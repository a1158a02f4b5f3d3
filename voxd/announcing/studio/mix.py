"""The mix of one announcement: how loud each of its sounds is, and that none is too loud."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from voxd.announcing.speaking.act import Act
from voxd.announcing.studio.chime_book import Chime
from voxd.audio.mastered_clips import MasteredClips
from voxd.audio.mastering import mastered
from voxd.audio.treatment import Treatment
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import SoundSettings

GAIN_MIN_DB, GAIN_MAX_DB = -30.0, 24.0
"""What is further from the house's loudness than that is not brought all the way."""


class Gains(Protocol):
    """Knows by how much each voice is to be louder; announcing/studio/levels.py in the daemon."""

    def gain_db(self, voice: Voice) -> float:
        """What brings the voice to the loudness of the house, as far as that is known."""

    def note_use(self, voice: Voice) -> None:
        """The voice speaks: it is worth knowing how loud it is."""


class Mix:
    """Shared by all outputs that play the announcement. A gain that was looked up does not change within it.

    Without a loudness that everything is brought to, what is heard is what the engine gave, bit for bit, but for
    passages that SSML wants louder or softer.
    """

    def __init__(self, sound: SoundSettings, gains: Gains, mastered_clips: MasteredClips) -> None:
        self._sound = sound
        self._mastered_clips = mastered_clips
        self._known = gains
        self._gains: dict[VoiceId, float] = {}

    def take(self, take: Act, chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
        """The sound of a take, of which `chunks` are what its voice gave. The caller closes both."""
        if self._sound.loudness_lufs is None and not take.gain_db:
            return chunks
        return mastered(chunks, lambda: self._treatment(self._gain_db(take)), self._mastered_clips)

    async def chime(self, chime: Chime) -> AsyncGenerator[Chunk, None]:
        """The sound of a chime."""
        if self._sound.loudness_lufs is None:
            yield chime.sound
            return
        treatment = self._treatment(gain_db(self._sound.loudness_lufs, chime.loudness_lufs))
        whole = _once(chime.sound)
        async with aclosing(whole), aclosing(mastered(whole, lambda: treatment, self._mastered_clips)) as sound:
            async for chunk in sound:
                yield chunk

    def _gain_db(self, take: Act) -> float:
        voice = take.voice
        if voice is None or self._sound.loudness_lufs is None:
            return take.gain_db
        if voice.name not in self._gains:
            self._gains[voice.name] = self._known.gain_db(voice)
            self._known.note_use(voice)
        return self._gains[voice.name] + take.gain_db

    def _treatment(self, by_db: float) -> Treatment:
        return Treatment(by_db, self._sound.true_peak_dbtp, self._sound.fade_ms / 1000)


def gain_db(target_lufs: float, loudness_lufs: float | None) -> float:
    """What brings a sound of that loudness to the target; 0 where it is not known."""
    if loudness_lufs is None:
        return 0.0
    return min(GAIN_MAX_DB, max(GAIN_MIN_DB, target_lufs - loudness_lufs))


async def _once(chunk: Chunk) -> AsyncGenerator[Chunk, None]:
    yield chunk
