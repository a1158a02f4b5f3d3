"""Piper as a speech model: a voice of one file, which needs no GPU."""

import logging
import os
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from voxd.errors import EngineError
from voxd.neural.piper.network import Manner, Network
from voxd.neural.piper.pronunciation import Pronunciation
from voxd.neural.piper.voice_file import VoiceFile, find_voice
from voxd.neural.speech_model import Arrays, ModelFacts, Prepared, Samples
from voxd.settings.engines import PiperSettings

log = logging.getLogger(__name__)

OWN_VERSION = 1
"""Grows when the same voice sounds different for a reason in here."""


class PiperModel:
    """A voice of Piper. See PacedModel.

    A sentence's sound comes in pieces of up to a second, between which it can be ended, and the first of them when a
    third of the work is done; only where the network cannot be cut it comes phrase by phrase.
    """

    def __init__(self, settings: PiperSettings, models: Path) -> None:
        self._settings = settings
        self._models = models
        self._voice: VoiceFile
        self._reading: Pronunciation
        self._network: Network

    def load(self, tell: Callable[[str], None]) -> ModelFacts:
        """See SpeechModel."""
        tell("the voice is read")
        self._voice = voice = find_voice(self._settings.model, self._models)
        self._reading = Pronunciation(voice)
        tell("the network is prepared")
        told = voice.description
        self._network = Network(voice.model, told.audio.sample_rate, self._settings.threads)
        tell("the first words are spoken")
        self._try_out()
        return ModelFacts(
            fingerprint=f"piper {version('piper-tts')} {OWN_VERSION} {voice.name} {voice.hash[:16]}",
            rate_hz=told.audio.sample_rate,
            languages=(told.language_tag,),
            speakers=tuple(told.speakers),
            device="cpu",
            dtype="float32",
            weights=voice.hash,
            changes_rate=True,
        )

    def derive(self, clip: Samples, transcript: str) -> NoReturn:  # noqa: ARG002 - the port's
        """See SpeechModel."""
        raise EngineError("Piper clones no voices")

    def prepare(self, embedding: Arrays, transcript: str) -> NoReturn:  # noqa: ARG002 - the port's
        """See SpeechModel."""
        raise EngineError("Piper clones no voices")

    def speak(
        self,
        text: str,
        *,
        language: str,  # noqa: ARG002 - the port's
        speaker: str,
        prepared: Prepared | None,  # noqa: ARG002 - the port's
        seed: int | None,
        rate: float = 1.0,
    ) -> Iterator[Samples]:
        """See PacedModel: the voice speaks its own language, whatever is asked for."""
        manner = self._manner(speaker, rate, seed)
        for phrase in self._reading.phrases(text):
            yield from self._network.sound(phrase, manner)

    def shrink(self) -> bool:
        """See SpeechModel: there is nothing to give up."""
        return False

    def memory_bytes(self) -> int:
        """See SpeechModel."""
        resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return resident_pages * os.sysconf("SC_PAGE_SIZE")

    def _manner(self, speaker: str, rate: float, seed: int | None) -> Manner:
        told = self._voice.description
        scales = told.inference
        return Manner(told.speakers.get(speaker), scales.noise_scale, scales.length_scale / rate, scales.noise_w, seed)

    def _try_out(self) -> None:
        every = sorted({number for numbers in self._voice.description.phoneme_id_map.values() for number in numbers})
        speaker = next(iter(self._voice.description.speakers))
        try:
            self._network.try_out(every, self._manner(speaker, 1.0, seed=0))
        except Exception as error:
            raise EngineError(f"The voice {self._voice.name} does not speak: {str(error).strip()[:200]}") from error
        if not self._network.is_cut:
            log.info("The network of %s is of a kind whose sound comes phrase by phrase", self._voice.name)
