"""The voices folder as a frontend: what is put there is enrolled within seconds, without a restart."""

import asyncio
import logging
import pwd
import time
from dataclasses import dataclass

from voxd.errors import BadRequestError, StorageError, VoxdError
from voxd.frontends import voice_payloads
from voxd.frontends.house import Voices
from voxd.lib.threads import in_daemon_thread
from voxd.synthesis.enrolled.folder import Content, Recording, Signature, VoiceFolder
from voxd.synthesis.enrolled.voice import EnrolmentWish

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 2.0
RETRY_S = 60.0
_THREAD = "voices folder"


@dataclass(frozen=True, slots=True)
class Dealt:
    """What was done about a recording as it was then; it is looked at again at `retry_at` (monotonic), if ever."""

    signature: Signature
    retry_at: float | None = None


class FolderFrontend:
    """Looks at the folder again and again. A recording is taken when it has not changed between two looks.

    What is wrong with one is logged once, and told to whoever lists the voices until it changes; what is not the
    recording's fault is tried again. A file that goes away takes no voice with it.
    """

    name = "folder"

    def __init__(
        self,
        folder: VoiceFolder,
        voices: Voices,
        interval_s: float = LOOK_INTERVAL_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._folder = folder
        self._voices = voices
        self._interval_s = interval_s
        self._retry_s = retry_s
        self._seen: dict[str, Signature] = {}
        self._dealt: dict[str, Dealt] = {}
        self._trouble = ""
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Make the folder, where that can be done; where it cannot, the log says so."""
        try:
            await in_daemon_thread(self._folder.make, _THREAD)
        except StorageError as error:
            self._note_trouble(str(error))

    async def run(self) -> None:
        """Look until cancelled."""
        self._looking = asyncio.current_task()
        while True:
            await self._look()
            await asyncio.sleep(self._interval_s)

    async def stop(self) -> None:
        """Look no more; what is being enrolled is given up, and taken at the next start."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
            self._looking = None

    @property
    def healthy(self) -> bool:
        """Whether it looks."""
        return self._looking is None or not self._looking.done()

    async def _look(self) -> None:
        try:
            found = await in_daemon_thread(self._folder.look, _THREAD)
        except StorageError as error:
            self._note_trouble(str(error))
            return
        self._note_trouble("")
        self._drop_gone({recording.name for recording in found})
        for recording in found:
            settled = self._seen.get(recording.name) == recording.signature
            self._seen[recording.name] = recording.signature
            if settled and self._is_due(recording):
                await self._take(recording)

    def _is_due(self, recording: Recording) -> bool:
        dealt = self._dealt.get(recording.name)
        if dealt is None or dealt.signature != recording.signature:
            return True
        return dealt.retry_at is not None and time.monotonic() >= dealt.retry_at

    async def _take(self, recording: Recording) -> None:
        """Enrol one, unless that was done before; what is wrong with it is noted."""
        retry_at = None
        problem = ""
        try:
            async with self._folder.lock:
                await self._enrol(recording)
        except BadRequestError as error:
            problem = str(error)
        except VoxdError as error:
            problem, retry_at = str(error), time.monotonic() + self._retry_s
        self._dealt[recording.name] = Dealt(recording.signature, retry_at)
        self._note_problem(recording, problem)

    async def _enrol(self, recording: Recording) -> None:
        content = await in_daemon_thread(lambda: self._folder.read(recording), _THREAD)
        report = await self._voices.enrol_new(_wish(recording.name, content))
        if report is None:
            return
        for note in report.enrolled.notes:
            log.info("%s: %s", content.file, note)
        if report.trial is not None and report.trial.similarity is not None:
            log.info("%s sounds like its clip to %.2f (1 is the same)", recording.name, report.trial.similarity)
        elif report.remark:
            log.info("%s was not tried yet: %s", recording.name, report.remark)

    def _note_problem(self, recording: Recording, problem: str) -> None:
        told = f"{self._folder.path}/{_naming_file(problem, recording)}" if problem else ""
        if not told:
            self._folder.problems.pop(recording.name, None)
        elif self._folder.problems.get(recording.name) != told:
            self._folder.problems[recording.name] = told
            log.warning("%s", told)

    def _drop_gone(self, names: set[str]) -> None:
        for known in (self._seen, self._dealt, self._folder.problems):
            for name in known.keys() - names:
                del known[name]

    def _note_trouble(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.warning("%s", trouble)
        elif self._trouble and not trouble:
            log.info("The voices folder can be read again")
        self._trouble = trouble


def _wish(name: str, content: Content) -> EnrolmentWish:
    return voice_payloads.enrolment_in_folder(
        name, content.clip, content.transcript, content.options, f"put into the voices folder by {_user(content.owner)}"
    )


def _naming_file(problem: str, recording: Recording) -> str:
    """A sentence that names one of the files first: the clip, unless it names one itself."""
    names_one = any(problem.startswith(file) for file, *_ in recording.signature)
    return problem if names_one else f"{recording.clips[0]}: {problem}"


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
