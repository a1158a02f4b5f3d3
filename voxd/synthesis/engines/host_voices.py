"""The cloned voices that an engine host has to know: told once, and told again to every new host."""

import asyncio
import logging
from collections.abc import Callable

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread
from voxd.synthesis.engine import ReferenceClip
from voxd.synthesis.engines.host_call import answered
from voxd.wire.wyoming.client import UnixAddress
from voxd.wire.wyoming.host_events import Embed, Embedded, Fault, Forget, Forgotten
from voxd.wire.wyoming.reader import LateError

log = logging.getLogger(__name__)

EMBED_TIMEOUT_S = 600.0
"""A full-size model on a small CPU takes a minute for ten seconds of clip."""
FORGET_TIMEOUT_S = 30.0
WAITS = "it waits for its turn"


class HostVoices:
    """Remembers the reference clips and tells the host of one after the other.

    `hung` is called with the reason when the host takes too long.
    """

    def __init__(self, address: UnixAddress, hung: Callable[[str], None]) -> None:
        self._address = address
        self._hung = hung
        self._clips: dict[str, ReferenceClip] = {}
        self._unheard: dict[str, str] = {}
        """Why the host cannot speak with a voice yet."""
        self._gone: set[str] = set()
        """What a host may still know, or keep on disk."""
        self._asked_to_forget: set[str] = set()
        """Those of them of which this host was told, whether or not that helped."""
        self._one_at_a_time = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether the host is making a speaker embedding for us."""
        return self._one_at_a_time.locked()

    def check(self, speaker: str) -> None:
        """Raises EngineError where the speaker is a cloned voice that the host cannot speak with yet."""
        if (reason := self._unheard.get(speaker)) is not None:
            raise EngineError(f"The voice {speaker} is not prepared: {reason}", Fault.PREPARING)

    def remember(self, clip: ReferenceClip) -> None:
        """A voice that this host, or the next one, has to know."""
        self._clips[clip.speaker] = clip
        self._unheard[clip.speaker] = WAITS
        self._gone.discard(clip.speaker)

    def drop(self, speaker: str) -> None:
        """A voice that this host, or the next one, has to forget."""
        self._clips.pop(speaker, None)
        self._unheard.pop(speaker, None)
        self._gone.add(speaker)
        self._asked_to_forget.discard(speaker)

    def lost(self, speaker: str) -> None:
        """The host knows nothing of a voice that it was told of: it is told again."""
        if speaker in self._clips:
            self._unheard[speaker] = WAITS

    def begin_again(self) -> None:
        """It is another host, which knows nothing."""
        self._unheard = dict.fromkeys(self._clips, WAITS)
        self._asked_to_forget.clear()

    @property
    def pending(self) -> bool:
        """Whether there is something that the host was not told yet."""
        return bool(self._gone - self._asked_to_forget) or WAITS in self._unheard.values()

    async def tell_all(self) -> None:
        """Tell the host of all that it has not heard of yet; what fails is logged, and tried with the next host."""
        for speaker in sorted(self._gone - self._asked_to_forget):
            await self._try_to_forget(speaker)
        for clip in tuple(self._clips.values()):
            async with self._one_at_a_time:
                if self._clips.get(clip.speaker) is clip and self._unheard.get(clip.speaker) == WAITS:
                    await self._try_to_embed(clip)

    async def embed(self, clip: ReferenceClip) -> str:
        """Tell the host of a voice; where its embedding came from. Raises EngineError."""
        async with self._one_at_a_time:
            return await self._embed(clip)

    async def forget(self, speaker: str) -> None:
        """Have the host forget a voice. Raises EngineError; the next host is told once more then."""
        self._asked_to_forget.add(speaker)
        try:
            await answered(self._address, Forget(speaker), Forgotten, FORGET_TIMEOUT_S)
        except (ProtocolError, BadRequestError, OSError) as error:
            raise EngineError(f"The engine did not forget {speaker}: {in_words(error)}") from error
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
            log.warning("The voice %s cannot be prepared: %s", clip.speaker, error)

    async def _embed(self, clip: ReferenceClip) -> str:
        try:
            embedded = await self._embedded(clip)
        except EngineError as error:
            if self._clips.get(clip.speaker) is clip:
                self._unheard[clip.speaker] = str(error)
            raise
        if self._clips.get(clip.speaker) is clip:
            self._unheard.pop(clip.speaker, None)
        return embedded.source

    async def _embedded(self, clip: ReferenceClip) -> Embedded:
        wanted = Embed(clip.speaker, clip.transcript, clip.language)
        try:
            wav = await in_daemon_thread(clip.wav.read_bytes, f"clip of {clip.speaker}")
        except OSError as error:
            raise EngineError(f"Its reference clip cannot be read: {error.strerror or error}") from error
        try:
            embedded, _ = await answered(self._address, wanted, Embedded, EMBED_TIMEOUT_S, wav)
        except LateError as error:
            self._hung(f"it took more than {EMBED_TIMEOUT_S:g} s for the reference clip of {clip.speaker}")
            raise EngineError(f"The engine gave no answer within {EMBED_TIMEOUT_S:g} s") from error
        except BadRequestError as error:
            raise EngineError(str(error)) from error
        except (ProtocolError, OSError) as error:
            raise EngineError(f"The engine failed: {in_words(error)}") from error
        return embedded
