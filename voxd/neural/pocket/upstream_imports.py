"""Importing the package pocket_tts without scipy, of which it needs two functions to read and to write sound files.

We resample and read sound ourselves, so nothing of ours ever calls them; a stand-in is there while the package is
being imported. Where scipy is installed the package has the real one.
"""

import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NoReturn

_STOOD_IN = ("scipy", "scipy.io", "scipy.io.wavfile", "scipy.signal")


@contextlib.contextmanager
def upstream() -> Iterator[None]:
    """Within it, `pocket_tts` can be imported; nothing is looked for on the internet. What it tells is not for owners.

    Its import sets the number of torch's threads to one.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("pocket_tts").setLevel(logging.WARNING)
    stands_in = "scipy" not in sys.modules and importlib.util.find_spec("scipy") is None
    if stands_in:
        sys.modules.update(_scipy())
    try:
        yield
    finally:
        for name in _STOOD_IN if stands_in else ():
            sys.modules.pop(name, None)


def configurations() -> Path:
    """The folder of the configurations that the package brings, a YAML file for each of Kyutai's models."""
    spec = importlib.util.find_spec("pocket_tts")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("there is no pocket_tts")
    return Path(spec.submodule_search_locations[0]) / "config"


def _scipy() -> dict[str, ModuleType]:
    modules = {name: ModuleType(name) for name in _STOOD_IN}
    for name, module in modules.items():
        module.__spec__ = ModuleSpec(name, None)
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(modules[parent], own, module)
    vars(modules["scipy.signal"])["resample_poly"] = _not_here
    vars(modules["scipy.io.wavfile"])["write"] = _not_here
    return modules


def _not_here(*_: object, **__: object) -> NoReturn:
    raise ImportError("scipy is not installed, and nothing of voxd needs it")
