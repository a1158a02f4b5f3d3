"""The voices of flite: those it was built with, and files of further ones."""

import re
from pathlib import Path

from voxd.errors import EngineError
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


def in_file(file: Path) -> Speaker:
    """The speaker of a .flitevox file, named as it is. Raises EngineError where flite would speak otherwise with it."""
    try:
        with file.open("rb") as opened:
            header = opened.read(HEADER_BYTES)
    except OSError as error:
        raise EngineError(f"flite's voice {file} cannot be read: {error.strerror}") from error
    language = LANGUAGE.search(header)
    if not header.startswith(MAGIC) or language is None:
        raise EngineError(f"{file} is not a voice of flite: those are files like cmu_us_clb.flitevox")
    if language[1] != b"eng":
        raise EngineError(f"flite's voice {file} speaks {language[1].decode()}; only English ones are used")
    return Speaker(file.stem, ("en-US" if AMERICAN in header else "en",))
