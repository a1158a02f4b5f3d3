"""An engine that clones without a model, somebody who makes clips without looking at them, and voices of theirs."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from engines_for_tests import SineEngine, sine

from voxd.errors import BadRequestError, EngineError
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.synthesis.engine import EngineHealth, EngineTraits, ReferenceClip, Sentence, Speaker
from voxd.synthesis.enrolled.voice import Consent, EnrolledVoice, EnrolmentWish
from voxd.wire.wyoming.host_events import ClipReady, Fault, Vector

VECTOR = (1.0, *[0.0] * 255)


class CloningSine(SineEngine):
    """A sine that speaks in the voices it knows, each at a pitch of its own.

    It keeps what its clips held (`known`) and whom it forgot. In the `state` loading it remembers clips, but says
    so; a clip whose WAV holds b"unusable" it cannot use, at one that holds b"deadly" it fails.
    """

    def __init__(self, name: str = "voxcpm", needs_transcript: bool = False) -> None:
        super().__init__(name)
        self.speakers = (Speaker("default", ("en", "zh")),)
        self.traits = EngineTraits("clone 1", 22050, clones=True, needs_transcript=needs_transcript)
        self.known: dict[str, bytes] = {}
        self.clips: dict[str, ReferenceClip] = {}
        self.forgotten: list[str] = []
        self.state = "ready"
        self.changed = asyncio.Event()

    @property
    def health(self) -> EngineHealth:
        return EngineHealth(self.state, "the model is not there" if self.state == "failed" else "")

    def listen(self, _: Callable[[EngineHealth], None]) -> Callable[[], None]:
        return lambda: None

    async def settled(self) -> EngineHealth:
        while self.state == "loading":
            await self.changed.wait()
        return self.health

    async def know(self, clip: ReferenceClip) -> str:
        self.clips[clip.speaker] = clip
        if self.state != "ready":
            raise EngineError("The engine is loading", Fault.LOADING)
        wav = clip.wav.read_bytes()
        if b"unusable" in wav:
            raise EngineError("it is too short")
        if b"deadly" in wav:
            raise EngineError("out of memory", Fault.OUT_OF_MEMORY)
        self.known[clip.speaker] = wav
        return "clip"

    async def forget(self, speaker: str) -> None:
        self.forgotten.append(speaker)
        self.known.pop(speaker, None)
        self.clips.pop(speaker, None)

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        speaker = sentence.voice.speaker
        if self.gate is not None:
            await self.gate.wait()
        if speaker not in self.known and speaker != "default":
            raise EngineError(f"The voice {speaker} is not prepared", Fault.PREPARING)
        self.spoken.append(sentence.text)
        pitch = 200 + hashlib.sha256(self.known.get(speaker, b"")).digest()[0]
        for number in range(self.chunks):
            yield Chunk(self.format, sine(pitch, self.format, self.chunk_frames, number))


class TrustingClipMaker:
    """Takes every file for a good recording, but what begins with `bad`; every sound sounds like VECTOR."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.running = 0
        self.most_running = 0

    async def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        self.asked += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.gate.wait()
            if data.startswith(b"bad"):
                raise BadRequestError("This is not a sound file of any kind that voxd knows")
            ready = ClipReady(3.0, "WAV", 44_100, 2, 4.0, ("There is some noise",), VECTOR, 1)
            return ready, b"RIFF" + data
        finally:
            self.running -= 1

    async def vector(self, _: bytes) -> Vector:
        return Vector((0.8, 0.6, *[0.0] * 254), 3.0)


def wish(name: str = "mum", clip: bytes = b"a recording", **more: object) -> EnrolmentWish:
    """Somebody's wish."""
    return EnrolmentWish(VoiceId(name), clip, **({"consent": "Anna", "transcript": "Hello"} | more))  # type: ignore[arg-type]  # of mixed types


def enrolled(name: str = "mum", revision: int = 1, wav: bytes = b"RIFFa recording", **more: object) -> EnrolledVoice:
    """A voice as it is kept."""
    facts: dict[str, object] = {
        "name": name,
        "revision": revision,
        "engine": "voxcpm",
        "language": "en",
        "transcript": "Hello",
        "clip_sha256": hashlib.sha256(wav).hexdigest(),
        "consent": Consent("Anna", 1_700_000_000.0),
        "enrolled_at": 1_700_000_000.0,
        "seed": None,
        "fallbacks": (),
        "vector": VECTOR,
        "duration_s": 8.2,
        "notes": (),
        "preprocessing": 1,
        "origin": "command line",
        "source_sha256": "0" * 64,
    }
    return EnrolledVoice(**(facts | more))  # type: ignore[arg-type]  # of mixed types


def files_below(folder: Path) -> list[str]:
    """The files of a folder, by their names in it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
