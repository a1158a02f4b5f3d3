"""The model as its host meets it."""

import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxd.errors import EngineError
from voxd.neural.speech_model import Samples

from .conftest import TRANSCRIPT, Pair, own_model

TEXT = "It is raining."


def test_an_embedding_is_upstreams_prompt_cache(pair: Pair) -> None:
    name = "ref_audio_feat" if pair.second else "audio_feat"
    assert list(pair.embedding) == [name]
    assert pair.embedding[name].dtype == np.float32
    np.testing.assert_allclose(pair.embedding[name], pair.prompt_cache[name].numpy(), atol=1e-5)


def test_a_prepared_voice_tells_its_size(pair: Pair) -> None:
    assert 1_000 < pair.prepared.bytes < 1_000_000


def test_a_prepared_voice_holds_no_more_memory_than_it_tells(pair: Pair) -> None:
    from voxd.neural.voxcpm.prepared import Continuation, Reference

    assert isinstance(pair.prepared, Continuation | Reference)
    values = [getattr(pair.prepared, field.name) for field in fields(pair.prepared)]
    tensors = [held for value in values for held in (value.values() if isinstance(value, dict) else [value])]
    storages = {held.untyped_storage() for held in tensors if not isinstance(held, str)}
    assert sum(storage.nbytes() for storage in storages) == pair.prepared.bytes


def test_the_first_needs_a_transcript_and_the_second_does_not(pair: Pair, clip: Samples) -> None:
    if pair.second:
        assert pair.own.derive(clip, "")
        return
    with pytest.raises(EngineError, match="transcript"):
        pair.own.derive(clip, " ")


def test_the_same_seed_gives_the_same_samples_and_none_never_does(pair: Pair) -> None:
    def first(seed: int | None) -> Samples:
        return pair.say(TEXT, cloned=True, seed=seed)[0]

    np.testing.assert_array_equal(first(7), first(7))
    after_a_seed = [first(None) for _ in range(2) if first(7) is not None]
    assert np.abs(after_a_seed[0] - after_a_seed[1]).max() > 1e-3


def test_facts_tell_what_it_is(pair: Pair) -> None:
    facts = own_model(pair.folder).load(lambda _: None)
    assert facts.rate_hz == (48_000 if pair.second else 44_100)
    assert ("de" in facts.languages) == pair.second
    assert {"en", "zh"} <= set(facts.languages)
    assert (facts.device, facts.dtype, facts.clones) == ("cpu", "float32", True)
    assert facts.needs_transcript != pair.second
    assert f" {pair.architecture} " in facts.fingerprint


def test_the_fingerprint_tells_every_option_that_changes_the_sound(checkpoint_of: Callable[..., Path]) -> None:
    folder = checkpoint_of(stops=True)
    variants: list[dict[str, Any]] = [{}, {"steps": 5}, {"cfg": 1.5}, {"dtype": "bfloat16"}]
    prints = {own_model(folder, **options).load(lambda _: None).fingerprint for options in variants}
    prints.add(own_model(checkpoint_of(stops=True, seed=1)).load(lambda _: None).fingerprint)
    assert len(prints) == 5


def test_what_goes_on_is_told(checkpoint_of: Callable[..., Path]) -> None:
    told: list[str] = []
    own_model(checkpoint_of(stops=True)).load(told.append)
    assert told == ["starting torch", "loading the weights", "warming up"]


def test_it_shrinks_until_it_cannot_and_speaks_on(checkpoint_of: Callable[..., Path]) -> None:
    model = own_model(checkpoint_of(stops=True), max_length=4000)
    model.load(lambda _: None)

    def said(text: str = TEXT) -> Samples:
        return np.concatenate(list(model.speak(text, language="en", speaker="default", prepared=None, seed=1)))

    before = said()
    said("x" * 1000)
    assert [model.shrink() for _ in range(3)] == [True, True, False]
    np.testing.assert_allclose(said(), before, atol=1e-6)
    assert said("x" * 1000).any(), "in parts"
    assert model.memory_bytes() > 10_000_000


def test_a_gpu_that_is_not_there_is_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(EngineError, match=r"is to run on cuda:0, but that GPU is not to be seen"):
        own_model(pair.folder, device="cuda:0").load(lambda _: None)


def test_a_numbered_gpu_is_one_of_those_that_may_be_seen(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    with pytest.raises(EngineError, match=r"no GPU cuda:2 among those of CUDA_VISIBLE_DEVICES=4,7"):
        own_model(pair.folder, device="cuda:2").load(lambda _: None)


def test_auto_is_the_cpu_where_there_is_nothing_else(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    facts = own_model(pair.folder, device="auto", dtype="auto").load(lambda _: None)
    assert (facts.device, facts.dtype) == ("cpu", "float32")


def test_neither_torchaudio_nor_librosa_is_left_where_they_are_not(pair: Pair) -> None:
    for name in ("torchaudio", "librosa"):
        module = sys.modules.get(name)
        assert module is None or module.__file__, f"{name} is one of our stand-ins"


def test_a_prepared_voice_survives_the_way_over_the_disk(pair: Pair) -> None:
    kept = {
        name: np.frombuffer(array.tobytes(), np.float32).reshape(array.shape).copy()
        for name, array in pair.embedding.items()
    }
    prepared = pair.own.prepare(kept, TRANSCRIPT)
    again = np.concatenate(list(pair.own.speak(TEXT, language="en", speaker="", prepared=prepared, seed=3)))
    np.testing.assert_array_equal(again, np.concatenate(pair.say(TEXT, cloned=True, seed=3)))
