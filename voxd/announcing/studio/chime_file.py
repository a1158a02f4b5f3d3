"""A chime of the owner's: a sound file in the folder of chimes."""

import unicodedata
from pathlib import Path

from voxd.audio import wav
from voxd.audio.pcm import mono
from voxd.errors import BadRequestError
from voxd.lib import ffmpeg
from voxd.lib.os_errors import in_words
from voxd.model.audio import AudioFormat, Chunk

LONGEST_S = 30
SHORTEST_S = 0.01
"""Less than that is no sound; at another rate there might be nothing of it."""
FILE_MAX_BYTES = 32 * 2**20
LISTED_MAX = 1000
"""So many files are looked at; a folder of chimes that holds more is something else."""
NAME_MAX_CHARS = 64
DEMUXERS = {".wav": "wav", ".flac": "flac", ".ogg": "ogg", ".opus": "ogg", ".mp3": "mp3", ".m4a": "mov"}
"""By a file's suffix, what ffmpeg calls its kind; of two files of one name the first of these counts."""
RATES_HZ = range(8_000, 192_001)


def listed(folder: Path) -> dict[str, Path]:
    """The sound files in a folder by the names of their chimes; none where there is no folder."""
    found: dict[str, Path] = {}
    try:
        files = [file for _, file in zip(range(LISTED_MAX), folder.iterdir(), strict=False) if _is_meant(file)]
    except OSError:
        return {}
    kinds = list(DEMUXERS)
    for file in sorted(files, key=lambda file: (kinds.index(file.suffix.lower()), file.name)):
        found.setdefault(unicodedata.normalize("NFC", file.stem), file)
    return found


def read(file: Path, program: str = "ffmpeg") -> Chunk:
    """The sound of a file, mono, at its own rate. Blocks. Raises BadRequestError with what is wrong with it."""
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise BadRequestError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > FILE_MAX_BYTES:
        raise BadRequestError(
            f"{file} has more than {FILE_MAX_BYTES // 2**20} MiB; a chime lasts {LONGEST_S} s at most"
        )
    sound = mono(_decoded(file, data, program))
    if sound.duration_s < SHORTEST_S:
        raise BadRequestError(f"{file} holds no sound")
    if sound.format.rate_hz not in RATES_HZ:
        raise BadRequestError(f"{file} has a sample rate of {sound.format.rate_hz} Hz; 8000 to 192000 are played")
    if sound.duration_s > LONGEST_S + 0.5:
        raise BadRequestError(f"{file} is longer than {LONGEST_S} s")
    return Chunk(AudioFormat(sound.format.rate_hz), sound.pcm)


def _decoded(file: Path, data: bytes, program: str) -> Chunk:
    """A WAV as it is where that is understood here; everything else through ffmpeg."""
    kind = file.suffix.lower()
    try:
        return wav.parse(data if kind == ".wav" else ffmpeg.wav_of(data, DEMUXERS[kind], LONGEST_S + 1, program))
    except BadRequestError as error:
        if kind != ".wav":
            raise
        return _decoded_otherwise(file, data, program, error)
    except FileNotFoundError:
        reason = f"Only ffmpeg can read {file}: `apt install ffmpeg`, or make it a WAV file"
        raise BadRequestError(reason) from None
    except TimeoutError:
        raise BadRequestError(f"ffmpeg did not get through {file}; it may be damaged") from None
    except ValueError:
        raise BadRequestError(f"{file} is damaged or holds no sound: ffmpeg cannot read it") from None
    except OSError as error:
        raise BadRequestError(f"{file} could not be given to ffmpeg: {in_words(error)}") from error


def _decoded_otherwise(file: Path, data: bytes, program: str, error: BadRequestError) -> Chunk:
    """A WAV that is not integer PCM. Raises the error that we had where ffmpeg has no better answer."""
    try:
        return wav.parse(ffmpeg.wav_of(data, "wav", LONGEST_S + 1, program))
    except (OSError, ValueError, BadRequestError):
        raise BadRequestError(f"{file}: {error}") from error


def _is_meant(file: Path) -> bool:
    return (
        not file.name.startswith(".")
        and file.suffix.lower() in DEMUXERS
        and 0 < len(file.stem) <= NAME_MAX_CHARS
        and file.stem.isprintable()
        and file.is_file()
    )
