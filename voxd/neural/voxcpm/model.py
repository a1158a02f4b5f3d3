"""VoxCPM as a speech model: its clip encoder, its voices, its sentences."""

import gc
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from voxd.errors import EngineError
from voxd.lib.text_parts import parts_that_fit
from voxd.neural.speech_model import CLIP_RATE_HZ, Arrays, ModelFacts, Prepared, Samples
from voxd.neural.voxcpm.checkpoint import Checkpoint, find_checkpoint
from voxd.neural.voxcpm.device import choose_device, choose_dtype
from voxd.settings.engines import VoxcpmSettings

if TYPE_CHECKING:
    from voxd.neural.voxcpm.generation import Generation
    from voxd.neural.voxcpm.network import Network
    from voxd.neural.voxcpm.prepared import Continuation, Reference

log = logging.getLogger(__name__)

FIRST_LANGUAGES = ("en", "zh")
SECOND_LANGUAGES = (
    *("en", "zh", "ar", "da", "de", "el", "es", "fi", "fr", "he", "hi", "id", "it", "ja", "km"),
    *("ko", "lo", "ms", "my", "nl", "no", "pl", "pt", "ru", "sv", "sw", "th", "tl", "tr", "vi"),
)
"""What the model card of openbmb/VoxCPM2 names."""
EMBEDDING_SCHEME = 1
WARM_UP_TEXT = "Hello, this is the first test sentence."
WARM_UP_PATCHES = 8
LENGTH_MIN = 1024


class VoxcpmModel:
    """VoxCPM 1.5 or 2 from a folder on disk. 1.5 goes on from a reference clip, 2 is told of the voice by it."""

    def __init__(self, settings: VoxcpmSettings, models: Path, scratch: Path) -> None:
        """`models` holds what `voxd models fetch` brought; `scratch` keeps compiled kernels between starts."""
        self._settings = settings
        self._models = models
        self._scratch = scratch
        self._device = ""

    def load(self, tell: Callable[[str], None]) -> ModelFacts:
        """Raises EngineError where the model or its device is not there, or the model not whole."""
        checkpoint = find_checkpoint(self._settings.model, self._models)
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(self._scratch / "inductor"))
        os.environ.setdefault("TRITON_CACHE_DIR", str(self._scratch / "triton"))
        tell("starting torch")
        self._device = self._device or choose_device(self._settings.device)
        self._dtype = choose_dtype(self._settings.dtype, self._device)
        from voxd.neural.voxcpm.network import load_network

        tell("loading the weights")
        self._network: Network = load_network(
            checkpoint, device=self._device, dtype=self._dtype, max_length=self._settings.max_length
        )
        self._second = checkpoint.is_second
        self._generation = self._warmed(tell)
        return self._facts(checkpoint)

    @property
    def audio_vae(self) -> Any:
        """What encodes clips and decodes speech."""
        return self._network.audio_vae

    def derive(self, clip: Samples, transcript: str) -> Arrays:
        """`ref_audio_feat` for VoxCPM 2, `audio_feat` for 1.5, both (time, patch, channels)."""
        import torch

        if not self._second and not transcript.strip():
            raise EngineError("VoxCPM 1.5 needs to know what is said in the reference clip: give its transcript")
        network, vae = self._network, self.audio_vae
        sound = soxr.resample(clip, CLIP_RATE_HZ, vae.sample_rate).astype(np.float32)
        short = -len(sound) % (network.patch_size * network.chunk_size)
        sound = np.pad(sound, (0, short) if self._second else (short, 0))
        with torch.inference_mode():
            latents = vae.encode(torch.from_numpy(sound)[None].to(self._device), vae.sample_rate).cpu()
        patches = latents.view(vae.latent_dim, -1, network.patch_size).permute(1, 2, 0)
        name = "ref_audio_feat" if self._second else "audio_feat"
        return {name: np.ascontiguousarray(patches.numpy())}

    def prepare(self, embedding: Arrays, transcript: str) -> Prepared:
        """Where the voice comes from the transcript too (1.5), it is the one that was given to `derive`."""
        import torch

        if self._second:
            return self._generation.reference(torch.from_numpy(embedding["ref_audio_feat"]))
        return self._generation.continuation(torch.from_numpy(embedding["audio_feat"]), transcript)

    def speak(
        self,
        text: str,
        *,
        language: str,  # noqa: ARG002 - the model hears it from the text
        speaker: str,  # noqa: ARG002 - there is one
        prepared: Prepared | None,
        seed: int | None,
    ) -> Iterator[Samples]:
        """Patches of 160 ms; what is too long to be said at once is said in parts.

        Without `prepared` the voice is another one for every seed.
        """
        import torch

        from voxd.neural.voxcpm.prepared import Continuation, Reference

        assert prepared is None or isinstance(prepared, Continuation | Reference)
        torch.manual_seed(secrets.randbits(63) if seed is None else seed)
        return self._in_parts(" ".join(text.split()), prepared)

    def _in_parts(self, text: str, prepared: "Continuation | Reference | None") -> Iterator[Samples]:
        for part in parts_that_fit(text, lambda part: self._generation.fits(part, prepared)):
            yield from self._generation.speak(part, prepared)

    def shrink(self) -> bool:
        """Half the longest sentence, down to LENGTH_MIN positions."""
        import torch

        length = int(self._network.base_lm.kv_cache.max_length)
        smaller = max(LENGTH_MIN, length // 2)
        for module in (self._network.base_lm, self._network.residual_lm) if smaller < length else ():
            module.kv_cache = None
            module.setup_cache(1, smaller, self._device, getattr(torch, self._dtype))
        gc.collect()
        if self._device == "cuda":
            torch.cuda.empty_cache()  # after the old caches went, so that their room goes back to the device
        return smaller < length

    def memory_bytes(self) -> int:
        """What torch holds of the GPU; without one, what the process holds of the machine."""
        import torch

        if self._device == "cuda":
            return torch.cuda.memory_reserved()
        resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return resident_pages * os.sysconf("SC_PAGE_SIZE")

    def _warmed(self, tell: Callable[[str], None]) -> "Generation":
        """Speak a few words, compiled where that is wanted and works."""
        import torch

        from voxd.neural.voxcpm.compilation import can_compile, compiled
        from voxd.neural.voxcpm.generation import parts_of

        parts = parts_of(self._network)
        if self._settings.compile and self._device == "cuda" and can_compile():
            tell("compiling, which takes minutes the first time")
            try:
                return self._spoken(self._made(compiled(parts)))
            except torch.OutOfMemoryError:
                raise
            except Exception as error:  # a missing C compiler, a driver, a bug of torch: all end in slower speech
                log.warning("The model could not be compiled and speaks slower: %s", str(error).split("\n")[0])
        tell("warming up")
        return self._spoken(self._made(parts))

    def _made(self, parts: Any) -> "Generation":
        from voxd.neural.voxcpm.generation import Generation

        return Generation(self._network, parts, steps=self._settings.steps, cfg=self._settings.cfg)

    def _spoken(self, generation: "Generation") -> "Generation":
        for _ in generation.speak(WARM_UP_TEXT, None, WARM_UP_PATCHES):
            pass
        return generation

    def _facts(self, checkpoint: Checkpoint) -> ModelFacts:
        told = (
            f"voxcpm {version('voxcpm')} {checkpoint.architecture} {checkpoint.weights_hash[:16]}",
            f"{self._dtype} steps={self._settings.steps} cfg={self._settings.cfg:g}",
        )
        return ModelFacts(
            fingerprint=" ".join(told),
            rate_hz=int(self._network.sample_rate),
            languages=SECOND_LANGUAGES if self._second else FIRST_LANGUAGES,
            speakers=("default",),
            device=self._device,
            dtype=self._dtype,
            weights=checkpoint.weights_hash,
            embedding_scheme=EMBEDDING_SCHEME,
            clones=True,
            needs_transcript=not self._second,
        )
