"""The service of a neural engine: it speaks, and makes voices out of reference clips."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from voxd.engine_host.loaded_model import LoadedModel, Text
from voxd.engine_host.room import End, Room
from voxd.engine_host.standing import Standing
from voxd.engine_host.voices import ClonedVoices
from voxd.errors import BadRequestError, ProtocolError, VoxdError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.neural.embeddings import EmbeddingOf, embedding_key
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import ModelFacts, Samples, SpeechModel
from voxd.settings.engines import HostSettings
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start, frame
from voxd.wire.wyoming.host_events import (
    Embed,
    Embedded,
    Fault,
    Forget,
    Forgotten,
    Health,
    HostState,
    host_event,
    word_of,
)
from voxd.wire.wyoming.info import info_frame
from voxd.wire.wyoming.requests import Event, Synthesize, understood

TEXT_MAX_CHARS = 5000
STUCK_FACTOR = 2.0
"""So much longer than its daemon's patience may a sentence be silent before the host ends itself."""
SEED_END = 2**63
"""Seeds are from 0 to below this."""
RATE_MIN, RATE_MAX = 0.25, 4.0
_TOLD = (
    *("fingerprint", "rate_hz", "languages", "speakers", "clones", "clones_once", "needs_transcript", "changes_rate"),
    *("device", "dtype"),
)
"""What of the model's facts is part of the host's health."""


@dataclass(frozen=True, slots=True)
class NeuralEngine:
    """What a neural engine is made of: its name, the `type` in its settings, its model, the folder of embeddings."""

    name: str
    kind: str
    settings: HostSettings
    make: Callable[[], SpeechModel]
    embeddings: Path


class SpeechService:
    """Speaks with one model. See Service."""

    def __init__(self, engine: NeuralEngine, end: End) -> None:
        self._engine = engine
        self._room = Room(engine.name, end, lambda: self._ready.repaired(self._voices.any_ready))
        self._voices = ClonedVoices()
        self._loaded: LoadedModel | None = None

    @property
    def standing(self) -> Standing:
        """See Service."""
        return self._room.standing

    @property
    def health(self) -> Health:
        """See Service."""
        told: dict[str, Any] = {}
        if (loaded := self._loaded) is not None:
            told = {name: getattr(loaded.facts, name) for name in _TOLD}
            told |= {"memory_mb": loaded.memory_mb, "embeddings": loaded.figures}
        return Health(self.standing.state, self.standing.reason, self._room.thread.busy_s, **told)

    @property
    def stuck(self) -> str:
        """See Service."""
        thread, settings = self._room.thread, self._engine.settings
        limit_s = STUCK_FACTOR * settings.chunk_timeout_s if thread.speaking else settings.load_timeout_s
        return f"The model has given no sign of life for {limit_s:g} s" if thread.busy_s > limit_s else ""

    def info(self) -> bytes:
        """See Service: a voice for each speaker of the model and for each cloned voice."""
        if self._loaded is None:
            return info_frame(self._engine.name, "", ())
        facts = self._loaded.facts
        names = (*facts.speakers, *self._voices.names)
        voices = [Voice(VoiceId(name), self._engine.name, name, facts.languages) for name in names]
        return info_frame(self._engine.name, facts.fingerprint, voices)

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
        loaded = await self._room.load(self._load)
        if loaded is not None:
            self._loaded = loaded
            self.standing.set(HostState.READY)

    def give_up(self, error: VoxdError) -> None:
        """See Service."""
        self._room.thread.give_up(error)

    @property
    def _ready(self) -> LoadedModel:
        assert self._loaded is not None, "it is ready only once it is loaded"
        return self._loaded

    def _load(self, tell: Callable[[str], None]) -> LoadedModel:
        """In the thread."""
        model = self._engine.make()
        facts = model.load(tell)
        return LoadedModel(
            model, facts, self._engine.embeddings, self._engine.settings.embeddings_memory_mb * 1_000_000
        )

    async def _speak(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked = _asked(event)
        self.standing.check_ready()
        model = self._ready
        text = replace(self._text(asked, _language(event), _seed(event), model.facts), rate=_rate(event))
        format_ = AudioFormat(model.facts.rate_hz)
        head = audio_start(format_)
        async with aclosing(self._room.thread.speak(lambda: model.sound(text))) as sound:
            async for piece in sound:
                for burst in audio_bursts(Chunk(format_, _pcm(piece))):
                    yield head + burst
                    head = b""
        yield AUDIO_STOP

    def _text(self, asked: Synthesize, language: str, seed: int | None, facts: ModelFacts) -> Text:
        speaker = asked.voice.name if asked.voice and asked.voice.name else next(iter(facts.speakers), "")
        cloned = None if speaker in facts.speakers else self._voices.find(speaker)
        return Text(asked.text, language or facts.languages[0], speaker, cloned, seed)

    async def _embed(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked, wav = word_of(event, Embed), event.payload or b""
        began_s = time.monotonic()
        await self.standing.settled()
        model = self._ready
        self._check_cloning(asked, model.facts)
        key = embedding_key(wav, asked.transcript, self._engine.kind, model.facts)
        voice = self._voices.told(EmbeddingOf(asked.voice, asked.transcript, key))
        source = await self._done_or_done_smaller(lambda: model.know(voice, wav))
        yield frame(host_event(Embedded(asked.voice, source, time.monotonic() - began_s)))

    async def _done_or_done_smaller(self, work: Callable[[], str]) -> str:
        """What `work` gives; once more after a repair where the device ran out of memory. Raises VoxdError."""
        try:
            return await self._room.thread.run(work)
        except FaultError as error:
            if error.fault is not Fault.OUT_OF_MEMORY:
                raise
        await self.standing.settled()
        return await self._room.thread.run(work)

    def _check_cloning(self, asked: Embed, facts: ModelFacts) -> None:
        engine = self._engine.name
        if not facts.clones:
            hint = f": {facts.clones_once}" if facts.clones_once else ""
            raise BadRequestError(f"The engine {engine} does not clone voices{hint}")
        if facts.needs_transcript and not asked.transcript.strip():
            raise BadRequestError(f"The engine {engine} needs the transcript of the clip of {asked.voice}")
        if not asked.voice or asked.voice in facts.speakers:
            raise BadRequestError(f"{asked.voice!r} cannot be the name of a cloned voice of the engine {engine}")

    async def _forget(self, event: Event) -> AsyncGenerator[bytes, None]:
        asked = word_of(event, Forget)
        await self.standing.settled()
        model = self._ready
        of = self._voices.forget(asked.voice)
        own, others = of.key if of is not None else None, self._voices.keys
        await self._room.thread.run(lambda: model.forget(asked.voice, own, others))
        yield frame(host_event(Forgotten(asked.voice)))


def _asked(event: Event) -> Synthesize:
    asked = understood(event)
    if not isinstance(asked, Synthesize):
        raise ProtocolError("A text to speak was due")
    if not asked.text.strip() or len(asked.text) > TEXT_MAX_CHARS:
        raise BadRequestError(f"A sentence has 1 to {TEXT_MAX_CHARS} characters")
    return asked


def _language(event: Event) -> str:
    """The language asked for; the library's class drops the one of a voice that has a name."""
    voice: Any = event.data.get("voice") or {}
    return str(voice.get("language") or "")


def _seed(event: Event) -> int | None:
    seed: Any = event.data.get("seed")
    if seed is not None and not (type(seed) is int and 0 <= seed < SEED_END):
        raise ProtocolError("'seed' of synthesize must be a whole number from 0 to 2^63 - 1")
    return None if seed is None else int(seed)


def _rate(event: Event) -> float:
    rate: Any = event.data.get("rate", 1.0)
    if type(rate) not in (int, float) or not RATE_MIN <= rate <= RATE_MAX:
        raise ProtocolError(f"'rate' of synthesize must be a number from {RATE_MIN:g} to {RATE_MAX:g}")
    return float(rate)


def _pcm(piece: Samples) -> bytes:
    return bytes(np.rint(np.clip(piece, -1.0, 1.0) * 32767).astype("<i2").tobytes())
