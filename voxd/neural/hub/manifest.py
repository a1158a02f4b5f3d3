"""What was fetched of a model: its revision, and the checksum and size of every file."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

NAME = "voxd-manifest.json"


class Fingerprint(BaseModel):
    """A file's content: SHA-256 in hexadecimal, and how many bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> "Fingerprint":
        """Of the file as it lies there; reads the whole of it."""
        with path.open("rb") as file:
            return cls(sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=os.fstat(file.fileno()).st_size)


class Manifest(BaseModel):
    """The last thing written when a model is fetched: a folder without it is not a whole model."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    repo: str
    revision: str
    files: Mapping[str, Fingerprint]

    @property
    def bytes(self) -> int:
        """How many bytes the files have together."""
        return sum(file.bytes for file in self.files.values())

    def write(self, folder: Path) -> None:
        """Put it beside the files, whole or not at all."""
        unfinished = folder / f"{NAME}.unfinished"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(self.model_dump(), file, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / NAME)

    def faults(self, folder: Path) -> Iterator[str]:
        """What is wrong with the files of the folder, in a sentence each; reads them all."""
        for name, expected in self.files.items():
            try:
                found = Fingerprint.of(folder / name)
            except FileNotFoundError:
                yield f"{name} is missing"
            except OSError as error:
                yield f"{name} cannot be read ({error.strerror})"
            else:
                if found != expected:
                    yield f"{name} is not what was fetched ({found.bytes} bytes of {expected.bytes})"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a model's folder, or None where there is none that can be understood."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
