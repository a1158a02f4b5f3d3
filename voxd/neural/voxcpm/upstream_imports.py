"""Importing the package voxcpm without torchaudio and librosa, of which it needs two functions to read a wav file.

What it imports at module level and never calls for us is stood in for while it is being imported; where the real
library works, the real one is taken. The package's own `generate(prompt_wav_path=...)` works with both.
"""

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np


@contextlib.contextmanager
def upstream() -> Iterator[None]:
    """Within it, `voxcpm` can be imported and its modules built; nothing is looked for on the internet.

    Its deprecations (weight_norm, jit.script) are not our owner's concern.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    stood_in = [
        *_unless_importable("torchaudio", _torchaudio),
        *_unless_importable("librosa", _librosa),
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in stood_in:
            sys.modules.pop(name, None)


def _unless_importable(name: str, stand_in: Callable[[], dict[str, ModuleType]]) -> list[str]:
    """Put stand-ins into sys.modules; their names."""
    try:
        importlib.import_module(name)
    except Exception:  # a wheel built for CUDA raises OSError, a broken one anything
        modules = stand_in()
        sys.modules.update(modules)
        return list(modules)
    return []


def _module(name: str, **members: object) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    for member, value in members.items():
        setattr(module, member, value)
    return module


def _torchaudio() -> dict[str, ModuleType]:
    functional = _module("torchaudio.functional", resample=_resample)
    return {"torchaudio": _module("torchaudio", load=_load, functional=functional), "torchaudio.functional": functional}


def _librosa() -> dict[str, ModuleType]:
    return {"librosa": _module("librosa", load=_librosa_load)}


def _load(path: str | Path) -> tuple[Any, int]:
    """torchaudio.load: a tensor of (channels, samples), and its rate."""
    import soundfile
    import torch

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(np.ascontiguousarray(samples.T)), rate_hz


def _resample(samples: Any, rate_hz: int, wanted_hz: int) -> Any:
    """torchaudio.functional.resample, of (channels, samples)."""
    import soxr
    import torch

    return torch.from_numpy(np.ascontiguousarray(soxr.resample(samples.numpy().T, rate_hz, wanted_hz).T))


def _librosa_load(path: str | Path, *, sr: int, mono: bool = True) -> tuple[np.ndarray[Any, Any], int]:
    """librosa.load: mono samples at the rate asked for."""
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    assert mono
    return soxr.resample(samples.mean(axis=1), rate_hz, sr), sr
