"""The cloned voices that an engine has to know: introduced once, and again to every engine that begins anew."""

import asyncio
import logging
from abc import ABC, abstractmethod

from voxd.errors import EngineError
from voxd.synthesis.engine import ReferenceClip
from voxd.wire.wyoming.host_events import Fault

log = logging.getLogger(__name__)

WAITS = "it waits for its turn"


class Introductions(ABC):
    """Remembers the reference clips, and introduces one after the other to an engine that speaks elsewhere.

    What is told to the engine, and how, is its subclass's.
    """

    def __init__(self) -> None:
        self._clips: dict[str, ReferenceClip] = {}
        self._unheard: dict[str, str] = {}
        """Why the engine cannot speak with a voice yet."""
        self._gone: set[str] = set()
        """What the engine may still know, or keep on disk."""
        self._asked_to_forget: set[str] = set()
        """Those of them of which this engine was told, whether or not that helped."""
        self._complaints: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    @abstractmethod
    async def _introduce(self, clip: ReferenceClip) -> str:
        """Give the engine a clip; where its speaker embedding came from.

        Raises EngineError; with Fault.LOADING it is tried again before the engine begins anew.
        """

    @abstractmethod
    async def _have_forgotten(self, speaker: str) -> None:
        """Have the engine forget a voice. Raises EngineError."""

    @property
    def busy(self) -> bool:
        """Whether the engine is making a speaker embedding for us."""
        return self._one_at_a_time.locked()

    def reason(self, speaker: str) -> str | None:
        """Why the engine cannot speak with a cloned voice yet; None where it can, and for any other speaker."""
        return self._unheard.get(speaker)

    def check(self, speaker: str) -> None:
        """Raises EngineError where the speaker is a cloned voice that the engine cannot speak with yet."""
        if (reason := self.reason(speaker)) is not None:
            raise EngineError(f"The voice {speaker} is not prepared: {reason}", Fault.PREPARING)

    def clip(self, speaker: str) -> ReferenceClip | None:
        """What that speaker is made from; None where it is no cloned voice."""
        return self._clips.get(speaker)

    def remember(self, clip: ReferenceClip) -> None:
        """A voice that this engine, or the next one, has to know; one that it knows goes on to speak."""
        if clip.speaker not in self._clips or clip.speaker in self._unheard:
            self._unheard[clip.speaker] = WAITS
        self._clips[clip.speaker] = clip
        self._gone.discard(clip.speaker)

    def drop(self, speaker: str) -> None:
        """A voice that this engine, or the next one, has to forget."""
        self._clips.pop(speaker, None)
        self._unheard.pop(speaker, None)
        self._complaints.pop(speaker, None)
        self._gone.add(speaker)
        self._asked_to_forget.discard(speaker)

    def lost(self, speaker: str) -> None:
        """The engine knows nothing of a voice that it was told of: it is told again."""
        if speaker in self._clips:
            self._unheard[speaker] = WAITS

    def begin_again(self) -> None:
        """It is another engine, which knows nothing."""
        self._unheard = dict.fromkeys(self._clips, WAITS)
        self._asked_to_forget.clear()

    @property
    def pending(self) -> bool:
        """Whether there is something that the engine was not told yet."""
        return bool(self._gone - self._asked_to_forget) or WAITS in self._unheard.values()

    async def tell_all(self) -> None:
        """Tell the engine of all that it has not heard of yet; what fails is logged, and tried when it begins anew."""
        for speaker in sorted(self._gone - self._asked_to_forget):
            await self._try_to_forget(speaker)
        for clip in tuple(self._clips.values()):
            async with self._one_at_a_time:
                if self._clips.get(clip.speaker) is clip and self._unheard.get(clip.speaker) == WAITS:
                    await self._try_to_embed(clip)

    async def embed(self, clip: ReferenceClip) -> str:
        """Tell the engine of a voice; where its embedding came from. Raises EngineError."""
        async with self._one_at_a_time:
            return await self._embed(clip)

    async def forget(self, speaker: str) -> None:
        """Have the engine forget a voice. Raises EngineError; it is told once more when it begins anew."""
        self._asked_to_forget.add(speaker)
        await self._have_forgotten(speaker)
        self._gone.discard(speaker)

    async def _try_to_forget(self, speaker: str) -> None:
        try:
            await self.forget(speaker)
        except EngineError as error:
            log.warning("%s", error)

    async def _try_to_embed(self, clip: ReferenceClip) -> None:
        try:
            await self._embed(clip)
        except EngineError as error:
            if self._clips.get(clip.speaker) is not clip:
                return  # its clip lies elsewhere now, or nowhere any more
            if self._complaints.get(clip.speaker) != str(error):
                log.warning("The voice %s cannot be prepared: %s", clip.speaker, error)
            self._complaints[clip.speaker] = str(error)

    async def _embed(self, clip: ReferenceClip) -> str:
        try:
            source = await self._introduce(clip)
        except EngineError as error:
            if self._clips.get(clip.speaker) is clip:
                self._unheard[clip.speaker] = WAITS if error.fault == Fault.LOADING else str(error)
            raise
        if self._clips.get(clip.speaker) is clip:
            self._unheard.pop(clip.speaker, None)
            self._complaints.pop(clip.speaker, None)
        elif clip.speaker not in self._clips:  # dropped meanwhile: the engine was told too early to forget it
            self.drop(clip.speaker)
        return source
