"""Promises of mastering: gains, fades where sound is abrupt, a ceiling, and nothing else."""

import numpy as np
import pytest
from loudness_meter import measured
from sounds import noise, pieces_of, samples_of, sound_of, tone

from voxd.audio.chimes import CHIMES
from voxd.audio.mastered_clips import MasteredClips
from voxd.audio.mastering import Mastering, mastered
from voxd.audio.treatment import Treatment
from voxd.model.audio import AudioFormat, Chunk, Clip

SOFT = Treatment(ceiling_dbtp=-1.0, fade_s=0.005)


async def heard(treatment: Treatment, *chunks: Chunk) -> list[Chunk]:
    return [chunk async for chunk in mastered(sound_of(*chunks), lambda: treatment, MasteredClips(0))]


def joined(chunks: list[Chunk]) -> bytes:
    return b"".join(chunk.pcm for chunk in chunks)


@pytest.mark.parametrize("frames", [100, 1024, 100_000])
async def test_sound_that_needs_nothing_comes_out_bit_for_bit(frames: int) -> None:
    sound = CHIMES["gong"](48_000)
    assert joined(await heard(SOFT, *pieces_of(sound, frames))) == sound.pcm


async def test_a_gain_is_that_of_its_decibels() -> None:
    sound = CHIMES["gong"](48_000)
    quieter = joined(await heard(Treatment(-6.0206, -1.0, 0.005), sound))
    assert np.abs(samples_of(quieter) - samples_of(sound.pcm) / 2).max() <= 0.51


async def test_what_a_gain_makes_too_loud_stays_below_the_ceiling() -> None:
    louder = joined(await heard(Treatment(20.0, -1.0, 0.005), tone(2.0)))
    assert measured(louder, AudioFormat(48_000)).true_peak_dbtp <= -1.0
    assert np.abs(samples_of(louder)).max() > 28_000


async def test_an_abrupt_beginning_and_end_are_faded() -> None:
    sound = noise(0.5)
    softened = samples_of(joined(await heard(Treatment(-6.0, -1.0, 0.005), *pieces_of(sound, 333))))
    assert len(softened) == sound.frames
    assert abs(int(softened[0])) < 100
    assert abs(int(softened[-1])) < 100
    inner = slice(240, -240)
    assert np.abs(softened[inner] - samples_of(sound.pcm)[inner] * 10 ** (-6 / 20)).max() <= 0.51


async def test_the_first_piece_is_short_so_that_it_is_heard_at_once() -> None:
    first, second, *_ = await heard(SOFT, tone(5.0))
    assert first.duration_s < 0.02
    assert second.duration_s < 0.05


async def test_another_format_or_gain_begins_another_sound() -> None:
    gains = iter((Treatment(0.0, -1.0, 0.005), Treatment(0.0, -1.0, 0.005), Treatment(-6.0, -1.0, 0.005)))
    sounds = tone(0.3, 48_000), tone(0.3, 22_050), tone(0.3, 22_050)
    parts = [chunk async for chunk in mastered(sound_of(*sounds), lambda: next(gains), MasteredClips(0))]
    for rate_hz, frames in ((48_000, 14_400), (22_050, 13_230)):
        assert sum(part.frames for part in parts if part.format.rate_hz == rate_hz) == frames
    assert np.abs(samples_of(parts[-1].pcm)).max() == pytest.approx(8_000, rel=0.01)


def test_a_sound_shorter_than_a_fade_is_given_whole() -> None:
    sound = noise(0.001)
    mastering = Mastering(sound.format, SOFT)
    assert sum(piece.frames for piece in (*mastering.pieces(sound), *mastering.rest())) == sound.frames


async def test_a_clip_that_was_mastered_lately_is_given_whole_and_the_same() -> None:
    sound, known = noise(1.0), MasteredClips(2_000_000)
    clip = Clip(sound.format, sound.pcm)
    treatment = Treatment(6.0, -1.0, 0.005)
    first = [piece async for piece in mastered(sound_of(clip), lambda: treatment, known)]
    (again,) = [piece async for piece in mastered(sound_of(clip), lambda: treatment, known)]
    assert len(first) > 3
    assert again == Clip(sound.format, joined(first))
    assert joined(await heard(treatment, sound)) == again.pcm
    other = [piece async for piece in mastered(sound_of(clip), lambda: Treatment(5.0, -1.0, 0.005), known)]
    assert joined(other) != again.pcm


def test_of_mastered_clips_no_more_is_kept_than_there_is_room_for() -> None:
    known, treatment = MasteredClips(100_000), Treatment()
    clips = [Clip(AudioFormat(8_000), bytes([number]) * 10_000) for number in range(10)]
    for clip in clips:
        known.put(clip, treatment, clip)
        assert known.get(clips[0], treatment) is not None
    kept = [clip for clip in clips if known.get(clip, treatment)]
    assert kept == [clips[0], *clips[-4:]]
    known.put(whole := Clip(AudioFormat(8_000), bytes(60_000)), treatment, whole)
    assert known.get(whole, treatment) is None
