"""Which device the model runs on, and in which precision."""

import os

from voxd.errors import EngineError


def choose_device(wanted: str) -> str:
    """`cuda` or `cpu`, from `auto`, `cpu`, `cuda` or `cuda:1`. Raises EngineError where that GPU is not there.

    Call it before anything else asks for a GPU, and once in a process: a numbered GPU is made the only visible
    one, since upstream compiles its model only for a device that is called just `cuda`.
    """
    kind, _, number = wanted.partition(":")
    if number:
        _show_only(int(number))
    import torch

    there = kind != "cpu" and torch.cuda.is_available()
    if kind == "cuda" and not there:
        known = "" if torch.version.cuda else "; this install of torch is the one for CPUs"
        raise EngineError(f"The engine is to run on {wanted}, but that GPU is not to be seen{known}. Try device: auto")
    return "cuda" if there else "cpu"


def choose_dtype(wanted: str, device: str) -> str:
    """The precision by name; `auto` is bfloat16, as the models were trained, and float32 where there is no GPU."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if device == "cuda" else "float32"


def _show_only(number: int) -> None:
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    if visible and number >= len(visible):
        raise EngineError(f"There is no GPU cuda:{number} among those of CUDA_VISIBLE_DEVICES={','.join(visible)}")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible[number] if visible else str(number)
