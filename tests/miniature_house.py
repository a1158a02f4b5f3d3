"""A house in miniature: a real journal, queue, synthesizer and router around a sine and outputs that remember."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cloning import TrustingClipMaker
from engines_for_tests import SineEngine

from voxd.announcing.announcer import Announcer
from voxd.announcing.guard import Guard, Identity
from voxd.announcing.journal import Journal
from voxd.announcing.progress import Notice, Progress, Step
from voxd.announcing.queue import Queue
from voxd.announcing.renderer import Renderer
from voxd.announcing.speech import Speech
from voxd.announcing.trial import Trials
from voxd.announcing.voice_desk import VoiceDesk
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import OutputError
from voxd.model.announcement import State
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import SpeechSettings, VoiceSettings
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.folder import VoiceFolder
from voxd.synthesis.enrolled.identity import Identity as VoiceIdentity
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.synthesizer import Synthesizer
from voxd.synthesis.voices import VoiceBook
from voxd.text.normalizer import Normalizer

ZONES = ("kitchen", "attic")


class RememberingOutput:
    """Hears everything at once and keeps it; `gate` holds every end back, `deaf` refuses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[bytes] = []
        self.gate: asyncio.Event | None = None
        self.deaf = False

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        if self.deaf:
            raise OutputError(f"{self.name} is deaf")
        pcm = b"".join([chunk.pcm async for chunk in sound])
        if self.gate is not None:
            await self.gate.wait()
        self.heard.append(pcm)


class PacedOutput(RememberingOutput):
    """Takes a chunk only when it is given leave to."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.leave = asyncio.Semaphore(0)

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        pcm = b""
        async for chunk in sound:
            await self.leave.acquire()
            pcm += chunk.pcm
        self.heard.append(pcm)


class MiniatureHouse:
    """One run of the announcing part over a folder; a second one over the same folder is a restart."""

    def __init__(
        self,
        folder: Path,
        queue_max: int = 10,
        others: Sequence[SineEngine] = (),
        voices: Mapping[str, VoiceSettings] | None = None,
        speech: SpeechSettings | None = None,
        identity: Identity | None = None,
        memory_bytes: int = 0,
    ) -> None:
        self.folder = folder
        self.engine = SineEngine()
        self.outputs = {name: RememberingOutput(name) for name in ZONES}
        zones = {ZoneId(name): Zone(ZoneId(name), (output,)) for name, output in self.outputs.items()}
        engines = {engine.name: engine for engine in (self.engine, *others)}
        settings = speech or SpeechSettings()
        self.synthesizer = Synthesizer(engines, None, memory_bytes, settings.waiting_max)
        self.steps: list[Step] = []
        self.progress = Progress()
        self.progress.listen(self.steps.append)
        self.register = Register(VoiceStore(folder / "enrolled"))
        book = VoiceBook(voices or {}, "sine-anna", engines, self.register)
        self.speech = Speech(
            Normalizer({}), book, self.synthesizer, engines, settings, Guard(identity), self._note_outdated
        )
        self.clips = TrustingClipMaker()
        self.voices_folder = VoiceFolder(folder / "voices")
        enrolment = Enrolment(self.register, engines, self.clips, book, wait_s=0.05)
        trials = Trials(engines, VoiceIdentity(self.clips, self.register))
        self.voice_desk = VoiceDesk(self.speech, self.register, enrolment, self.voices_folder, trials, self.synthesizer)
        self.notices: list[Notice] = []
        self.progress.listen_to_notices(self.notices.append)
        self.renderer = Renderer(self.speech, self.progress)
        journal = Journal(folder / "journal.sqlite", history_days=1)
        self.router = Router(zones)
        self.announcer = Announcer(journal, Queue(queue_max), self.speech, self.router, self.progress, (ZoneId("*"),))

    def _note_outdated(self, asked: str, warning: str) -> None:
        self.register.note_old_wish(asked)
        self.progress.warn(warning, voice=VoiceId(asked))

    def crashed(self, folder: Path) -> Path:
        """A copy of what is on disk at this moment: all that a crash would leave."""
        folder.mkdir()
        for file in self.folder.glob("journal.sqlite*"):
            shutil.copyfile(file, folder / file.name)
        return folder

    @asynccontextmanager
    async def alive(self) -> AsyncGenerator["MiniatureHouse", None]:
        """Started, running, and stopped at the end without draining."""
        await self.engine.start()
        await self.register.start()
        await self.voice_desk.start()
        await self.synthesizer.start()
        await self.announcer.start()
        running = asyncio.create_task(self.announcer.run())
        try:
            yield self
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self.announcer.stop()
            await self.voice_desk.stop()
            await self.synthesizer.stop()

    def paced(self, zone: str) -> PacedOutput:
        """Have a zone heard through a paced output; to be asked for before it is alive."""
        output = PacedOutput(zone)
        self.outputs[zone] = output
        self.router._zones[ZoneId(zone)] = Zone(ZoneId(zone), (output,))
        return output

    def performed(self, id_: str) -> int:
        """How many sentences of what is being spoken every zone has taken."""
        return self.announcer._performing[AnnouncementId(id_)].sentences_heard

    def states(self, id_: str) -> list[State]:
        """The steps told of one announcement."""
        return [step.state for step in self.steps if step.announcement == id_]

    async def until(self, id_: str, state: State) -> Step:
        """Wait for a step."""
        async with asyncio.timeout(10):
            while True:
                for step in self.steps:
                    if (step.announcement, step.state) == (id_, state):
                        return step
                await asyncio.sleep(0.002)
