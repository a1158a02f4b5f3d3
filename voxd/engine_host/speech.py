"""The service of a neural engine: it speaks, and makes voices out of reference clips."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from voxd.engine_host.room import End, Room
from voxd.engine_host.standing import Standing
from voxd.engine_host.voices import ClonedVoices, clip_samples
from voxd.errors import BadRequestError, ProtocolError, VoxdError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.neural.embedding_folder import EmbeddingFolder
from voxd.neural.embeddings import EmbeddingOf, Embeddings, embedding_key
from voxd.neural.runaway import rendered
from voxd.neural.speech_model import ModelFacts, Samples, SpeechModel
from voxd.settings import HostSettings
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start, frame
from voxd.wire.wyoming.host_events import (
    Embed,
    Embedded,
    EmbeddingFigures,
    Forget,
    Forgotten,
    Health,
    HostState,
    host_event,
    message_of,
)
from voxd.wire.wyoming.info import info_frame
from voxd.wire.wyoming.requests import Event, Synthesize, SynthesizeVoice, understood

TEXT_MAX_CHARS = 5000
TEST_SENTENCE = "One, two, three."
STUCK_AFTER_S = 10.0
"""So much longer than its owner's patience may a sentence take before the host ends itself."""
SEED_END = 2**63
"""Seeds are from 0 to below this."""
_TOLD = ("fingerprint", "rate_hz", "languages", "speakers", "clones", "needs_transcript", "device", "dtype")
"""What of the model's facts is part of the host's health."""

MakeModel = Callable[[], SpeechModel]


class SpeechService:
    """Speaks with one model. See Service."""

    def __init__(self, name: str, kind: str, settings: HostSettings, make: MakeModel, folder: Path, end: End) -> None:
        self._name = name
        self._kind = kind
        self._settings = settings
        self._make = make
        self._folder = folder
        self._room = Room(name, end, self._repaired)
        self._voices = ClonedVoices()
        self._model: SpeechModel
        self._embeddings: Embeddings | None = None
        self._facts: ModelFacts | None = None
        self._memory_mb = 0

    @property
    def standing(self) -> Standing:
        """See Service."""
        return self._room.standing

    @property
    def health(self) -> Health:
        """See Service."""
        told: dict[str, Any] = {}
        if (facts := self._facts) is not None:
            shared = (
                "fingerprint",
                "rate_hz",
                "languages",
                "speakers",
                "clones",
                "needs_transcript",
                "device",
                "dtype",
            )
            told = {name: getattr(facts, name) for name in shared} | {"memory_mb": self._memory_mb}
        figures = self._embeddings.figures if self._embeddings else EmbeddingFigures()
        standing = self.standing
        return Health(standing.state, standing.reason, self._room.thread.busy_s, embeddings=figures, **told)

    @property
    def stuck(self) -> str:
        """See Service."""
        thread = self._room.thread
        limit_s = self._settings.load_timeout_s
        if thread.speaking:
            limit_s = self._settings.chunk_timeout_s + STUCK_AFTER_S
        return f"The model has given no sign of life for {limit_s:g} s" if thread.busy_s > limit_s else ""

    def info(self) -> bytes:
        """See Service: a voice for each speaker of the model and for each cloned voice."""
        if (facts := self._facts) is None:
            return info_frame(self._name, "", ())
        names = (*facts.speakers, *self._voices.names)
        voices = [Voice(VoiceId(name), self._name, name, facts.languages) for name in names]
        return info_frame(self._name, facts.fingerprint, voices)

    def answer(self, event: Event) -> AsyncGenerator[bytes, None] | None:
        """See Service."""
        match event.type:
            case "synthesize":
                return self._speak(event)
            case "embed":
                return self._embed(event)
            case "forget":
                return self._forget(event)
        return None

    async def load(self) -> None:
        """See Service."""
        facts = await self._room.load(self._load)
        if facts is not None:
            self._facts = facts
            self.standing.set(HostState.READY)

    def give_up(self, error: VoxdError) -> None:
        """See Service."""
        self._room.thread.give_up(error)

    def _load(self, tell: Callable[[str], None]) -> ModelFacts:
        self._model = self._make()
        facts = self._model.load(tell)
        folder = EmbeddingFolder(self._folder)
        self._embeddings = Embeddings(self._model, folder, self._settings.embeddings_memory_mb * 1_000_000)
        self._measure()
        return facts

    def _measure(self) -> None:
        self._memory_mb = self._model.memory_bytes() // 1_000_000

    async def _speak(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked, seed = _asked(event), _seed(event)
        self.standing.check_ready()
        assert self._facts is not None
        speaker, of = self._voice(asked.voice, self._facts)
        language = (asked.voice and asked.voice.language) or self._facts.languages[0]
        format_ = AudioFormat(self._facts.rate_hz)
        head = audio_start(format_)
        sound = self._room.thread.speak(lambda: self._sound(asked.text, language, speaker, of, seed))
        async with aclosing(sound):
            async for piece in sound:
                for burst in audio_bursts(Chunk(format_, _pcm(piece))):
                    yield head + burst
                    head = b""
        yield AUDIO_STOP

    def _voice(self, voice: SynthesizeVoice | None, facts: ModelFacts) -> tuple[str, EmbeddingOf | None]:
        name = voice.name if voice is not None and voice.name else next(iter(facts.speakers), "")
        return (name, None) if name in facts.speakers else (name, self._voices.find(name))

    def _sound(
        self, text: str, language: str, speaker: str, of: EmbeddingOf | None, seed: int | None
    ) -> Iterator[Samples]:
        """In the thread."""
        assert self._embeddings is not None
        assert self._facts is not None
        prepared = self._embeddings.prepared(of) if of is not None else None

        def speak(seed: int | None) -> Iterator[Samples]:
            return self._model.speak(text, language=language, speaker=speaker, prepared=prepared, seed=seed)

        yield from rendered(speak, text, self._facts.rate_hz, seed)
        self._measure()

    async def _embed(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked, clip = message_of(event, Embed), event.payload or b""
        began_s = time.monotonic()
        await self.standing.settled()
        assert self._facts is not None
        self._check_cloning(asked, self._facts)
        key = embedding_key(clip, asked.transcript, self._kind, self._facts)
        known = self._voices.told(EmbeddingOf(asked.voice, asked.transcript, key))

        def find_or_make() -> str:
            assert self._embeddings is not None
            source = self._embeddings.found_or_made(known.of, lambda: clip_samples(clip))
            known.ready = True  # also when whoever asked is gone by now
            self._measure()
            return source

        source = await self._room.thread.run(find_or_make)
        yield frame(host_event(Embedded(asked.voice, source, time.monotonic() - began_s)))

    def _check_cloning(self, asked: Embed, facts: ModelFacts) -> None:
        if not facts.clones:
            raise BadRequestError(f"The engine {self._name} does not clone voices")
        if facts.needs_transcript and not asked.transcript.strip():
            raise BadRequestError(
                f"The engine {self._name} must know what the clip of {asked.voice} says: a transcript"
            )
        if not asked.voice or asked.voice in facts.speakers:
            raise BadRequestError(f"{asked.voice!r} cannot be the name of a cloned voice of the engine {self._name}")

    async def _forget(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked = message_of(event, Forget)
        await self.standing.settled()
        of = self._voices.forget(asked.voice)
        own, others = of.key if of is not None else None, self._voices.keys
        embeddings = self._embeddings
        assert embeddings is not None
        await self._room.thread.run(lambda: embeddings.forget(asked.voice, own, others))
        yield frame(host_event(Forgotten(asked.voice)))

    def _repaired(self) -> bool:
        """In the thread: free what can be freed, and speak a sentence."""
        assert self._embeddings is not None
        assert self._facts is not None
        self._embeddings.drop()
        if not self._model.shrink():
            return False
        speaker, of = next(iter(self._facts.speakers), ""), None
        if not speaker and (of := self._voices.any_ready()) is None:
            return True
        for _ in self._sound(TEST_SENTENCE, self._facts.languages[0], speaker, of, seed=0):
            pass
        return True


def _asked(event: Event) -> Synthesize:
    asked = understood(event)
    if not isinstance(asked, Synthesize):
        raise ProtocolError("A text to speak was due")
    if not asked.text.strip() or len(asked.text) > TEXT_MAX_CHARS:
        raise BadRequestError(f"A sentence has 1 to {TEXT_MAX_CHARS} characters")
    return asked


def _seed(event: Event) -> int | None:
    seed: Any = event.data.get("seed")
    if seed is not None and not (type(seed) is int and 0 <= seed < SEED_END):
        raise ProtocolError("'seed' of synthesize must be a whole number from 0 to 2^63 - 1")
    return seed


def _pcm(piece: Samples) -> bytes:
    return bytes(np.rint(np.clip(piece, -1.0, 1.0) * 32767).astype("<i2").tobytes())
