"""Compiling what runs for every patch: on a GPU most of the time goes into starting kernels one by one."""

import importlib.util
from collections.abc import Callable
from typing import Any

import torch

from voxd.neural.voxcpm.generation import Parts

CAPABILITY_MIN = (7, 0)
"""What triton needs of a GPU."""


def can_compile() -> bool:
    """Whether there is a GPU, and triton to write programs for it."""
    if not torch.cuda.is_available() or torch.cuda.get_device_capability() < CAPABILITY_MIN:
        return False
    return importlib.util.find_spec("triton") is not None


def compiled(parts: Parts) -> Parts:
    """The parts as CUDA graphs. They belong to the thread that first calls them: it must be the only one ever."""
    return Parts(*(_graph(part) for part in (parts.base_step, parts.residual_step, parts.encode, parts.estimate)))


def _graph(part: Callable[..., Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = torch.compile(part, mode="reduce-overhead", fullgraph=True)
    return made
