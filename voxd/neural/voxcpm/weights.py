"""Reading weights without running anything that a model's file may hold."""

import pickle
from pathlib import Path

import torch
from torch import Tensor

from voxd.errors import EngineError
from voxd.neural.model_files import read_safetensors
from voxd.neural.voxcpm.checkpoint import Checkpoint

VAE_PREFIX = "audio_vae."
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
"""How a file of weights begins, today's and one from before torch 1.6; the stand-in of Git LFS does not."""


def read_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """All weights under the names that the network has for them."""
    weights = _read(checkpoint.weights)
    weights.update((VAE_PREFIX + name, weight) for name, weight in _read(checkpoint.vae_weights).items())
    return weights


def _read(file: Path) -> dict[str, Tensor]:
    if file.suffix == ".safetensors":
        return read_safetensors(file)
    try:
        return _pickled(file)
    except pickle.UnpicklingError as error:
        raise EngineError(
            f"{file} holds more than weights, and voxd runs no code that comes with a model. "
            f"Get the model as {file.with_suffix('.safetensors').name}"
        ) from error
    except (OSError, ValueError, RuntimeError, EOFError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(f"{file} is damaged ({reason}). Fetch the model again") from error


def _pickled(file: Path) -> dict[str, Tensor]:
    with file.open("rb") as opened:
        if not opened.read(len(_ZIP)).startswith((_ZIP, _PICKLE)):
            raise ValueError("it does not begin like weights")
    held = torch.load(file, map_location="cpu", weights_only=True)
    held = held.get("state_dict", held) if isinstance(held, dict) else held
    if not isinstance(held, dict) or not all(isinstance(weight, Tensor) for weight in held.values()):
        raise ValueError("it is no list of weights by name")
    return {str(name): weight for name, weight in held.items()}
