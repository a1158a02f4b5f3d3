"""The desk where voices are listed, enrolled, tried and removed."""

from dataclasses import dataclass, replace

from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.trial import Trial, Trials, trial_text
from voxd.errors import BadRequestError, UnknownVoiceError, VoxdError
from voxd.lib.threads import in_daemon_thread
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.enrolled.enrolment import Enrolled, Enrolment
from voxd.synthesis.enrolled.folder import VoiceFolder
from voxd.synthesis.enrolled.register import OldWish, Register
from voxd.synthesis.enrolled.voice import EnrolledVoice, EnrolmentWish
from voxd.synthesis.synthesizer import Synthesizer


@dataclass(frozen=True, slots=True)
class VoiceList:
    """Every voice, the default one first, what is known of the enrolled ones, and what is wrong."""

    voices: tuple[Voice, ...]
    enrolled: tuple[EnrolledVoice, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VoiceDetails:
    """One voice. `revisions` are those of an enrolled one, the newest first, `old_wishes` who asked for older ones."""

    voice: Voice
    revisions: tuple[EnrolledVoice, ...] = ()
    old_wishes: tuple[OldWish, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    """How an enrolment went; without a `trial`, `remark` says why the voice was not tried."""

    enrolled: Enrolled
    trial: Trial | None = None
    remark: str = ""


class VoiceDesk:
    """Puts the register, the enrolment and the speech of the house together; `speech` may be replaced."""

    def __init__(
        self,
        speech: Speech,
        register: Register,
        enrolment: Enrolment,
        folder: VoiceFolder,
        trials: Trials,
        synthesizer: Synthesizer,
    ) -> None:
        self.speech = speech
        self._register = register
        self._enrolment = enrolment
        self._folder = folder
        self._trials = trials
        self._synthesizer = synthesizer

    async def start(self) -> None:
        """Make the enrolled voices known to their engines, in the background."""
        await self._enrolment.start()

    async def stop(self) -> None:
        """Undo start."""
        await self._enrolment.stop()

    def listed(self) -> VoiceList:
        """All voices."""
        problems = (*self.speech.voice_mistakes(), *self._register.damages, *self._folder.problems.values())
        return VoiceList(self.speech.voices(), self._register.voices, problems)

    async def details(self, name: str) -> VoiceDetails:
        """One voice. Raises UnknownVoiceError."""
        voice = self.speech.voice(name)
        enrolled = self._register.get(voice.name)
        if enrolled is None or enrolled.speaker != voice.speaker:
            return VoiceDetails(voice)
        revisions = await self._register.revisions(enrolled.name)
        return VoiceDetails(voice, revisions, self._register.old_wishes(voice.name))

    async def enrol(self, wish: EnrolmentWish) -> EnrolmentReport:
        """Enrol a voice and have it speak. Raises VoxdError, and nothing is changed then."""
        self._check_fallbacks(wish)
        enrolled = await self._enrolment.enrol(wish)
        if enrolled.is_new and enrolled.voice.revision > 1:
            await self._synthesizer.forget(enrolled.voice.name)
        return await self._tried(enrolled)

    async def enrol_new(self, wish: EnrolmentWish) -> EnrolmentReport | None:
        """The same; None, and nothing is done, where the voice was made of that very recording already."""
        if await self._was_enrolled(wish):
            return None
        return await self.enrol(wish)

    async def test(self, name: str, text: str | None = None) -> Trial:
        """Have a voice say a text, or one of ours in its language. Raises VoxdError."""
        style = replace(self.speech.style(name, None, None), language_given=True)
        sentences = [line.words for line in self.speech.script(text or trial_text(style.language), style)]
        return await self._trials.run(sentences, style)

    async def remove(self, name: str) -> None:
        """Remove an enrolled voice, its files from the voices folder, and all that is kept of what it said.

        Raises UnknownVoiceError, StorageError.
        """
        async with self._folder.lock:
            await self._enrolment.check_enrolled(name)
            await in_daemon_thread(lambda: self._folder.remove(name), "voices folder")
            await self._enrolment.remove(name)
        await self._synthesizer.forget(VoiceId(name))

    async def _tried(self, enrolled: Enrolled) -> EnrolmentReport:
        if enrolled.waits:
            return EnrolmentReport(enrolled, remark=enrolled.waits)
        try:
            return EnrolmentReport(enrolled, await self.test(enrolled.voice.name))
        except VoxdError as error:
            return EnrolmentReport(enrolled, remark=str(error))

    def _check_fallbacks(self, wish: EnrolmentWish) -> None:
        for fallback in wish.fallbacks:
            if fallback == wish.name:
                raise BadRequestError(f'"{fallback}" cannot be its own fallback')
            try:
                self.speech.voice(fallback)
            except UnknownVoiceError as error:
                raise UnknownVoiceError(f"{error} ({wish.place_of('fallbacks')})") from None

    async def _was_enrolled(self, wish: EnrolmentWish) -> bool:
        """Whether the current revision, or the newest one that came as a file, was made of it."""
        if self._register.get(wish.name) is None:
            return False
        revisions = await self._register.revisions(wish.name)
        by_file = [voice for voice in revisions if voice.origin == wish.origin]
        source = await in_daemon_thread(wish.sha256, "voices folder")
        return source in (voice.source_sha256 for voice in (*revisions[:1], *by_file[:1]))
