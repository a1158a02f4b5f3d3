"""The opening of an announcement: silence that wakes amplifiers, and the chime, while the first sentence is made."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from voxd.announcing.speaking.act import Act
from voxd.announcing.studio.chime_book import Chime, ChimeBook
from voxd.announcing.studio.early_sound import EarlySound
from voxd.announcing.studio.mix import Mix
from voxd.announcing.studio.pace import Pace
from voxd.audio.pcm import silence
from voxd.errors import BadRequestError
from voxd.lib.logs import Sparing
from voxd.model.audio import AudioFormat, Chunk

log = logging.getLogger(__name__)
_told = Sparing(log)

HOLD_MAX_S = 10.0
"""So long at most a chime is held back for a sentence that is not there yet."""
CHIME_MAX_S = 2.0
"""So long at most a chime is waited for; then the announcement is heard without it."""
FALLBACK_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be heard before the first sentence; `at_once` does not hold the chime back for the sentence."""

    chime: str | None = None
    wake_s: float = 0.0
    at_once: bool = False


class Opening:
    """Begins the chime so that the first sentence follows it without a gap, as far as its engine's pace can tell.

    That is: at once where the sentence is there, or its engine was of late quicker than the chime is long; else when so
    much is left as the chime takes. Without a chime the silence is played while the sentence is made.
    """

    def __init__(self, wish: Wish, book: ChimeBook, pace: Pace, mix: Mix) -> None:
        self._wish = wish
        self._book = book
        self._pace = pace
        self._mix = mix

    async def sound(self, take: Act, speech: EarlySound) -> AsyncGenerator[Chunk, None]:
        """What is heard before `speech`, the sound of `take`; as far as can be foreseen at the same rate."""
        rate_hz = self._rate_hz(take, speech)
        chime = await self._chime(rate_hz) if self._wish.chime else None
        if chime is None and rate_hz is None:
            await speech.wait(HOLD_MAX_S)
        elif chime is not None and not self._wish.at_once:
            await speech.wait(self._hold_s(take, speech, chime.sound.duration_s))
        if speech.failed and not self._wish.at_once:
            return  # a chime with nothing after it tells nobody anything
        if speech.format is not None and chime is not None and speech.format.rate_hz != chime.sound.format.rate_hz:
            chime = await self._chime(speech.format.rate_hz) or chime
        heard = chime.sound.format if chime else speech.format or AudioFormat(rate_hz or FALLBACK_RATE_HZ)
        if self._wish.wake_s:
            yield silence(heard, self._wish.wake_s)
        if chime is not None:
            async with aclosing(self._mix.chime(chime)) as sound:
                async for chunk in sound:
                    yield chunk

    def _hold_s(self, take: Act, speech: EarlySound, chime_s: float) -> float:
        """How long the chime is held back, if the first sound does not come before."""
        expected_s = self._pace.first_sound_s(take.engine)
        if expected_s is None:
            return HOLD_MAX_S
        return min(HOLD_MAX_S, expected_s - speech.age_s - chime_s - self._wish.wake_s)

    def _rate_hz(self, take: Act, speech: EarlySound) -> int | None:
        if speech.format is not None:
            return speech.format.rate_hz
        return self._pace.rate_hz(take.voice) if take.voice else None

    async def _chime(self, rate_hz: int | None) -> Chime | None:
        """The chime; None, and the owner is told, where it cannot be played: what is to be said goes before."""
        assert self._wish.chime is not None
        try:
            async with asyncio.timeout(CHIME_MAX_S):
                return await self._book.chime(self._wish.chime, rate_hz)
        except BadRequestError as error:
            _told.warning("An announcement is heard without its chime: %s", error)
        except TimeoutError:
            _told.warning("An announcement is heard without its chime %s, which takes too long", self._wish.chime)
        return None
