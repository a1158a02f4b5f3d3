"""Which files of a repository make a model: settings, vocabulary and weights; never a program."""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from voxd.neural.hub.manifest import NAME

_ALWAYS = ("*.json", "*.safetensors")
_YAML, _TOKENIZER = ("*.yaml", "*.yml"), ("tokenizer*.model",)
"""What models of Pocket TTS have in place of a config.json, and may have in place of a tokenizer.json."""
_VOICES = ("embeddings/*.safetensors", "voices/*.safetensors")
_MANY = re.compile(r"languages/([^/]+)/model\.safetensors")
_OF_ONE = (".json", ".model", ".safetensors", ".yaml", ".yml")
KNOWN_FOR = "english"
"""The model that is meant where a repository has several and none is named."""
_PICKLED = {"pytorch_model.bin": "model*.safetensors", "audiovae.pth": "audiovae*.safetensors"}
"""Weights that are only fetched where there are none in the safer form beside them."""


def wanted(names: Collection[str]) -> list[str]:
    """The files to fetch, by name. What lies in folders is not part of a model that voxd loads."""
    own = sorted(name for name in names if "/" not in name and not name.startswith(".") and name != NAME)
    if "config.json" not in own and any(_any(name, _YAML) for name in own):
        voices = sorted(name for name in names if _any(name, _VOICES) and _is_plain(name))
        return [name for name in own if _any(name, (*_ALWAYS, *_YAML, *_TOKENIZER))] + voices
    return [name for name in own if _any(name, _ALWAYS) or (name in _PICKLED and not _other(own, _PICKLED[name]))]


def models_in(names: Collection[str]) -> list[str]:
    """The models of a repository that has one for each language; empty where it has not."""
    return sorted(match[1] for name in names if (match := _MANY.fullmatch(name)))


def files_of(names: Collection[str], model: str) -> list[str]:
    """The files of one of those models, with its voices; where it has no vocabulary of its own, those of all."""
    plain = sorted(name for name in names if name.endswith(_OF_ONE) and _is_plain(name))
    own = [name for name in plain if name.startswith(f"languages/{model}/")]
    tokenizers = [name for name in plain if PurePosixPath(name).name.startswith("tokenizer.")]
    return own if set(own) & set(tokenizers) else own + tokenizers


def voice_files(names: Collection[str], voice: str) -> list[str]:
    """The files of one Piper voice, in whichever folder they are; empty where one of the two is not there."""
    ends = (f"{voice}.onnx", f"{voice}.onnx.json")
    found = [
        [name for name in sorted(names) if PurePosixPath(name).name == end and _is_plain(name)][:1] for end in ends
    ]
    return [name for (name,) in found] if all(found) else []


def is_model(names: Collection[str]) -> bool:
    """Whether that is all a model needs: how it is built, and weights."""
    configured = "config.json" in names or any(_any(name, _YAML) for name in names)
    return configured and any(_any(name, ("*.safetensors", *_PICKLED)) for name in names)


def _is_plain(name: str) -> bool:
    return not any(part.startswith(".") for part in PurePosixPath(name).parts) and not name.startswith("/")


def _any(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _other(names: Collection[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
