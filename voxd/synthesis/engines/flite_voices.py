"""The voices of flite: those it was built with, and files of further ones."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import EngineError
from voxd.lib.os_errors import in_words
from voxd.synthesis.engine import Speaker

KNOWN = (
    Speaker("slt", ("en-US",), "SLT, female"),
    Speaker("rms", ("en-US",), "RMS, male"),
    Speaker("awb", ("en-GB",), "AWB, male, Scottish"),
    Speaker("kal16", ("en-US",), "KAL, male, quick and robotic"),
    Speaker("kal", ("en-US",), "KAL at 8 kHz"),
)
"""Those of Debian's flite, the preferred one first."""
UNFIT = frozenset({"awb_time"})
"""What says nothing but the time of day."""
HEADER_BYTES = 4096
MAGIC = b"CMU_FLITE_CG_VOXDATA"
LANGUAGE = re.compile(rb"language\0.{4}([a-z]{2,3})\0", re.DOTALL)
AMERICAN = b"USA\0"


def built_in(listed: str) -> tuple[Speaker, ...]:
    """The speakers that `flite -lv` prints, the preferred one first."""
    names = listed.partition(":")[2].split()
    known = tuple(speaker for speaker in KNOWN if speaker.name in names)
    others = sorted({*names} - {speaker.name for speaker in KNOWN} - UNFIT)
    return known + tuple(Speaker(name, ("en",)) for name in others)


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A .flitevox file; `mark` changes with what is in it."""

    file: Path
    speaker: Speaker
    mark: str


def in_files(files: tuple[Path, ...]) -> Mapping[str, VoiceFile]:
    """The voices in files, by what their speakers are called. Raises EngineError; waits for the disk."""
    found: dict[str, VoiceFile] = {}
    for file in files:
        name = file.stem
        if name in found:
            raise EngineError(
                f"flite's voices {found[name].file} and {file} have the same name; rename one of the files"
            )
        found[name] = in_file(file)
    return found


def in_file(file: Path) -> VoiceFile:
    """The voice in a .flitevox file, named as it is; waits for the disk.

    Raises EngineError where flite would speak otherwise with it.
    """
    try:
        with file.open("rb") as opened:
            header, facts = opened.read(HEADER_BYTES), os.fstat(opened.fileno())
    except OSError as error:
        raise EngineError(f"flite's voice {file} cannot be read: {in_words(error)}") from error
    language = LANGUAGE.search(header)
    if not header.startswith(MAGIC) or language is None:
        raise EngineError(f"{file} is not a voice of flite: those are files like cmu_us_clb.flitevox")
    if language[1] != b"eng":
        raise EngineError(f"flite's voice {file} speaks {language[1].decode()}; only English ones are used")
    speaker = Speaker(file.stem, ("en-US" if AMERICAN in header else "en",))
    return VoiceFile(file.absolute(), speaker, f"{file.name} {facts.st_size} {facts.st_mtime_ns}")
