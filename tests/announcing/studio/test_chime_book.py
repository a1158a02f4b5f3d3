"""Promises of the chimes: ours and the owner's, found by name, read on a short leash."""

import asyncio
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sounds import samples_of, tone

from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.chime_file import LISTED_MAX
from voxd.audio.chimes import CHIMES
from voxd.audio.pcm import with_channels
from voxd.audio.wav import wav_bytes
from voxd.errors import BadRequestError
from voxd.model.audio import AudioFormat, Chunk


def converted(folder: Path, name: str, sound: Chunk, *codec: str) -> Path:
    """The sound as a file of the kind that its name says."""
    wav, file = folder / "source.tmp", folder / name
    wav.write_bytes(wav_bytes(sound))
    command = ["ffmpeg", "-loglevel", "error", "-y", "-i", str(wav), *codec, str(file)]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
    wav.unlink()
    return file


async def test_ours_are_there_without_any_file_at_any_rate(tmp_path: Path) -> None:
    book = ChimeBook(tmp_path / "none")
    assert {"ding", "dingdong", "gong", "chirp", "siren"} <= set(book.names())
    for name in book.names():
        assert (await book.chime(name, 22_050)).sound == CHIMES[name](22_050)


async def test_a_file_is_a_chime_as_soon_as_it_is_there_and_as_it_is_now(tmp_path: Path) -> None:
    book = ChimeBook(tmp_path)
    with pytest.raises(BadRequestError, match='There is no chime "door"'):
        book.check("door")
    (tmp_path / "door.wav").write_bytes(wav_bytes(tone(0.5)))
    book.check("door")
    assert (await book.chime("door")).sound == tone(0.5)
    (tmp_path / "door.wav").write_bytes(wav_bytes(tone(0.7)))
    assert (await book.chime("door")).sound == tone(0.7)
    (tmp_path / "door.wav").unlink()
    with pytest.raises(BadRequestError):
        await book.chime("door")


async def test_the_owners_file_hides_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "siren.WAV").write_bytes(wav_bytes(tone(0.4)))
    assert (await ChimeBook(tmp_path).chime("siren")).sound == tone(0.4)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "secret.wav", ".hidden", "", "a\0b", "sub/secret", "."])
async def test_a_name_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    chimes = tmp_path / "chimes"
    (chimes / "sub").mkdir(parents=True)
    for file in (tmp_path / "secret.wav", chimes / ".hidden.wav", chimes / "sub/secret.wav"):
        file.write_bytes(wav_bytes(tone(0.4)))
    with pytest.raises(BadRequestError):
        ChimeBook(chimes).check(name)
    with pytest.raises(BadRequestError):
        await ChimeBook(chimes).chime(name)


async def test_what_is_no_file_is_no_chime(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    assert {"pipe", "folder"}.isdisjoint(ChimeBook(tmp_path).names())


async def test_a_folder_of_something_else_is_looked_through_to_a_bound(tmp_path: Path) -> None:
    for number in range(LISTED_MAX + 50):
        (tmp_path / f"{number}.wav").touch()
    assert len(ChimeBook(tmp_path).names()) <= LISTED_MAX + len(CHIMES)


async def test_a_near_name_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match='did you mean "dingdong"'):
        ChimeBook(tmp_path).check("ding-dong")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp3", ()),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ()),
        ("a.flac", ()),
        ("a.m4a", ()),
        ("a.wav", ("-c:a", "pcm_f32le")),
    ],
)
async def test_other_kinds_of_file_are_read_through_ffmpeg(tmp_path: Path, name: str, codec: tuple[str, ...]) -> None:
    converted(tmp_path, name, tone(1.0), *codec)
    heard = (await ChimeBook(tmp_path).chime("a")).sound
    assert heard.format == AudioFormat(48_000)
    assert heard.duration_s == pytest.approx(1.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(samples_of(heard.pcm)[4800:43200]))
    assert np.argmax(spectrum) == pytest.approx(440 * 0.8, abs=2)


async def test_without_ffmpeg_the_owner_is_told_what_helps(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    with pytest.raises(BadRequestError, match=r"Only ffmpeg can read .*a\.mp3.*apt install ffmpeg"):
        await ChimeBook(tmp_path, ffmpeg=str(tmp_path / "nothing")).chime("a")


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg", "flac", "m4a"])
@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WAVE", b"\0" * 5000, bytes(range(256)) * 100])
async def test_a_damaged_file_is_told_by_its_path(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"torn.{suffix}").write_bytes(content)
    with pytest.raises(BadRequestError, match=rf"torn\.{suffix}"):
        await ChimeBook(tmp_path).chime("torn")


@pytest.mark.parametrize("rate_hz", [8_000, 48_000, None])
async def test_a_click_of_a_few_samples_is_no_sound_at_any_rate(tmp_path: Path, rate_hz: int | None) -> None:
    (tmp_path / "click.wav").write_bytes(wav_bytes(Chunk(AudioFormat(192_000), b"\1\2")))
    with pytest.raises(BadRequestError, match="holds no sound"):
        await ChimeBook(tmp_path).chime("click", rate_hz)


async def test_a_program_that_cannot_be_run_is_told_like_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    program = tmp_path / "ffmpeg"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    with pytest.raises(BadRequestError, match=r"a\.mp3 could not be given to ffmpeg: Exec format error"):
        await ChimeBook(tmp_path, ffmpeg=str(program)).chime("a")


@pytest.mark.parametrize("name", ["long.wav", "long.flac"])
async def test_more_than_thirty_seconds_are_refused(tmp_path: Path, name: str) -> None:
    converted(tmp_path, name, tone(32.0, 8_000))
    with pytest.raises(BadRequestError, match="longer than 30 s"):
        await ChimeBook(tmp_path).chime("long")


async def test_it_is_mono_at_the_rate_that_is_asked_for_and_as_loud_as_before(tmp_path: Path) -> None:
    (tmp_path / "door.wav").write_bytes(wav_bytes(with_channels(tone(1.0), 2)))
    book = ChimeBook(tmp_path)
    own, other = await book.chime("door"), await book.chime("door", 22_050)
    assert (own.sound, other.sound.format) == (tone(1.0), AudioFormat(22_050))
    assert other.sound.frames == 22_050
    assert own.loudness_lufs is not None
    assert other.loudness_lufs == pytest.approx(own.loudness_lufs, abs=0.1)


async def test_whoever_stops_waiting_leaves_it_ready_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "door.wav").write_bytes(wav_bytes(tone(5.0)))
    book = ChimeBook(tmp_path)
    impatient = asyncio.create_task(book.chime("door", 22_050))
    patient = asyncio.create_task(book.chime("door", 22_050))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient) is (await book.chime("door", 22_050))
    await book.stop()
