"""The name of a model on the hub, or of one in a repository of many, and of the folder that holds it here."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import BadRequestError

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,93}[A-Za-z0-9_])?"
_PIPER_VOICE = r"[a-z]{2,3}_[A-Z]{2}-\w{1,80}-(?:x_low|low|medium|high)"
_ONE_OF_MANY = r"[a-z]{4,30}(?:_[a-z0-9-]{1,30}){0,4}"
_NAME = re.compile(f"({_PART})/({_PART})(?:/({_PIPER_VOICE}|{_ONE_OF_MANY}))?")
_PIPER_VOICES = "rhasspy/piper-voices"
_BETWEEN = "--"
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Repository:
    """`owner/name`, as it stands in the address of the model's page. It is never a path.

    `part` is the one that is wanted of a repository of many voices, which Piper's are in, or of many models, as Pocket
    TTS has for each language; empty: all of it, or the one that it is known for.
    """

    owner: str
    name: str
    part: str = ""

    @classmethod
    def of(cls, text: str) -> "Repository":
        """The repository of that name; a name like en_US-lessac-medium is one of Piper's own voices.

        Raises BadRequestError where it is none.
        """
        match = _NAME.fullmatch(f"{_PIPER_VOICES}/{text}" if re.fullmatch(_PIPER_VOICE, text) else text)
        if match is None or ".." in text or _BETWEEN in text:
            raise BadRequestError(
                f"{text!r} is not the name of a model: that is OWNER/NAME, as in openbmb/VoxCPM1.5, or a voice of "
                "Piper, as in en_US-lessac-medium"
            )
        return cls(match[1], match[2], match[3] or "")

    @property
    def page(self) -> str:
        """What the hub knows it by."""
        return f"{self.owner}/{self.name}"

    def folder(self, models: Path) -> Path:
        """Where it lies below the folder of all models."""
        return models / self._folder_name

    def growing(self, models: Path) -> Path:
        """Where it lies until it is whole."""
        return models / f".{self._folder_name}{_UNFINISHED}"

    @property
    def _folder_name(self) -> str:
        return _BETWEEN.join(filter(None, (self.owner, self.name, self.part)))

    def __str__(self) -> str:
        return "/".join(filter(None, (self.owner, self.name, self.part)))


def repositories_in(models: Path) -> list[Repository]:
    """Those that have a folder among the models, by name; what only grows yet as well."""
    names = {path.name.removeprefix(".").removesuffix(_UNFINISHED) for path in models.glob(f"*{_BETWEEN}*")}
    found = []
    for name in sorted(names):
        with suppress(BadRequestError):
            found.append(Repository.of(name.replace(_BETWEEN, "/")))
    return found
