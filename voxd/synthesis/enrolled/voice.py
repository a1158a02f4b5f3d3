"""An enrolled voice: what is kept of a reference clip, and of whoever gave it."""

import hashlib
import json
import re
from dataclasses import dataclass

from voxd.errors import BadRequestError
from voxd.model.identifiers import VoiceId
from voxd.settings.section import NAME

CLIP_MAX_BYTES = 32 * 1024 * 1024
_SHOWN_CHARS = 64


@dataclass(frozen=True, slots=True)
class Consent:
    """Who allowed the voice to be used, and when, in seconds since the epoch."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class EnrolmentWish:
    """What somebody gives to have a voice enrolled; `clip` is a sound file of any kind.

    `origin` is the door it came by: command line, mqtt, http or file. Without a `language` it is the house's, without
    an `engine` the only one that clones.
    """

    name: VoiceId
    clip: bytes
    consent: str
    transcript: str = ""
    language: str | None = None
    engine: str | None = None
    seed: int | None = None
    fallbacks: tuple[VoiceId, ...] = ()
    origin: str = "command line"

    def sha256(self) -> str:
        """Changes with everything that is kept of the wish. It takes a while for a long clip."""
        options = [self.transcript, self.language, self.engine, self.seed, self.fallbacks, self.consent]
        return hashlib.sha256(hashlib.sha256(self.clip).digest() + json.dumps(options).encode()).hexdigest()

    def place_of(self, option: str) -> str:
        """Where whoever wishes gives that option, for a sentence to them."""
        match self.origin, option:
            case "file", "transcript":
                return f"{self.name}.txt beside it"
            case "file", _:
                return f"{option} in {self.name}.yaml"
            case "mqtt" | "http", _:
                return f'"{option}"'
        return f"--{option.removesuffix('s')}"


@dataclass(frozen=True, slots=True)
class EnrolledVoice:
    """One revision of a voice. Times are in seconds since the epoch.

    `vector` is the GE2E speaker vector of the clip, 256 numbers of length 1; `preprocessing` the version of how
    the clip was made from the file whose EnrolmentWish.sha256 is `source_sha256`; `notes` are sentences on what
    could be better. A revision that is not the current one has lost clip, transcript and vector.
    """

    name: VoiceId
    revision: int
    engine: str
    language: str
    transcript: str
    clip_sha256: str
    consent: Consent
    enrolled_at: float
    seed: int | None
    fallbacks: tuple[VoiceId, ...]
    vector: tuple[float, ...]
    duration_s: float
    notes: tuple[str, ...]
    preprocessing: int
    origin: str
    source_sha256: str

    @property
    def speaker(self) -> str:
        """What its engine knows this revision by."""
        return f"{self.name}@{self.revision}"

    @property
    def reference(self) -> str:
        """Tells clip and transcript from every other."""
        return hashlib.sha256(f"{self.clip_sha256} {self.transcript}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RemovedVoice:
    """A voice that was removed; `revision` was its last one."""

    name: VoiceId
    revision: int
    at: float


def check_name(name: str) -> VoiceId:
    """The name, if a voice may have it. Raises BadRequestError."""
    if not re.fullmatch(NAME, name):
        shown = name[:_SHOWN_CHARS].encode("utf-8", "backslashreplace").decode()
        raise BadRequestError(
            f"{shown!r} cannot be the name of a voice: letters, digits, dots, dashes and underscores are possible, "
            "64 at most, the first one a letter or digit"
        )
    return VoiceId(name)
