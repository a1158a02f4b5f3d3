"""A voice's network: its sound in pieces is the sound that it has as a whole."""

from pathlib import Path

import numpy as np
import pytest
from piper_voices import HOP, RATE_HZ, network, write_voice

from voxd.neural.piper.network import Manner, Network

MANNER = Manner(speaker=None, noise=0.667, length=1.0, noise_of_lengths=0.8, seed=1)
PHONEMES = [1, 0, *range(3, 120), 2]


def of_voice(folder: Path, reach: int) -> Network:
    return Network(write_voice(folder, model=network(reach=reach)), RATE_HZ, 1)


@pytest.mark.parametrize("reach", [1, 6, 12, 30])
def test_pieces_are_the_same_sound_as_the_whole_however_far_a_frame_reaches(tmp_path: Path, reach: int) -> None:
    made = of_voice(tmp_path, reach)
    (whole,) = made.sound(PHONEMES, MANNER)
    made.try_out(PHONEMES, MANNER)
    assert made.is_cut
    pieces = list(made.sound(PHONEMES, MANNER))
    assert len(pieces) > 3
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=2e-3 * np.abs(whole).max())


def test_a_frame_that_reaches_too_far_leaves_the_phrase_whole(tmp_path: Path) -> None:
    made = of_voice(tmp_path, 60)
    made.try_out(PHONEMES, MANNER)
    assert not made.is_cut
    assert len(list(made.sound(PHONEMES, MANNER))) == 1


def test_a_phrase_of_one_phoneme_is_whole(tmp_path: Path) -> None:
    made = of_voice(tmp_path, 1)
    made.try_out(PHONEMES, MANNER)
    (sound,) = made.sound([1], MANNER)
    assert len(sound) == 2 * HOP


def test_noise_goes_on_where_a_sentence_is_longer_than_what_was_drawn(tmp_path: Path) -> None:
    made = of_voice(tmp_path, 1)
    made.try_out(PHONEMES, MANNER)
    long = PHONEMES * 80
    assert sum(map(len, made.sound(long, MANNER))) == 2 * HOP * len(long)
