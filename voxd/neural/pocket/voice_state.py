"""A voice as Pocket TTS speaks with it: what its language model keeps of a clip that comes before any text."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from voxd.errors import EngineError
from voxd.neural.model_files import read_safetensors
from voxd.neural.speech_model import Arrays

ModelState = dict[str, dict[str, Tensor]]
"""Upstream's: of each layer `cache`, (2, 1, length, heads, channels), and `offset`, how much of it is filled."""
Shapes = Mapping[str, tuple[int, ...]]
"""What the caches of a network's layers look like; their length does not matter."""


@dataclass(frozen=True, slots=True)
class VoiceState:
    """The keys and values of each layer, exactly as long as the clip. They are never changed."""

    caches: Mapping[str, Tensor]

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(cache.nbytes for cache in self.caches.values())

    @property
    def positions(self) -> int:
        """How long the clip is for the language model."""
        return int(next(iter(self.caches.values())).shape[2])

    def begun(self, positions: int) -> ModelState:
        """A state of its own to go on from, with room for so many positions more."""
        state: ModelState = {}
        for name, cache in self.caches.items():
            kinds, one, held, *rest = cache.shape
            whole = cache.new_empty(kinds, one, held + positions, *rest)
            whole[:, :, :held] = cache
            state[name] = {
                "cache": whole,
                "offset": torch.full((1,), held, dtype=torch.long),
                "pad": torch.zeros(1, dtype=torch.long),
            }
        return state


def shapes_of(network: Any) -> Shapes:
    """The shapes of the network's caches."""
    from pocket_tts.modules.stateful_module import init_states

    return {name: tuple(held["cache"].shape) for name, held in init_states(network.flow_lm, 1, 0).items()}


def arrays_of(state: ModelState) -> Arrays:
    """A state that upstream made, as it is kept: the filled part of each cache by the name of its layer."""
    held = {name: layer["cache"][:, :, : int(layer["offset"][0])] for name, layer in state.items()}
    return {name: np.ascontiguousarray(cache.to(torch.float32).numpy()) for name, cache in held.items()}


def voice_of(arrays: Arrays, shapes: Shapes) -> VoiceState:
    """A voice of what was kept. Raises EngineError where it is of another model."""
    voice = {name: torch.from_numpy(np.array(array, dtype=np.float32)) for name, array in arrays.items()}
    return _checked(voice, shapes, "The speaker embedding")


def voice_in(file: Path, shapes: Shapes) -> VoiceState:
    """A voice of a file as upstream exports it: `LAYER/cache`, and `LAYER/offset` or a `LAYER/current_end` as long.

    Raises EngineError where it is damaged, or of another model.
    """
    held = read_safetensors(file)
    caches = {name.rpartition("/")[0]: tensor for name, tensor in held.items() if name.endswith("/cache")}
    voice = {name: cache[:, :, : _filled(name, cache, held)].float().clone() for name, cache in caches.items()}
    return _checked(voice, shapes, f"The voice {file}")


def _filled(layer: str, cache: Tensor, held: Mapping[str, Tensor]) -> int:
    """How much of a layer's cache is filled."""
    if (offset := held.get(f"{layer}/offset")) is not None and offset.numel():
        return int(offset.view(-1)[0])
    if (end := held.get(f"{layer}/current_end")) is not None:
        return int(end.shape[0])
    return int(cache.shape[2]) if cache.dim() > 2 else 0


def _checked(caches: dict[str, Tensor], shapes: Shapes, what: str) -> VoiceState:
    fits = caches.keys() == shapes.keys() and all(
        cache.dim() == 5 and (*cache.shape[:2], *cache.shape[3:]) == (*shapes[name][:2], *shapes[name][3:])
        for name, cache in caches.items()
    )
    if not fits or len({cache.shape[2] for cache in caches.values()}) != 1 or not next(iter(caches.values())).shape[2]:
        raise EngineError(f"{what} is of another model than this one")
    return VoiceState(caches)
