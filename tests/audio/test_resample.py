"""Promises of resampling."""

import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import numpy as np
import pytest
from numpy.typing import NDArray

from voxd.audio.pcm import samples
from voxd.audio.resample import Resampler, pieces, resampled
from voxd.model.audio import AudioFormat, Chunk, Seam

MONO_22 = AudioFormat(22050)
MONO_44 = AudioFormat(44100)


def tone(rate_hz: int, duration_s: float, pitch_hz: float = 440.0, loudness: float = 12000.0) -> Chunk:
    at_s = np.arange(round(rate_hz * duration_s)) / rate_hz
    wave = np.rint(loudness * np.sin(2 * np.pi * pitch_hz * at_s)).astype("<i2")
    return Chunk(AudioFormat(rate_hz), wave.tobytes())


async def given(chunks: Iterable[Chunk]) -> AsyncGenerator[Chunk, None]:
    for chunk in chunks:
        yield chunk


async def collected(chunks: Iterable[Chunk], wanted: AudioFormat) -> list[Chunk]:
    async with aclosing(given(chunks)) as sound:
        return [chunk async for chunk in resampled(sound, wanted)]


def spectrum(chunk: Chunk) -> NDArray[np.float64]:
    """Amplitudes of the chunk's frequencies, 1 Hz apart if it lasts a second."""
    wave = samples(chunk)[:, 0].astype(np.float64)
    return np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) * 4 / len(wave)


@pytest.mark.parametrize(("source_hz", "target_hz"), [(22050, 48000), (44100, 16000), (24000, 44100)])
async def test_a_tone_keeps_its_length_its_pitch_and_its_loudness(source_hz: int, target_hz: int) -> None:
    whole = b"".join(c.pcm for c in await collected([tone(source_hz, 1.0)], AudioFormat(target_hz)))
    chunk = Chunk(AudioFormat(target_hz), whole)
    assert abs(chunk.frames - target_hz) <= 1
    amplitudes = spectrum(chunk)
    assert amplitudes.argmax() == 440
    assert amplitudes[440] == pytest.approx(12000, rel=0.01)
    beside = np.r_[amplitudes[20:430], amplitudes[450:-20]]
    assert beside.max() < 12000 * 10 ** (-80 / 20)


async def test_what_the_target_cannot_carry_is_removed_and_not_folded_back() -> None:
    whole = b"".join(c.pcm for c in await collected([tone(48000, 1.0, pitch_hz=15000)], AudioFormat(16000)))
    assert spectrum(Chunk(AudioFormat(16000), whole))[20:-20].max() < 12


async def test_the_result_does_not_depend_on_how_the_sound_was_cut() -> None:
    sound = tone(22050, 0.5)
    cut = [Chunk(MONO_22, sound.pcm[at : at + size]) for at, size in [(0, 2), (2, 1000), (1002, 1_000_000)]]
    one, many = await collected([sound], MONO_44), await collected(cut, MONO_44)
    assert b"".join(c.pcm for c in one) == b"".join(c.pcm for c in many)


async def test_silence_stays_digital_silence() -> None:
    whole = b"".join(c.pcm for c in await collected([Chunk(MONO_22, bytes(22050))], AudioFormat(48000)))
    assert whole == bytes(len(whole))


async def test_full_scale_is_clipped_and_does_not_wrap() -> None:
    square = np.tile(np.repeat(np.array([32767, -32768], dtype="<i2"), 50), 100)
    whole = await collected([Chunk(MONO_22, square.tobytes())], MONO_44)
    wave = np.concatenate([samples(c)[:, 0] for c in whole])
    assert wave.max() == 32767
    assert wave.min() == -32768
    assert np.abs(np.diff(np.sign(wave[200:-200].astype(int)))).sum() <= 2 * 2 * len(square) / 50


async def test_equal_formats_pass_bit_for_bit_and_without_soxr() -> None:
    chunk = tone(22050, 0.3)
    assert await collected([chunk], MONO_22) == [chunk]


async def test_formats_may_change_on_the_way() -> None:
    chunks = [tone(22050, 0.5), tone(44100, 0.5), tone(16000, 0.5)]
    given_back = await collected(chunks, MONO_44)
    assert {c.format for c in given_back} == {MONO_44}
    assert abs(sum(c.frames for c in given_back) - round(1.5 * 44100)) <= 3
    assert chunks[1] in given_back


async def test_stereo_and_mono_meet_in_the_wanted_channels() -> None:
    stereo = AudioFormat(22050, 2)
    given_back = await collected([tone(22050, 0.1), Chunk(stereo, bytes(400))], stereo)
    assert {c.format for c in given_back} == {stereo}


async def test_long_chunks_come_in_pieces_of_a_second_and_empty_ones_not_at_all() -> None:
    assert [c.frames for c in pieces(tone(22050, 2.5))] == [22050, 22050, 11025]
    assert await collected([Chunk(MONO_22, b"")], MONO_44) == []


def test_a_resampler_gives_first_sound_after_little_input() -> None:
    resampler = Resampler(MONO_22, 48000)
    after = next(n for n in range(10) if resampler.feed(tone(22050, 0.01)).frames)
    assert after < 6
    assert "soxr" in sys.modules


@pytest.mark.parametrize("wanted", [AudioFormat(48000), AudioFormat(22050, 2), AudioFormat(22050)])
async def test_a_seam_stays_a_seam_of_its_length_and_nothing_of_the_sentence_before_it_is_lost(
    wanted: AudioFormat,
) -> None:
    chunks = await collected([tone(22050, 0.3), Seam(MONO_22, bytes(2 * 2205)), tone(22050, 0.3)], wanted)
    at = next(number for number, chunk in enumerate(chunks) if isinstance(chunk, Seam))
    assert chunks[at].duration_s == pytest.approx(0.1, abs=0.0001)
    assert sum(chunk.duration_s for chunk in chunks[:at]) == pytest.approx(0.3, abs=0.0001)
    assert sum(chunk.duration_s for chunk in chunks) == pytest.approx(0.7, abs=0.0001)
    assert not any(isinstance(chunk, Seam) for chunk in chunks[at + 1 :])
    assert samples(chunks[at])[200:].max() == 0
