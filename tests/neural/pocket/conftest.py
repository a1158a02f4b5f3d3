"""Tiny models of Pocket TTS, one of them beside upstream's own with the same weights."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pocket_checkpoints import write_checkpoint

from voxd.neural.pocket.model import PocketModel
from voxd.neural.pocket.upstream_imports import upstream
from voxd.neural.speech_model import CLIP_RATE_HZ, Prepared, Samples
from voxd.settings.engines import PocketSettings

SPEAKER = "juergen"
WEIGHTS = "languages/english/model.safetensors"
VOICES = "languages/english/embeddings"
Weights = dict[str, Any]


def own_model(model: Path | str, models: Path = Path("/nowhere"), **options: Any) -> PocketModel:
    """Not loaded yet."""
    return PocketModel(PocketSettings(model=str(model), **{"threads": 1, **options}), models)


def said(
    model: PocketModel, text: str, *, prepared: Prepared | None = None, speaker: str = SPEAKER, seed: int | None = 1
) -> NDArray[np.float32]:
    """The whole sound of a text."""
    return np.concatenate(list(model.speak(text, language="en", speaker=speaker, prepared=prepared, seed=seed)))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """A tiny model has nothing to share out; threads that wait for one another would only burn the machine."""
    import torch

    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def clip() -> Samples:
    """Three seconds of a voice, as far as arithmetic is concerned; not a whole number of frames."""
    at_s = np.arange(int(3.03 * CLIP_RATE_HZ)) / CLIP_RATE_HZ
    loudness = 0.15 * (1 + np.sin(2 * np.pi * 3 * at_s))
    return np.asarray(loudness * np.sin(2 * np.pi * 220 * at_s), dtype=np.float32)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that clones and has two voices of its own; its sentences end by chance."""
    return write_checkpoint(tmp_path_factory.mktemp("models") / "pocket", voices=("alba", SPEAKER))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, whose sentences end as early as they may."""
    return write_checkpoint(tmp_path_factory.mktemp("template") / "pocket", stops=True, voices=("alba", SPEAKER))


@pytest.fixture
def copied(template: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of it, with other weights where `change` is given those there are."""

    def copy(name: str = "copy", change: Callable[[Weights], Weights] | None = None) -> Path:
        from safetensors.torch import load_file, save_file

        shutil.copytree(template, tmp_path / name)
        if change is not None:
            file = tmp_path / name / WEIGHTS
            save_file(change(load_file(file)), file)
        return tmp_path / name

    return copy


def without_cloning(weights: Weights) -> Weights:
    """Those that everybody may have: the encoder is zero."""
    return {name: weight * 0 if name.startswith("mimi.encoder") else weight for name, weight in weights.items()}


@pytest.fixture(scope="session")
def model(folder: Path) -> PocketModel:
    """That model, loaded."""
    loaded = own_model(folder)
    loaded.load(lambda _: None)
    return loaded


@pytest.fixture(scope="session")
def theirs(folder: Path) -> Any:
    """Upstream's own on the same files; it decodes a frame at a time, as it else depends on its threads' luck."""
    from voxd.neural.pocket.checkpoint import find_checkpoint

    config = dict(find_checkpoint(str(folder), folder).config)
    with upstream():
        from pocket_tts.models.tts_model import TTSModel
        from pocket_tts.utils.config import Config

        parsed = Config(**config)
        made = TTSModel._from_pydantic_config_with_weights(
            parsed, parsed.default_temperature, 1, None, parsed.default_eos_threshold
        )
    made.max_decoder_frames_per_call = 1
    return made.eval()
