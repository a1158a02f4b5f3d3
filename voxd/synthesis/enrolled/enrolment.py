"""Enrolment: from somebody's recording to a voice that its engine can speak with."""

import asyncio
import difflib
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from voxd.errors import BadRequestError, UnknownVoiceError, VoxdError
from voxd.lib.threads import in_daemon_thread
from voxd.model.identifiers import VoiceId
from voxd.synthesis.engine import Engine
from voxd.synthesis.enrolled.cloners import Cloner, Cloners, language_for, language_notes, reference
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.transcript import check_transcript
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES, Consent, EnrolledVoice, EnrolmentWish, check_name
from voxd.wire.wyoming.host_events import ClipReady

log = logging.getLogger(__name__)

ENGINE_WAIT_S = 30.0
"""So long an enrolment waits for an engine that is loading; after that the voice is prepared later."""
_THREAD = "enrolled voices"


class ClipMaker(Protocol):
    """Who makes reference clips; synthesis/engines/clips_host.py in the daemon."""

    async def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        """The clip that a sound file of any kind holds, and its WAV.

        Raises BadRequestError with what is wrong with the file, EngineError where nobody can make one now.
        """


class Names(Protocol):
    """Who knows what names stand for; synthesis/voices.py."""

    def check_enrollable(self, name: VoiceId, engine: str) -> None:
        """Raises BadRequestError where the name stands for something else."""

    def house_language(self) -> str:
        """The language of who enrols a voice without naming one."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """It is done. `waits` tells why the voice cannot speak yet, empty where it can; `notes` what could be better.

    Unless it `is_new`, the voice was made of that very recording before, and stays as it is.
    """

    voice: EnrolledVoice
    notes: tuple[str, ...]
    waits: str = ""
    is_new: bool = True


class Enrolment:
    """Enrols and removes voices, one at a time, and makes those of before known to their engines.

    `names` may be replaced while it lives.
    """

    def __init__(
        self,
        register: Register,
        engines: Mapping[str, Engine],
        clips: ClipMaker,
        names: Names,
        wait_s: float = ENGINE_WAIT_S,
    ) -> None:
        self.names = names
        self._register = register
        self._cloners = Cloners(engines, wait_s)
        self._clips = clips
        self._one_at_a_time = asyncio.Lock()
        self._introducing: asyncio.Task[None] | None = None
        self._committing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to make the voices known; none is waited for."""
        self._introducing = asyncio.create_task(self._introduce_all(), name="enrolled voices")
        self._introducing.add_done_callback(_tell_bug)

    async def stop(self) -> None:
        """Leave what is not known yet to the next start."""
        if self._introducing is not None:
            self._introducing.cancel()
            await asyncio.gather(self._introducing, *self._committing, return_exceptions=True)
            self._introducing = None

    async def enrol(self, wish: EnrolmentWish) -> Enrolled:
        """Have the recording checked, kept, and made known to the engine: all of it, or nothing.

        The same recording with the same options makes no new revision. Raises BadRequestError with what is wrong,
        EngineError and StorageError where it cannot be done now.
        """
        check_name(wish.name)
        _check_size(wish.clip)
        async with self._one_at_a_time:
            engine = self._cloners.choose(wish)
            self.names.check_enrollable(wish.name, engine.name)
            source = await in_daemon_thread(wish.sha256, _THREAD)
            if (same := self._enrolled_of(wish.name, engine, source)) is not None:
                return Enrolled(same, (*same.notes, *language_notes(engine, same.language)), is_new=False)
            ready, wav = await self._clips.clip(wish.clip)
            await self._cloners.check(engine, wish)
            check_transcript(wish.transcript, ready.duration_s)
            voice = await self._revision(wish, engine, ready, wav, source)
            waits = await self._kept(engine, voice, wav)
            log.info("%s is enrolled at revision %d (%s)", voice.name, voice.revision, voice.origin)
            return Enrolled(voice, (*ready.notes, *language_notes(engine, voice.language)), waits)

    async def remove(self, name: str) -> None:
        """Remove a voice from the house and from its engine. Raises UnknownVoiceError and StorageError."""
        async with self._one_at_a_time:
            await self.check_enrolled(name)
            voice = self._register.get(name)
            await self._register.remove(VoiceId(name))
            if voice is not None:
                await self._cloners.forget(voice)
            log.info("%s is removed", name)

    async def check_enrolled(self, name: str) -> None:
        """Raises UnknownVoiceError where there is no enrolled voice of that name, not even a damaged one."""
        if await self._register.holds(check_name(name)):
            return
        if self._register.removed(name):
            raise UnknownVoiceError(f'The voice "{name}" was removed already')
        near = difflib.get_close_matches(name, [voice.name for voice in self._register.voices], n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise UnknownVoiceError(f'There is no enrolled voice "{name}"{hint}')

    def _enrolled_of(self, name: str, engine: Cloner, source: str) -> EnrolledVoice | None:
        """The current revision of a voice, if it was made of that source for that engine."""
        current = self._register.get(name)
        is_same = current is not None and (current.engine, current.source_sha256) == (engine.name, source)
        return current if is_same else None

    async def _revision(
        self, wish: EnrolmentWish, engine: Cloner, ready: ClipReady, wav: bytes, source: str
    ) -> EnrolledVoice:
        """The next revision of the voice, not kept yet."""
        now = time.time()
        return EnrolledVoice(
            name=wish.name,
            revision=await in_daemon_thread(lambda: self._register.store.next_revision(wish.name), _THREAD),
            engine=engine.name,
            language=wish.language or language_for(engine, self.names.house_language()),
            transcript=wish.transcript,
            clip_sha256=hashlib.sha256(wav).hexdigest(),
            consent=Consent(wish.consent, now),
            enrolled_at=now,
            seed=wish.seed,
            fallbacks=wish.fallbacks,
            vector=ready.vector,
            duration_s=ready.duration_s,
            notes=ready.notes,
            preprocessing=ready.preprocessing,
            origin=wish.origin,
            source_sha256=source,
        )

    async def _kept(self, engine: Cloner, voice: EnrolledVoice, wav: bytes) -> str:
        """Keep a revision that its engine can use; why that cannot prepare it yet, empty where it can."""
        store = self._register.store
        try:
            staged = await in_daemon_thread(lambda: store.stage(voice, wav), _THREAD)
            waits = await self._cloners.learn(engine, reference(voice, staged))
        except asyncio.CancelledError:
            store.discard(voice)
            await self._cloners.forget(voice)
            raise
        except VoxdError:
            store.discard(voice)
            raise
        committing = asyncio.create_task(self._commit(voice), name=f"enrolling {voice.name}")
        self._committing.add(committing)
        committing.add_done_callback(self._committing.discard)
        await asyncio.shield(committing)
        return waits

    async def _commit(self, voice: EnrolledVoice) -> None:
        """Put a revision in the place of the one before."""
        before = self._register.get(voice.name)
        try:
            await self._register.commit(voice)
        except VoxdError:
            self._register.store.discard(voice)
            await self._cloners.forget(voice)
            raise
        await self._cloners.introduce(voice, self._register.store.clip(voice))  # where its clip lies from now on
        if before is not None:
            await self._cloners.forget(before)

    async def _introduce_all(self) -> None:
        await self._cloners.forget_former(self._register.former_speakers)
        for voice in self._register.voices:
            if self._register.get(voice.name) is voice:
                await self._cloners.introduce(voice, self._register.store.clip(voice))


def _tell_bug(introducing: "asyncio.Task[None]") -> None:
    if not introducing.cancelled() and (bug := introducing.exception()):
        log.error("The enrolled voices were not made known", exc_info=bug)


def _check_size(clip: bytes) -> None:
    if not clip:
        raise BadRequestError("The clip is empty")
    if len(clip) > CLIP_MAX_BYTES:
        size, most = len(clip) / 2**20, CLIP_MAX_BYTES // 2**20
        raise BadRequestError(f"The clip has {size:.0f} MiB; {most} MiB are allowed, and 5 to 20 seconds are enough")
