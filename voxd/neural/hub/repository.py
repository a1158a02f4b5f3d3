"""The name of a model on the hub, and of the folder that holds it here."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import BadRequestError

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,93}[A-Za-z0-9_])?"
_NAME = re.compile(f"({_PART})/({_PART})")
_BETWEEN = "--"
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Repository:
    """`owner/name`, as it stands in the address of the model's page. It is never a path."""

    owner: str
    name: str

    @classmethod
    def of(cls, text: str) -> "Repository":
        """The repository of that name; raises BadRequestError where it is none."""
        match = _NAME.fullmatch(text)
        if match is None or ".." in text or _BETWEEN in text:
            raise BadRequestError(f"{text!r} is not the name of a model: that is OWNER/NAME, as in openbmb/VoxCPM1.5")
        return cls(match[1], match[2])

    def folder(self, models: Path) -> Path:
        """Where it lies below the folder of all models."""
        return models / f"{self.owner}{_BETWEEN}{self.name}"

    def growing(self, models: Path) -> Path:
        """Where it lies until it is whole."""
        return models / f".{self.owner}{_BETWEEN}{self.name}{_UNFINISHED}"

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


def repositories_in(models: Path) -> list[Repository]:
    """Those that have a folder among the models, by name; what only grows yet as well."""
    names = {path.name.removeprefix(".").removesuffix(_UNFINISHED) for path in models.glob(f"*{_BETWEEN}*")}
    found = []
    for name in sorted(names):
        with suppress(BadRequestError):
            found.append(Repository.of(name.replace(_BETWEEN, "/", 1)))
    return found
