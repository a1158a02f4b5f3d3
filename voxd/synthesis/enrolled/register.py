"""The register: which voices are enrolled at this moment, for everybody in the event loop."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from voxd.errors import StorageError
from voxd.lib.threads import in_daemon_thread
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.store import Kept, VoiceStore
from voxd.synthesis.enrolled.voice import EnrolledVoice, RemovedVoice

log = logging.getLogger(__name__)

ASKED_MAX = 1000
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class OldWish:
    """How often an older revision was asked for since the daemon began, and when last (seconds since the epoch)."""

    asked_as: str
    times: int
    last_at: float


class Register:
    """Follows what its store holds. `voices` is the same object as long as nothing changes."""

    def __init__(self, store: VoiceStore) -> None:
        self.store = store
        self.voices: tuple[EnrolledVoice, ...] = ()
        self.damages: tuple[str, ...] = ()
        self._removed: dict[str, RemovedVoice] = {}
        self._asked: dict[str, OldWish] = {}

    async def start(self) -> None:
        """Read what is there. A damaged voice is logged, and does not exist; nor do any where the disk fails."""
        try:
            await self._in_thread(self.store.sweep)
            await self.read()
        except StorageError as error:
            self.damages = (str(error),)
        for damage in self.damages:
            log.error("%s", damage)

    async def stop(self) -> None:
        """Nothing is left to be done."""

    async def read(self) -> None:
        """Look at the store. Raises StorageError."""
        self._take(await self._in_thread(self.store.read))

    def get(self, name: str) -> EnrolledVoice | None:
        """The current revision of a voice."""
        return next((voice for voice in self.voices if voice.name == name), None)

    def removed(self, name: str) -> RemovedVoice | None:
        """When a voice was removed that does not exist any more."""
        return self._removed.get(name)

    @property
    def former_speakers(self) -> tuple[str, ...]:
        """What engines called the voices that were removed, each by its last revision."""
        return tuple(f"{voice.name}@{voice.revision}" for voice in self._removed.values())

    def vector_of(self, voice: VoiceId) -> tuple[float, ...]:
        """The speaker vector of a voice's reference clip; empty where it has none."""
        enrolled = self.get(voice.partition("@")[0])
        return enrolled.vector if enrolled else ()

    async def revisions(self, name: VoiceId) -> tuple[EnrolledVoice, ...]:
        """Every revision that is known of a voice, the newest first."""
        return await self._in_thread(lambda: self.store.revisions(name))

    async def commit(self, staged: EnrolledVoice) -> None:
        """Make a staged revision the current one. Raises StorageError."""
        await self._in_thread(lambda: self.store.commit(staged))
        await self.read()

    async def holds(self, name: VoiceId) -> bool:
        """Whether there is such a voice, damaged or not. Raises StorageError."""
        return await self._in_thread(lambda: self.store.holds(name))

    async def remove(self, name: VoiceId) -> None:
        """Remove a voice, where there is one. Raises StorageError."""
        await self._in_thread(lambda: self.store.remove(name))
        await self.read()
        self._asked = {asked: wish for asked, wish in self._asked.items() if asked.partition("@")[0] != name}

    def note_old_wish(self, asked_as: str) -> None:
        """Somebody asked for an older revision by its name, such as mum@1."""
        before = self._asked.get(asked_as)
        if before is not None or len(self._asked) < ASKED_MAX:
            self._asked[asked_as] = OldWish(asked_as, before.times + 1 if before else 1, time.time())

    def old_wishes(self, name: str) -> tuple[OldWish, ...]:
        """Who was asked for of that voice's older revisions."""
        return tuple(wish for asked, wish in self._asked.items() if asked.partition("@")[0] == name)

    def _take(self, kept: Kept) -> None:
        if kept.voices != self.voices:
            self.voices = kept.voices
        self.damages = kept.damages
        self._removed = {voice.name: voice for voice in kept.removed}

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await in_daemon_thread(work, "enrolled voices")
