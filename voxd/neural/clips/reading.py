"""Reading sound files of strangers, bounded whatever their headers promise."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soundfile

from voxd.errors import BadRequestError
from voxd.neural.clips.ffmpeg import converted
from voxd.neural.clips.recording import Recording
from voxd.neural.clips.sound_kind import SoundKind, kind_of, what_else

FILE_MAX_BYTES = 32 * 2**20
RECORDING_MAX_S = 60
"""Longer ones are refused, as far as they were decoded."""
BLOCK_S = 1
RATES_HZ = range(8_000, 192_001)
CHANNELS_MAX = 8
VALUES_PER_S_MAX = 400_000
"""Samples of all channels together: 7.1 at 48 kHz, stereo at 192 kHz; a minute of it takes 96 MB."""
WANTED = "5 to 20 seconds of clear speech"

_UNKNOWN_SIZE = 0x7FFF0000
"""Programs that write to a pipe promise sizes from here on, meaning: to the end."""
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_INTEGERS = re.compile(r"PCM_[SU]?(\d+)")


def read(data: bytes, ffmpeg: str = "ffmpeg") -> Recording:
    """The recording that a sound file of any kind holds. Raises BadRequestError with what is wrong with it."""
    if not data:
        raise BadRequestError("This file is empty")
    if len(data) > FILE_MAX_BYTES:
        raise BadRequestError(
            f"This file has {math.ceil(len(data) / 2**20)} MiB; a reference clip may have {FILE_MAX_BYTES // 2**20}: "
            f"{WANTED} are enough"
        )
    kind = kind_of(data)
    if kind is None:
        other = what_else(data)
        raise BadRequestError(
            f"This is {other}, not a recording, whatever its name says"
            if other
            else "This is not a sound file of any kind that voxd knows; give it as WAV, FLAC, Ogg or MP3"
        )
    sound = converted(data, kind, RECORDING_MAX_S + BLOCK_S, ffmpeg) if kind.demuxer else data
    return _decoded(sound, kind)


def _decoded(data: bytes, kind: SoundKind) -> Recording:
    try:
        with _opened(data) as file:
            _check_format(file.samplerate, file.channels)
            samples = _samples(file)
            promised_s = max(file.frames, _promised_frames(data, len(samples))) / file.samplerate
            bits, limited = _INTEGERS.fullmatch(file.subtype), file.subtype not in _FLOATS
            recording = Recording(samples, file.samplerate, kind.name, int(bits[1]) if bits else 0, limited, promised_s)
    except soundfile.LibsndfileError as error:
        reason = error.error_string.rstrip(".")
        raise BadRequestError(f"This {kind.name} file is damaged or cut off: {reason}") from None
    if recording.duration_s > RECORDING_MAX_S:
        raise BadRequestError(f"This recording lasts {_length(recording)}; a reference clip needs {WANTED}")
    if not len(samples):
        raise BadRequestError(f"This {kind.name} file holds no sound: it ends after its header")
    return recording


@contextmanager
def _opened(data: bytes) -> Iterator[soundfile.SoundFile]:
    """The file as libsndfile sees it. By a descriptor: callbacks of Python cannot tell it of their errors."""
    with os.fdopen(os.memfd_create("recording"), "wb+") as file:
        file.write(data)
        file.seek(0)
        with soundfile.SoundFile(file.fileno(), closefd=False) as opened:
            yield opened


def _check_format(rate_hz: int, channels: int) -> None:
    if rate_hz not in RATES_HZ:
        raise BadRequestError(
            f"This recording has a sample rate of {rate_hz} Hz; {RATES_HZ[0]} to {RATES_HZ[-1]} are read, 48000 is best"
        )
    if channels > CHANNELS_MAX or channels * rate_hz > VALUES_PER_S_MAX:
        raise BadRequestError(
            f"This recording has {channels} channels at {rate_hz} Hz, more than is read: give it as mono at 48000 Hz"
        )


def _samples(file: soundfile.SoundFile) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A little more than RECORDING_MAX_S at most, read piece by piece as the header may promise anything."""
    pieces = []
    for _ in range(RECORDING_MAX_S // BLOCK_S + 1):
        piece = file.read(BLOCK_S * file.samplerate, dtype="float32", always_2d=True)
        pieces.append(piece)
        if len(piece) < BLOCK_S * file.samplerate:
            break
    return np.concatenate(pieces)


def _promised_frames(data: bytes, frames: int) -> int:
    """How many frames a WAV or AIFF would have that had the length its header tells."""
    match data[:4]:
        case b"RIFF":
            size = int.from_bytes(data[4:8], "little")
        case b"FORM":
            size = int.from_bytes(data[4:8], "big")
        case _:
            return frames
    return frames if size >= _UNKNOWN_SIZE else round(frames * (size + 8) / len(data))


def _length(recording: Recording) -> str:
    """How long it is, as far as that is known: ffmpeg was told to stop."""
    if recording.promised_s <= RECORDING_MAX_S + BLOCK_S:
        return "more than a minute"
    minutes = round(recording.promised_s / 60)
    hours = f"{minutes // 60} h {minutes % 60:02d} min"
    return hours if minutes >= 60 else f"{recording.promised_s:.0f} s"
