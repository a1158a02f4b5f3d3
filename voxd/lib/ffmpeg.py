"""ffmpeg as a child on a short leash: it reads one kind of sound file from a pipe, and may open nothing."""

import os
import resource
import shutil
import subprocess

TIMEOUT_S = 20
FILE_MAX_BYTES = 128 * 2**20
LIMITS = {
    resource.RLIMIT_CPU: TIMEOUT_S,
    resource.RLIMIT_AS: 2**30,
    resource.RLIMIT_FSIZE: FILE_MAX_BYTES,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_CORE: 0,
}


def wav_of(data: bytes, demuxer: str, longest_s: int, program: str = "ffmpeg", timeout_s: float = TIMEOUT_S) -> bytes:
    """The first `longest_s` seconds of the file's first sound, as a WAV with its rate and channels.

    ffmpeg is told the kind (`demuxer`, its own name for it) instead of guessing it, and may open no file and no
    address; `cache:` lets it go back in what came through the pipe, as M4A needs. Raises FileNotFoundError where there
    is no ffmpeg, TimeoutError where it did not get through in time, ValueError where it cannot read the file.
    """
    if not shutil.which(program):
        raise FileNotFoundError(program)
    with os.fdopen(os.memfd_create("converted"), "wb+") as wav:
        status = _run((program, *_arguments(demuxer, longest_s)), data, wav.fileno(), timeout_s)
        wav.seek(0)
        sound = wav.read(FILE_MAX_BYTES)
    if status or not sound:
        raise ValueError("ffmpeg cannot read it")
    return sound


def _run(command: tuple[str, ...], data: bytes, stdout: int, timeout_s: float) -> int:
    """The child's exit status. It gets its data after its limits. Raises TimeoutError, and it is killed then."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.DEVNULL, env=environment
    ) as child:
        try:
            for limit, most in LIMITS.items():
                resource.prlimit(child.pid, limit, (most, most))
            child.communicate(data, timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            child.kill()
        return child.returncode


def _arguments(demuxer: str, longest_s: int) -> tuple[str, ...]:
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "fatal", "-threads", "1")
    source = ("-protocol_whitelist", "pipe,cache", "-read_ahead_limit", "-1", "-f", demuxer, "-i", "cache:pipe:0")
    sound = ("-map", "0:a:0", "-map_metadata", "-1", "-t", str(longest_s), "-c:a", "pcm_s16le")
    return (*quiet, *source, *sound, "-threads", "1", "-f", "wav", "pipe:1")
