"""ffmpeg for the kinds of sound file that libsndfile does not read; what went wrong becomes a sentence."""

from voxd.errors import BadRequestError
from voxd.lib import ffmpeg
from voxd.lib.ffmpeg import TIMEOUT_S
from voxd.neural.clips.sound_kind import SoundKind


def converted(
    data: bytes, kind: SoundKind, longest_s: int, program: str = "ffmpeg", timeout_s: float = TIMEOUT_S
) -> bytes:
    """The first `longest_s` seconds of the file's first sound, as a WAV. Raises BadRequestError."""
    try:
        return ffmpeg.wav_of(data, kind.demuxer, longest_s, program, timeout_s)
    except FileNotFoundError:
        raise BadRequestError(
            f"This is a file of the kind {kind.name}, which only ffmpeg can read: `apt install ffmpeg`, "
            "or give the recording as WAV, FLAC, Ogg or MP3"
        ) from None
    except TimeoutError:
        reason = f"ffmpeg did not get through this {kind.name} file in {timeout_s} s; it may be damaged"
        raise BadRequestError(reason) from None
    except ValueError:
        reason = f"This {kind.name} file is damaged or holds no sound: ffmpeg cannot read it"
        raise BadRequestError(reason) from None
