"""ffmpeg as a child on a short leash, for the kinds of sound file that libsndfile does not read."""

import os
import resource
import shutil
import subprocess

from voxd.errors import BadRequestError
from voxd.neural.clips.sound_kind import SoundKind

TIMEOUT_S = 20
FILE_MAX_BYTES = 128 * 2**20
LIMITS = {
    resource.RLIMIT_CPU: TIMEOUT_S,
    resource.RLIMIT_AS: 2**30,
    resource.RLIMIT_FSIZE: FILE_MAX_BYTES,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_CORE: 0,
}


def converted(
    data: bytes, kind: SoundKind, longest_s: int, program: str = "ffmpeg", timeout_s: float = TIMEOUT_S
) -> bytes:
    """The first `longest_s` seconds of the file's first sound, as a WAV with its rate and channels.

    ffmpeg is told the kind instead of guessing it, and may open no file and no address; `cache:` lets it go back
    in what came through the pipe, as M4A needs. Raises BadRequestError.
    """
    if not shutil.which(program):
        raise BadRequestError(
            f"This is a file of the kind {kind.name}, which only ffmpeg can read: `apt install ffmpeg`, "
            "or give the recording as WAV, FLAC, Ogg or MP3"
        )
    with os.fdopen(os.memfd_create("converted"), "wb+") as wav:
        status = _run((program, *_arguments(kind, longest_s)), data, wav.fileno(), timeout_s)
        wav.seek(0)
        sound = wav.read(FILE_MAX_BYTES)
    if status is None:
        raise BadRequestError(f"ffmpeg did not get through this {kind.name} file in {timeout_s} s; it may be damaged")
    if status or not sound:
        raise BadRequestError(f"This {kind.name} file is damaged or holds no sound: ffmpeg cannot read it")
    return sound


def _run(command: tuple[str, ...], data: bytes, stdout: int, timeout_s: float) -> int | None:
    """The child's exit status; None if it was killed for taking too long. It gets its data after its limits."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.DEVNULL, env=environment
    ) as child:
        try:
            for limit, most in LIMITS.items():
                resource.prlimit(child.pid, limit, (most, most))
            child.communicate(data, timeout_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            child.kill()
        return child.returncode


def _arguments(kind: SoundKind, longest_s: int) -> tuple[str, ...]:
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "fatal", "-threads", "1")
    source = ("-protocol_whitelist", "pipe,cache", "-read_ahead_limit", "-1", "-f", kind.demuxer, "-i", "cache:pipe:0")
    sound = ("-map", "0:a:0", "-map_metadata", "-1", "-t", str(longest_s), "-c:a", "pcm_s16le")
    return (*quiet, *source, *sound, "-threads", "1", "-f", "wav", "pipe:1")
