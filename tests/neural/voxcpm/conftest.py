"""Tiny models of both architectures, each beside upstream's own with the same weights."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoints import LM, write_checkpoint
from numpy.typing import NDArray

from voxd.neural.speech_model import CLIP_RATE_HZ, Arrays, Prepared, Samples
from voxd.neural.voxcpm.model import VoxcpmModel
from voxd.neural.voxcpm.upstream_imports import upstream
from voxd.settings.engines import VoxcpmSettings

TRANSCRIPT = "Hello there."
STEPS = 4
MAX_LENGTH = 600


def own_model(folder: Path, **options: Any) -> VoxcpmModel:
    """Not loaded yet."""
    told = {"device": "cpu", "dtype": "float32", "steps": STEPS, "max_length": MAX_LENGTH, **options}
    return VoxcpmModel(VoxcpmSettings(model=str(folder), **told), folder.parent, folder.parent)


@dataclass(frozen=True)
class Pair:
    """The model, upstream's on the same weights, and what they need to speak as somebody."""

    architecture: str
    folder: Path
    own: VoxcpmModel
    upstream: Any
    embedding: Arrays
    prepared: Prepared
    prompt_cache: dict[str, Any]

    @property
    def second(self) -> bool:
        return self.architecture == "voxcpm2"

    def say(self, text: str, *, cloned: bool, seed: int | None = 1) -> list[Samples]:
        """The pieces of a sentence."""
        prepared = self.prepared if cloned else None
        return list(self.own.speak(text, language="en", speaker="default", prepared=prepared, seed=seed))

    def upstream_says(self, text: str, *, cloned: bool, seed: int = 1) -> NDArray[np.float32]:
        """The same from upstream, the sound decoded as a whole."""
        import torch

        torch.manual_seed(seed)
        cache = self.prompt_cache if cloned else None
        sound, *_ = self.upstream.generate_with_prompt_cache(text, cache, inference_timesteps=STEPS)
        return np.asarray(sound[0])


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """A tiny model has nothing to share out; threads that wait for one another would only burn the machine."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def clip() -> Samples:
    """Three seconds of a voice, as far as arithmetic is concerned; not a whole number of patches."""
    at_s = np.arange(int(3.03 * CLIP_RATE_HZ)) / CLIP_RATE_HZ
    loudness = 0.15 * (1 + np.sin(2 * np.pi * 3 * at_s))
    return np.asarray(loudness * np.sin(2 * np.pi * 220 * at_s), dtype=np.float32)


@pytest.fixture(scope="session")
def checkpoint_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a checkpoint."""

    def write(architecture: str = "voxcpm", **options: Any) -> Path:
        return write_checkpoint(tmp_path_factory.mktemp("models") / architecture, architecture, **options)

    return write


@pytest.fixture(scope="session", params=["voxcpm", "voxcpm2"])
def pair(
    request: pytest.FixtureRequest, clip: Samples, checkpoint_of: Callable[..., Path], tmp_path_factory: Any
) -> Pair:
    """Both architectures; `-mup` scales as no published model does, but a configuration may ask for."""
    architecture, _, mup = str(request.param).partition("-")
    folder = checkpoint_of(architecture, lm_config={**LM, "use_mup": bool(mup)})
    own = own_model(folder)
    own.load(lambda _: None)
    theirs = upstream_model(folder, tmp_path_factory.mktemp("upstream"))
    wav = _written(clip, tmp_path_factory.mktemp("clip") / "clip.wav")
    if architecture == "voxcpm2":
        cache = theirs.build_prompt_cache(reference_wav_path=str(wav))
    else:
        cache = theirs.build_prompt_cache(prompt_text=TRANSCRIPT, prompt_wav_path=str(wav))
    embedding = own.derive(clip, TRANSCRIPT)
    return Pair(architecture, folder, own, theirs, embedding, own.prepare(embedding, TRANSCRIPT), cache)


def upstream_model(folder: Path, empty: Path) -> Any:
    """Upstream takes precision and length from config.json alone."""
    shutil.copytree(folder, empty, dirs_exist_ok=True)
    config = json.loads((empty / "config.json").read_text())
    (empty / "config.json").write_text(json.dumps({**config, "dtype": "float32", "max_length": MAX_LENGTH}))
    with upstream():
        from voxcpm import VoxCPM

        return VoxCPM(str(empty), enable_denoiser=False, optimize=False, device="cpu").tts_model


def _written(clip: Samples, path: Path) -> Path:
    import soundfile

    soundfile.write(path, clip, CLIP_RATE_HZ, subtype="FLOAT")
    return path
