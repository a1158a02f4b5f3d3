"""A voice's network: its sound in pieces is the sound that it has as a whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
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


def test_a_network_with_graphs_within_it_is_cut_all_the_same(tmp_path: Path) -> None:
    plain, nested = (
        Network(write_voice(tmp_path / str(inner), model=network(nested=inner)), RATE_HZ, 1) for inner in (False, True)
    )
    for one in (plain, nested):
        one.try_out(PHONEMES, MANNER)
        assert one.is_cut
    first, second = (np.concatenate(list(one.sound(PHONEMES, MANNER))) for one in (plain, nested))
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(("kind", "kept"), [({"dtype": 1, "mean": 0.0}, True), ({"scale": 2.0}, False)])
def test_noise_of_the_usual_kind_follows_the_seed_and_without_it_there_is_none(
    tmp_path: Path, kind: dict[str, float], kept: bool
) -> None:
    model = network()
    (noisy,) = (node for node in model.graph.node if node.op_type == "RandomNormalLike")
    noisy.attribute.extend(helper.make_attribute(name, value) for name, value in kind.items())
    made = Network(write_voice(tmp_path, model=model), RATE_HZ, 1)
    one, again, other = (np.concatenate(list(made.sound(PHONEMES, replace(MANNER, seed=seed)))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.array_equal(one, other) != kept
    this, that = (np.concatenate(list(made.sound(PHONEMES, replace(MANNER, seed=None)))) for _ in range(2))
    assert not np.array_equal(this, that)


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
