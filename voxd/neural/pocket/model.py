"""Pocket TTS as a speech model: its clip encoder, its voices, its sentences."""

import os
import secrets
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr

from voxd.errors import EngineError
from voxd.lib.text_parts import parts_that_fit
from voxd.neural.pocket.checkpoint import Checkpoint, find_checkpoint
from voxd.neural.pocket.languages import languages_of
from voxd.neural.speech_model import CLIP_RATE_HZ, Arrays, ModelFacts, Prepared, Samples
from voxd.settings.engines import PocketSettings

if TYPE_CHECKING:
    from voxd.neural.pocket.network import Network
    from voxd.neural.pocket.voice_state import Shapes, VoiceState

EMBEDDING_SCHEME = 1
THREADS = 2
"""One makes frames, one decodes them. More hardly help, and wait for one another where others need the processor."""
CLIP_MAX_S = 30
"""Longer ones help nobody (upstream's `truncate`), and every sentence has to look at all of it."""
CLONES_ONCE = (
    "its weights are those without voice cloning; accept the conditions of kyutai/pocket-tts on its page at "
    "huggingface.co, run `voxd models fetch kyutai/pocket-tts`, and have that as the engine's `model`"
)
WARM_UP_TEXT = "Hello, this is the first test sentence."
WARM_UP_FRAMES = 8


class PocketModel:
    """Pocket TTS from a folder on disk, on the CPU. Each model speaks one language."""

    def __init__(self, settings: PocketSettings, models: Path) -> None:
        """`models` holds what `voxd models fetch` brought."""
        self._settings = settings
        self._models = models

    def load(self, tell: Callable[[str], None]) -> ModelFacts:
        """Raises EngineError where the model is not there, or not whole."""
        checkpoint = find_checkpoint(self._settings.model, self._models)
        languages = self._languages(checkpoint)
        tell("starting torch")
        import torch

        from voxd.neural.pocket.generation import Generation
        from voxd.neural.pocket.network import clones, load_network
        from voxd.neural.pocket.speakers import Speakers
        from voxd.neural.pocket.voice_state import shapes_of

        tell("loading the weights")
        self._network: Network = load_network(checkpoint)
        threads = self._settings.threads or min(THREADS, len(os.sched_getaffinity(0)))
        torch.set_num_threads(max(1, threads - 1))
        self._shapes: Shapes = shapes_of(self._network)
        self._speakers = Speakers(checkpoint.voices, self._shapes, languages[0])
        self._generation = Generation(self._network, one_thread=threads == 1)
        self._clones = clones(self._network)
        self._folder = checkpoint.folder
        tell("warming up")
        self._warm_up()
        return self._facts(checkpoint, languages)

    def derive(self, clip: Samples, transcript: str) -> Arrays:  # noqa: ARG002  it hears what is said
        """For each layer of the language model what it keeps of the clip, (2, 1, time, heads, channels)."""
        import torch

        from voxd.neural.pocket.voice_state import arrays_of

        if not self._clones:
            raise EngineError(f"The model in {self._folder} does not clone voices: {CLONES_ONCE}")
        sound = soxr.resample(clip[: CLIP_MAX_S * CLIP_RATE_HZ], CLIP_RATE_HZ, self._network.sample_rate)
        with torch.inference_mode():
            heard = torch.from_numpy(np.asarray(sound, dtype=np.float32))[None]
            return arrays_of(self._network.get_state_for_audio_prompt(heard))

    def prepare(self, embedding: Arrays, transcript: str) -> Prepared:  # noqa: ARG002  see derive
        """Raises EngineError where the embedding is another model's."""
        from voxd.neural.pocket.voice_state import voice_of

        return voice_of(embedding, self._shapes)

    def speak(
        self,
        text: str,
        *,
        language: str,  # noqa: ARG002  there is one
        speaker: str,
        prepared: Prepared | None,
        seed: int | None,
    ) -> Iterator[Samples]:
        """Frames of 80 ms; what is too long to be said at once is said in parts."""
        from voxd.neural.pocket.voice_state import VoiceState

        assert prepared is None or isinstance(prepared, VoiceState)
        voice = self._speakers.voice(speaker) if prepared is None else prepared
        return self._in_parts(_sayable(text), voice, secrets.randbits(63) if seed is None else seed)

    def _in_parts(self, text: str, voice: "VoiceState", seed: int) -> Iterator[Samples]:
        import torch

        if not self._generation.can_say(text):
            raise EngineError("There is nothing in the text that the model can say")
        torch.manual_seed(seed)
        for part in parts_that_fit(text, self._generation.fits):
            yield from self._generation.speak(part, voice)

    def shrink(self) -> bool:
        """Forget the voices that wait in memory."""
        return self._speakers.drop()

    def memory_bytes(self) -> int:
        """What the process holds of the machine."""
        resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return resident_pages * os.sysconf("SC_PAGE_SIZE")

    def _languages(self, checkpoint: Checkpoint) -> tuple[str, ...]:
        told = self._settings.languages or languages_of((checkpoint.name, self._settings.model))
        if not told:
            raise EngineError(
                f"Nothing tells which language the model {self._settings.model} speaks: name it in `languages`"
            )
        return told

    def _warm_up(self) -> None:
        """Speak a few words."""
        if self._speakers.names:
            voice = self._speakers.voice(self._speakers.names[0])
        elif self._clones:
            noise = np.random.default_rng(0).normal(0.0, 0.05, CLIP_RATE_HZ).astype(np.float32)
            voice = self.prepare(self.derive(noise, ""), "")  # type: ignore[assignment]  # of our own making
        else:
            raise EngineError(
                f"The model in {self._folder} has neither voices of its own nor the weights that clone one: "
                "fetch it again"
            )
        for _ in islice(self._generation.speak(WARM_UP_TEXT, voice), WARM_UP_FRAMES):
            pass

    def _facts(self, checkpoint: Checkpoint, languages: tuple[str, ...]) -> ModelFacts:
        told = (version("pocket-tts"), checkpoint.name, checkpoint.weights_hash[:16], checkpoint.voices_hash[:8])
        return ModelFacts(
            fingerprint=" ".join(("pocket", *told)),
            rate_hz=int(self._network.sample_rate),
            languages=languages,
            speakers=self._speakers.names,
            device="cpu",
            dtype="float32",
            weights=checkpoint.weights_hash,
            embedding_scheme=EMBEDDING_SCHEME,
            clones=self._clones,
            clones_once="" if self._clones else CLONES_ONCE,
        )


def _sayable(text: str) -> str:
    """The text in one line, without half characters, which no tokenizer takes."""
    return " ".join(text.encode("utf-8", "ignore").decode("utf-8").split())
