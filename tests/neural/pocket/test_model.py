"""The model as its host meets it."""

import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
import yaml

from voxd.errors import EngineError
from voxd.neural.pocket.model import PocketModel
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples

from .conftest import SPEAKER, VOICES, WEIGHTS, own_model, said, without_cloning

TEXT = "It is raining."
LONG = "Somebody is at the front door, and would like to come in. " * 8


def heard_by(theirs: Any, clip: Samples) -> Any:
    """What upstream keeps of a clip."""
    import torch

    sound = soxr.resample(clip, CLIP_RATE_HZ, theirs.sample_rate).astype(np.float32)
    return theirs.get_state_for_audio_prompt(torch.from_numpy(sound)[None])


def test_it_says_to_the_bit_what_upstream_says(model: PocketModel, theirs: Any, clip: Samples) -> None:
    import torch

    prepared = model.prepare(model.derive(clip, ""), "")
    state = heard_by(theirs, clip)
    for seed in (1, 2):
        torch.manual_seed(seed)
        expected = theirs.generate_audio(state, TEXT)
        np.testing.assert_array_equal(said(model, TEXT, prepared=prepared, seed=seed), expected.numpy())


def test_a_voice_that_came_with_the_model_is_the_one_that_upstream_reads(
    model: PocketModel, theirs: Any, folder: Path
) -> None:
    import torch

    state = theirs.get_state_for_audio_prompt(folder / VOICES / f"{SPEAKER}.safetensors")
    torch.manual_seed(3)
    expected = theirs.generate_audio(state, TEXT)
    np.testing.assert_array_equal(said(model, TEXT, seed=3), expected.numpy())


def test_a_speaker_embedding_is_upstreams_state_in_float32(model: PocketModel, theirs: Any, clip: Samples) -> None:
    embedding = model.derive(clip, "")
    state = heard_by(theirs, clip)
    assert embedding.keys() == state.keys()
    for name, layer in state.items():
        assert embedding[name].dtype == np.float32
        assert embedding[name].shape[2] == int(layer["offset"][0])
        np.testing.assert_array_equal(embedding[name], layer["cache"].numpy())


def test_a_kept_voice_speaks_without_the_encoder_as_it_did_and_stays_as_it_is(
    folder: Path, clip: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = own_model(folder)
    model.load(lambda _: None)
    embedding = {name: array.copy() for name, array in model.derive(clip, "").items()}
    before = said(model, TEXT, prepared=model.prepare(embedding, ""))

    def encode(*_: object) -> None:
        raise AssertionError("the clip encoder was called")

    monkeypatch.setattr(model._network.mimi, "encode_to_latent", encode)
    kept = {name: np.frombuffer(array.tobytes(), np.float32).reshape(array.shape) for name, array in embedding.items()}
    prepared = model.prepare(kept, "")
    assert prepared.bytes == sum(array.nbytes for array in kept.values())
    for _ in range(2):
        np.testing.assert_array_equal(said(model, TEXT, prepared=prepared), before)
        said(model, "Something else.", prepared=prepared)
    for name, array in embedding.items():
        np.testing.assert_array_equal(kept[name], array)


def test_the_same_seed_gives_the_same_samples_and_none_never_does(model: PocketModel) -> None:
    np.testing.assert_array_equal(said(model, TEXT, seed=7), said(model, TEXT, seed=7))
    first, second = (said(model, TEXT, seed=None)[:9600] for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_two_voices_and_two_texts_sound_different(model: PocketModel) -> None:
    sounds = {
        said(model, text, speaker=speaker).tobytes() for text in (TEXT, "Hello.") for speaker in ("alba", SPEAKER)
    }
    assert len(sounds) == 4


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sentence_that_is_closed_leaves_no_thread_and_no_trace(
    model: PocketModel, folder: Path, threads: int
) -> None:
    other = own_model(folder, threads=threads)
    other.load(lambda _: None)
    before, running = said(model, TEXT), set(threading.enumerate())
    sound = other.speak(LONG, language="en", speaker=SPEAKER, prepared=None, seed=5)
    pieces = [next(sound) for _ in range(3)]
    assert all(len(piece) == other._network.sample_rate * 8 // 100 for piece in pieces)
    assert len(set(threading.enumerate()) - running) == threads - 1
    sound.close()  # type: ignore[attr-defined]  # it is a generator
    assert set(threading.enumerate()) == running
    np.testing.assert_array_equal(said(other, TEXT), before)
    assert set(threading.enumerate()) == running


def test_what_goes_wrong_in_the_decoder_reaches_who_listens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = own_model(folder, threads=2)
    model.load(lambda _: None)
    running = set(threading.enumerate())

    def decode(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(model._network.mimi, "decode_from_latent", decode)
    with pytest.raises(MemoryError, match="no room"):
        said(model, TEXT)
    assert set(threading.enumerate()) == running


def test_what_is_too_long_at_once_is_said_in_parts(template: Path) -> None:
    model = own_model(template)
    model.load(lambda _: None)
    one = len(said(model, "Somebody is at the front door."))
    assert len(said(model, LONG)) > 3 * one


@pytest.mark.parametrize(
    "text", ["x", "half a pair \ud83d and \udc80", "今日は 🙂", "nul \0 bell \x07", "...", "a.b.c?!"]
)
def test_odd_texts_are_said(model: PocketModel, text: str) -> None:
    assert said(model, text).any()


def test_a_text_of_which_nothing_is_left_is_refused(model: PocketModel) -> None:
    with pytest.raises(EngineError, match="nothing in the text"):
        said(model, "\udc80")


def test_what_a_model_leaves_out_does_not_keep_it_from_saying_the_rest(copied: Callable[..., Path]) -> None:
    folder = copied()
    config = yaml.safe_load((folder / "english.yaml").read_text())
    (folder / "english.yaml").write_text(yaml.safe_dump({**config, "replace_characters": {"„": "", "“": ""}}))
    model = own_model(folder)
    model.load(lambda _: None)
    assert said(model, f"{LONG} {'„“' * 150}").any()
    with pytest.raises(EngineError, match="nothing in the text"):
        said(model, "„“")


def test_facts_tell_what_it_is(folder: Path) -> None:
    told: list[str] = []
    facts = own_model(folder).load(told.append)
    assert (facts.rate_hz, facts.languages, facts.speakers) == (24_000, ("en",), ("alba", SPEAKER))
    assert (facts.device, facts.dtype, facts.clones, facts.needs_transcript) == ("cpu", "float32", True, False)
    assert facts.fingerprint.startswith("pocket 4.")
    assert told == ["starting torch", "loading the weights", "warming up"]


def test_weights_voices_and_configuration_are_told_apart(copied: Callable[..., Path]) -> None:
    same, other, warmer, more = (copied(name) for name in ("same", "other", "warmer", "more"))
    with (other / WEIGHTS).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    with (warmer / "english.yaml").open("a") as config:
        config.write("default_temperature: 0.7\n")
    shutil.copy(more / VOICES / "alba.safetensors", more / VOICES / "anna.safetensors")
    facts = [own_model(folder).load(lambda _: None) for folder in (copied("first"), same, other, warmer, more)]
    assert facts[0] == facts[1], "wherever it lies"
    assert len({each.fingerprint for each in facts}) == 4
    assert len({each.weights for each in facts}) == 3, "another voice beside it makes no embedding another one"


def test_the_weights_that_everybody_may_have_speak_and_say_what_they_cannot(
    copied: Callable[..., Path], clip: Samples
) -> None:
    model = own_model(copied(change=without_cloning))
    facts = model.load(lambda _: None)
    assert not facts.clones
    assert "without voice cloning; accept the conditions" in facts.clones_once
    assert said(model, TEXT).any()
    with pytest.raises(EngineError, match=r"does not clone voices: .*`voxd models fetch kyutai/pocket-tts`"):
        model.derive(clip, "")


def test_without_voices_of_its_own_it_clones_and_without_either_it_is_refused(
    copied: Callable[..., Path], clip: Samples
) -> None:
    folder, poor = copied("voiceless"), copied("poor", without_cloning)
    for each in (folder, poor):
        shutil.rmtree(each / VOICES)
    model = own_model(folder)
    assert model.load(lambda _: None).speakers == ()
    assert said(model, TEXT, prepared=model.prepare(model.derive(clip, ""), "")).any()
    with pytest.raises(EngineError, match="neither voices of its own nor the weights that clone one"):
        own_model(poor).load(lambda _: None)


def test_a_clip_is_heard_for_half_a_minute(model: PocketModel, clip: Samples) -> None:
    embedding = model.derive(np.tile(clip, 15), "")
    assert {array.shape[2] for array in embedding.values()} == {1 + 376}, "30.08 s at 12.5 a second, and the beginning"


def test_a_voice_that_is_not_there_or_of_another_model_is_told(copied: Callable[..., Path], model: PocketModel) -> None:
    with pytest.raises(EngineError, match="no voice 'nobody'"):
        said(model, TEXT, speaker="nobody")
    with pytest.raises(EngineError, match="speaker embedding is of another model"):
        model.prepare({"transformer.layers.0.self_attn": np.zeros((2, 1, 5, 4, 16), np.float32)}, "")
    folder = copied()
    (folder / VOICES / "broken.safetensors").write_bytes(b"RIFF")
    other = own_model(folder)
    assert other.load(lambda _: None).speakers == ("alba", "broken", SPEAKER)
    with pytest.raises(EngineError, match=r"broken\.safetensors is damaged"):
        said(other, TEXT, speaker="broken")
    assert said(other, TEXT, speaker="alba").any()


def test_a_voice_that_is_replaced_behind_the_models_back_is_not_taken_for_the_former(
    copied: Callable[..., Path],
) -> None:
    folder = copied()
    model = own_model(folder)
    model.load(lambda _: None)
    assert said(model, TEXT).size, "what is in memory is what it was"
    file = folder / VOICES / f"{SPEAKER}.safetensors"
    shutil.copy(file, file.with_name("new"))
    file.with_name("new").replace(file)
    assert said(model, TEXT).size
    model.shrink()
    with pytest.raises(EngineError, match="was replaced while its model was loaded: restart voxd"):
        said(model, TEXT)


def test_it_gives_up_what_it_can_do_without(model: PocketModel) -> None:
    said(model, TEXT)
    assert [model.shrink() for _ in range(2)] == [True, False]
    assert said(model, TEXT).any()
    assert model.memory_bytes() > 10_000_000


@pytest.mark.parametrize(("threads", "arithmetic"), [(1, 1), (2, 1), (4, 3)])
def test_it_calculates_with_as_many_threads_as_it_is_given(template: Path, threads: int, arithmetic: int) -> None:
    import torch

    own_model(template, threads=threads).load(lambda _: None)
    assert torch.get_num_threads() == arithmetic


def test_nothing_is_left_of_what_stood_in_for_scipy(model: PocketModel) -> None:
    assert model
    module = sys.modules.get("scipy")
    assert module is None or module.__file__
