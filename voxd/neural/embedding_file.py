"""A speaker embedding as the bytes of a file: safetensors, with a checksum that is looked at before it is used."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from voxd.neural.speech_model import Arrays

_LENGTH_BYTES = 8
_METADATA = "__metadata__"
"""A file begins with the length of its header in 8 bytes, little endian; the header is JSON (safetensors, Format)."""


@dataclass(frozen=True, slots=True)
class StoredEmbedding:
    """An embedding; the voice it was made for first, and the seconds that making it took."""

    arrays: Arrays
    voice: str
    encoding_s: float


def to_bytes(key: str, stored: StoredEmbedding) -> bytes:
    """The file's content."""
    from safetensors.numpy import save  # not there beside a model that clones no voices

    arrays = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in stored.arrays.items()}
    facts = {"key": key, "voice": stored.voice, "encoding_s": repr(stored.encoding_s)}
    return bytes(save(arrays, metadata={**facts, "blake2b": _checksum(facts, arrays)}))


def from_bytes(key: str, data: bytes) -> StoredEmbedding | None:
    """The embedding, or None if this is not, to the last bit that matters, what `to_bytes` gave for that key."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    facts = metadata(data)
    try:
        arrays = load(data)
        kept = facts.pop("blake2b")
        intact = facts["key"] == key and kept == _checksum(facts, arrays)
        found = StoredEmbedding(arrays, facts["voice"], float(facts["encoding_s"]))
    except (SafetensorError, KeyError, ValueError):
        return None
    return found if intact else None


def metadata(data: bytes) -> dict[str, str]:
    """What the header says beside the tensors; empty if there is none. The beginning of the file is enough."""
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    try:
        found = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])[_METADATA]
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _checksum(facts: Mapping[str, str], arrays: Arrays) -> str:
    digest = hashlib.blake2b(json.dumps(dict(sorted(facts.items()))).encode(), digest_size=32)
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
