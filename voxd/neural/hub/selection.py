"""Which files of a repository make a model: settings, vocabulary and weights; never a program."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from voxd.neural.hub.manifest import NAME

_ALWAYS = ("*.json", "*.safetensors")
_PICKLED = {"pytorch_model.bin": "model*.safetensors", "audiovae.pth": "audiovae*.safetensors"}
"""Weights that are only fetched where there are none in the safer form beside them."""


def wanted(names: Collection[str]) -> list[str]:
    """The files to fetch, by name. What lies in folders is not part of a model that voxd loads."""
    own = sorted(name for name in names if "/" not in name and not name.startswith(".") and name != NAME)
    return [name for name in own if _any(name, _ALWAYS) or (name in _PICKLED and not _other(own, _PICKLED[name]))]


def voice_files(names: Collection[str], voice: str) -> list[str]:
    """The files of one Piper voice, in whichever folder they are; empty where one of the two is not there."""
    ends = (f"{voice}.onnx", f"{voice}.onnx.json")
    found = [
        [name for name in sorted(names) if PurePosixPath(name).name == end and _is_plain(name)][:1] for end in ends
    ]
    return [name for (name,) in found] if all(found) else []


def is_model(names: Collection[str]) -> bool:
    """Whether that is all a model needs: how it is built, and weights."""
    return "config.json" in names and any(_any(name, ("*.safetensors", *_PICKLED)) for name in names)


def _is_plain(name: str) -> bool:
    return not any(part.startswith(".") for part in PurePosixPath(name).parts) and not name.startswith("/")


def _any(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _other(names: Collection[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
