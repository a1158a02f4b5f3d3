"""Kinds of file that only ffmpeg reads: with it, without it, and when it misbehaves."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from reference_clips import speech

from voxd.errors import BadRequestError
from voxd.neural.clips.ffmpeg import converted
from voxd.neural.clips.reading import read
from voxd.neural.clips.service import ClipService
from voxd.neural.clips.sound_kind import SoundKind

M4A = b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00" + bytes(200)
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def program(folder: Path, script: str) -> str:
    """A program that is called instead of ffmpeg."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (M4A, "M4A"),
        (b"\x1aE\xdf\xa3" + bytes(100), "WebM"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(100), "WMA"),
        (b"#!AMR\n" + bytes(100), "AMR"),
        (b"\xff\xf1\x50\x80" + bytes(100), "AAC"),
    ],
)
def test_without_ffmpeg_the_kind_is_named_and_what_helps(tmp_path: Path, data: bytes, kind: str) -> None:
    with pytest.raises(BadRequestError, match=f"kind {kind}, .*apt install ffmpeg.* WAV"):
        read(data, str(tmp_path / "ffmpeg"))


def test_ffmpeg_gets_the_file_and_its_kind_and_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "wav").write_bytes(speech())
    spy = f"cd {tmp_path}; echo $@ > arguments; env > environment; cat > data; cat wav"
    assert read(M4A, program(tmp_path, spy)).kind == "M4A"
    assert (tmp_path / "data").read_bytes() == M4A
    arguments = (tmp_path / "arguments").read_text()
    assert "-protocol_whitelist pipe,cache" in arguments
    assert "-f mov -i cache:pipe:0" in arguments
    assert "-t 61" in arguments
    assert "HOME=" not in (tmp_path / "environment").read_text()


def test_a_child_that_hangs_is_killed(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="did not get through this M4A file"):
        converted(M4A, SoundKind("M4A", "mov"), 61, program(tmp_path, "exec sleep 60"), timeout_s=0.3)


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "kill -9 $$", "head -c 200000000 /dev/zero"])
def test_a_child_that_fails_is_told_as_damage(tmp_path: Path, script: str) -> None:
    with pytest.raises(BadRequestError, match="M4A file is damaged"):
        read(M4A, program(tmp_path, script))


def test_the_kernel_bounds_time_memory_and_output(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError):
        read(M4A, program(tmp_path, f"cat > /dev/null; cat /proc/self/limits > {tmp_path}/limits; exit 1"))
    limits = (tmp_path / "limits").read_text()
    assert re.search(r"Max cpu time +20 ", limits)
    assert re.search(rf"Max address space +{2**30} ", limits)
    assert re.search(rf"Max file size +{128 * 2**20} ", limits)
    assert re.search(r"Max open files +32 ", limits)


@needs_ffmpeg
@pytest.mark.parametrize("container", ["mp4", "matroska", "asf", "adts", "wv"])
def test_kinds_that_libsndfile_does_not_read_give_the_same_voice(
    service: ClipService, tmp_path: Path, container: str
) -> None:
    wav, made = tmp_path / "speech.wav", tmp_path / "speech.bin"
    wav.write_bytes(speech())
    command = ["ffmpeg", "-loglevel", "error", "-i", str(wav), "-f", container, str(made)]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
    ready, _ = service.clip(made.read_bytes())
    own, _ = service.clip(speech())
    assert sum(a * b for a, b in zip(ready.vector, own.vector, strict=True)) > 0.95


@needs_ffmpeg
def test_a_damaged_file_is_told_by_ffmpeg_too(service: ClipService) -> None:
    with pytest.raises(BadRequestError, match="M4A file is damaged"):
        service.clip(M4A)
