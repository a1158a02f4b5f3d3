"""What is spoken is what upstream's own, slower way would speak, to the rounding of floats."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxd.errors import EngineError
from voxd.neural.speech_model import Samples

from .conftest import MAX_LENGTH, STEPS, Pair, own_model

TEXT = "Someone is at the front door."
CLOSE = 1e-5


@pytest.mark.parametrize("cloned", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_says_what_upstream_says(pair: Pair, cloned: bool, seed: int) -> None:
    ours, theirs = (
        np.concatenate(pair.say(TEXT, cloned=cloned, seed=seed)),
        pair.upstream_says(TEXT, cloned=cloned, seed=seed),
    )
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(ours, theirs, atol=CLOSE)


@pytest.mark.parametrize("pair", ["voxcpm-mup", "voxcpm2-mup"], indirect=True)
def test_embeddings_are_scaled_where_the_configuration_says_so(pair: Pair) -> None:
    ours = np.concatenate(pair.say(TEXT, cloned=True))
    np.testing.assert_allclose(ours, pair.upstream_says(TEXT, cloned=True), atol=CLOSE)


@pytest.mark.parametrize("pair", ["voxcpm2"], indirect=True)
@pytest.mark.parametrize("cloned", [False, True])
def test_the_second_streams_what_upstream_streams(pair: Pair, cloned: bool) -> None:
    import torch

    torch.manual_seed(5)
    cache = pair.prompt_cache if cloned else None
    streamed = pair.upstream.generate_with_prompt_cache_streaming(TEXT, cache, inference_timesteps=STEPS)
    theirs = [np.asarray(piece[0]) for piece, *_ in streamed]
    ours = pair.say(TEXT, cloned=cloned, seed=5)
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(np.concatenate(ours), np.concatenate(theirs), atol=CLOSE)


def test_every_piece_lasts_160_ms(pair: Pair) -> None:
    rate_hz = 48_000 if pair.second else 44_100
    pieces = pair.say(TEXT, cloned=True)
    assert {(piece.shape, piece.dtype) for piece in pieces} == {((rate_hz * 16 // 100,), np.dtype(np.float32))}


def test_text_voice_and_seed_are_heard(pair: Pair) -> None:
    said = [
        pair.say(TEXT, cloned=False)[0],
        pair.say(TEXT, cloned=True)[0],
        pair.say("It rains.", cloned=True)[0],
        pair.say(TEXT, cloned=True, seed=2)[0],
    ]
    for at, one in enumerate(said):
        for other in said[at + 1 :]:
            assert np.abs(one - other).max() > 1e-3


def test_line_breaks_are_spaces(pair: Pair) -> None:
    broken, whole = pair.say("Someone is\n at  the front door.\n", cloned=False), pair.say(TEXT, cloned=False)
    np.testing.assert_array_equal(np.concatenate(broken), np.concatenate(whole))


def test_a_sentence_that_was_given_up_leaves_nothing_behind(pair: Pair) -> None:
    alone = np.concatenate(pair.say(TEXT, cloned=True))
    given_up = pair.own.speak("Something else entirely", language="en", speaker="", prepared=None, seed=9)
    next(given_up)
    given_up.close()  # type: ignore[attr-defined]  # a generator, too
    np.testing.assert_array_equal(np.concatenate(pair.say(TEXT, cloned=True)), alone)


def test_numbers_gone_wrong_do_not_reach_the_next_sentence(pair: Pair) -> None:
    alone = np.concatenate(pair.say(TEXT, cloned=True))
    for language_model in (pair.own._network.base_lm, pair.own._network.residual_lm):
        language_model.kv_cache.kv_cache[..., :300, :] = float("nan")
        language_model.kv_cache.current_length = 300
    np.testing.assert_array_equal(np.concatenate(pair.say(TEXT, cloned=True)), alone)


def test_gradients_are_recorded_nowhere_after_a_stream(pair: Pair) -> None:
    import torch

    stream = pair.own.speak(TEXT, language="en", speaker="", prepared=pair.prepared, seed=1)
    next(stream)
    assert not torch.is_inference_mode_enabled(), "the caller's own work would be changed"


@pytest.fixture(scope="module", params=["voxcpm", "voxcpm2"])
def endless(request: pytest.FixtureRequest, checkpoint_of: Callable[..., Path]) -> Any:
    """A model that never ends a sentence."""
    model = own_model(checkpoint_of(request.param, stops=False), max_length=256)
    model.load(lambda _: None)
    return model


def said(model: Any, text: str) -> list[Samples]:
    return list(model.speak(text, language="en", speaker="default", prepared=None, seed=1))


def test_a_sentence_without_an_end_is_cut_at_six_patches_a_token(endless: Any) -> None:
    assert len(said(endless, "Hi!")) == 6 * len("▁Hi!") + 10


def test_a_sentence_is_cut_where_the_model_is_full(endless: Any) -> None:
    text = "x" * 70  # and a token for the space before it, and one for the start of the sound
    assert len(said(endless, text)) == 256 - 72 + 1


def test_a_sentence_that_does_not_fit_is_said_in_parts(endless: Any) -> None:
    clause = "x" * 50 + ", "
    assert len(said(endless, f"{clause}{clause}".strip(", "))) == len(said(endless, "x" * 51)) + len(
        said(endless, "x" * 50)
    )


def test_a_clip_that_leaves_no_room_for_any_sentence_is_refused_with_the_option_to_raise(
    pair: Pair, clip: Samples
) -> None:
    long = pair.own.prepare(pair.own.derive(np.tile(clip, 31), "Hello there."), "Hello there.")
    with pytest.raises(EngineError, match=rf"too long .* max_length \({MAX_LENGTH}\)"):
        list(pair.own.speak("Hi!", language="en", speaker="", prepared=long, seed=1))


def test_a_sentence_that_ends_at_once_has_four_patches(checkpoint_of: Callable[..., Path]) -> None:
    model = own_model(checkpoint_of(stops=True))
    model.load(lambda _: None)
    assert len(said(model, TEXT)) == 4


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_speaks(pair: Pair, dtype: str) -> None:
    model = own_model(pair.folder, dtype=dtype)
    assert model.load(lambda _: None).dtype == dtype
    prepared = model.prepare(pair.embedding, "Hello there.")
    sound = np.concatenate(list(model.speak(TEXT, language="en", speaker="", prepared=prepared, seed=1)))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.1
