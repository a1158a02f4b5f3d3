"""A house in miniature: a real journal, agenda, synthesizer and router around a sine and outputs that remember."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import Any

from cloning import TrustingClipMaker
from engines_for_tests import SineEngine, sentence

from voxd.announcing.agenda.entry import Now
from voxd.announcing.announcer import Announcer, house_time
from voxd.announcing.journal.journal import Journal
from voxd.announcing.orders import Orders
from voxd.announcing.preferences import Preferences
from voxd.announcing.progress import Notice, Progress, Step
from voxd.announcing.recordings import Recordings
from voxd.announcing.renderer import Renderer
from voxd.announcing.speaking.guard import Guard, Identity
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.trial import Trials
from voxd.announcing.standing_orders import StandingOrders
from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.studio import Studio
from voxd.announcing.voice_desk import VoiceDesk
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import OutputError
from voxd.model.announcement import State
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.model.voice import Voice
from voxd.settings import (
    AlarmSettings,
    AnnouncementSettings,
    ChimeSettings,
    SoundSettings,
    SpeechSettings,
    VoiceSettings,
    ZoneSettings,
)
from voxd.synthesis.engine import Engine
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.folder import VoiceFolder
from voxd.synthesis.enrolled.identity import Identity as VoiceIdentity
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.synthesizer import Synthesizer
from voxd.synthesis.voices import VoiceBook
from voxd.text.normalizer import Normalizer

ZONES = ("kitchen", "attic")


def plain_rules(**more: Any) -> AnnouncementSettings:
    """Nothing is coalesced and no alarm repeated, unless the test wants it."""
    return AnnouncementSettings(**({"coalesce_s": 0.0, "alarms": AlarmSettings(repeat_max=0)} | more))


class KnownGains:
    """Knows these gains, 0 of every other voice, and remembers who spoke."""

    def __init__(self, **gains_db: float) -> None:
        self.gains_db = gains_db
        self.used: list[VoiceId] = []

    def gain_db(self, voice: Voice) -> float:
        """See Gains."""
        return self.gains_db.get(voice.name, 0.0)

    def note_use(self, voice: Voice) -> None:
        """See Gains."""
        self.used.append(voice.name)


def plain_studio(chimes: Path, engines: Mapping[str, Engine]) -> Studio:
    """What is heard is what the engine gave, bit for bit, sentence after sentence; alarms have no siren."""
    sound, defaults = SoundSettings(loudness_lufs=None), ChimeSettings(alarm=None)
    return Studio(sound, defaults, ChimeBook(chimes), KnownGains(), engines, pause_s=0.0)


class RememberingOutput:
    """Hears everything at once and keeps it; `gate` holds every end back, `deaf` refuses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[bytes] = []
        self.gate: asyncio.Event | None = None
        self.deaf = False

    async def start(self) -> None:
        if self.deaf:
            raise OutputError(f"{self.name} is deaf")

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


class LivingOutput(RememberingOutput):
    """Takes as long as the sound lasts, and keeps what it played of one that is broken off."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        if self.deaf:
            raise OutputError(f"{self.name} is deaf")
        self.heard.append(b"")
        async for chunk in sound:
            await asyncio.sleep(chunk.duration_s)
            if self.deaf:
                raise OutputError(f"{self.name} is deaf")
            self.heard[-1] += chunk.pcm


class MiniatureHouse:
    """One run of the announcing part over a folder; a second one over the same folder is a restart."""

    def __init__(
        self,
        folder: Path,
        queue_max: int = 10,
        others: Sequence[Engine] = (),
        voices: Mapping[str, VoiceSettings] | None = None,
        speech: SpeechSettings | None = None,
        identity: Identity | None = None,
        memory_bytes: int = 0,
        announcements: AnnouncementSettings | None = None,
        zone: ZoneSettings | None = None,
        studio: Callable[["MiniatureHouse"], Studio] | None = None,
    ) -> None:
        self.folder = folder
        self.engine = SineEngine()
        self.engines: dict[str, Engine] = {engine.name: engine for engine in (self.engine, *others)}
        self.outputs = {name: RememberingOutput(name) for name in ZONES}
        zones = {ZoneId(name): Zone(ZoneId(name), (output,)) for name, output in self.outputs.items()}
        engines = self.engines
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
        self.journal = Journal(folder / "journal.sqlite", history_days=1)
        self.router = Router(zones)
        self.standing = StandingOrders(folder / "standing-orders.json")
        self.preferences = Preferences(folder / "preferences.json")
        rules = announcements or plain_rules(queue_max=queue_max)
        self.studio = plain_studio(folder / "chimes", engines) if studio is None else studio(self)
        self.recordings = Recordings(folder / "received", longest_s=60.0)
        told = self.speech, self.studio, self.recordings, self.router, self.progress, self.standing, self.preferences
        self.announcer = Announcer(self.journal, *told, rules, dict.fromkeys(zones, zone or ZoneSettings()), self.now)
        self.restarts = 0
        self.orders = Orders(self.announcer, self.journal, self.router, self.standing, self._note_restart)
        self.later_s = 0.0
        self.local: datetime | None = None

    def now(self) -> Now:
        """The time of the house: `later_s` later than it is, at the hour that the test wants."""
        now = house_time()
        return Now(now.monotonic_s + self.later_s, self.local or now.local)

    def _note_outdated(self, asked: str, warning: str) -> None:
        self.register.note_old_wish(asked)
        self.progress.warn(warning, voice=VoiceId(asked))

    def _note_restart(self) -> None:
        self.restarts += 1

    def crashed(self, folder: Path) -> Path:
        """A copy of what is noted and committed at this moment: all that a kill would leave."""
        folder.mkdir()
        shutil.copy(self.folder / "journal.notes", folder)  # first: what is not in it any more is committed
        name = "journal.sqlite"
        with closing(sqlite3.connect(self.folder / name)) as here, closing(sqlite3.connect(folder / name)) as there:
            here.backup(there)
        return folder

    @asynccontextmanager
    async def alive(self) -> AsyncGenerator["MiniatureHouse", None]:
        """Started, running, and stopped at the end without draining."""
        await self.engine.start()
        await self.register.start()
        await self.voice_desk.start()
        await self.synthesizer.start()
        await self.router.start()
        await self.announcer.start()
        running = asyncio.create_task(self.announcer.run())
        try:
            yield self
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self.announcer.stop()
            await self.router.stop()
            await self.voice_desk.stop()
            await self.synthesizer.stop()

    def paced(self, zone: str) -> PacedOutput:
        """Have a zone heard through a paced output; to be asked for before it is alive."""
        output = PacedOutput(zone)
        self._furnish(output)
        return output

    def living(self) -> None:
        """Have each zone heard through a living output; to be asked for before it is alive."""
        for zone in ZONES:
            self._furnish(LivingOutput(zone))

    def _furnish(self, output: RememberingOutput) -> None:
        self.outputs[output.name] = output
        self.router._zones[ZoneId(output.name)] = Zone(ZoneId(output.name), (output,))

    def taken(self, id_: str) -> int:
        """How many sentences of an announcement every output has taken."""
        performance = self.announcer._performances.get(AnnouncementId(id_))
        return min((ear.hearing.taken for ear in performance._ears), default=0) if performance else 0

    def heard(self, id_: str) -> int:
        """How many sentences of what is being spoken were surely heard."""
        performance = self.announcer._performances.get(AnnouncementId(id_))
        return performance.sentences_heard if performance else 0

    def pcm(self, words: str) -> bytes:
        """What is heard of a sentence in the default voice, whole."""
        return self.engine.pcm(sentence(words))

    def states(self, id_: str) -> list[State]:
        """The steps told of one announcement."""
        return [step.state for step in self.steps if step.announcement == id_]

    async def until(self, id_: str, state: State, times: int = 1) -> Step:
        """Wait for a step; for the one that comes after so many of its kind."""
        async with asyncio.timeout(10):
            while True:
                found = [step for step in self.steps if (step.announcement, step.state) == (id_, state)]
                if len(found) >= times:
                    return found[times - 1]
                await asyncio.sleep(0.002)
