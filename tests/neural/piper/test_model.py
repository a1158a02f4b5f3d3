"""What Piper's model makes of voices and texts."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import numpy_helper
from piper_voices import HOP, RATE_HZ, TONES, network, speakers, write_voice

from voxd.errors import BadRequestError, EngineError
from voxd.neural.piper.model import PiperModel
from voxd.neural.speech_model import ModelFacts, Samples
from voxd.settings.engines import PiperSettings

TEXT = "The washing machine in the cellar has finished, and somebody should empty it."
Speaker = tuple[PiperModel, ModelFacts]


def loaded(model: Path, threads: int | None = 1) -> Speaker:
    made = PiperModel(PiperSettings(model=str(model), threads=threads), model.parent)
    return made, made.load(lambda _: None)


def pieces(of: Speaker, text: str = TEXT, speaker: str = "", seed: int | None = 1, rate: float = 1.0) -> list[Samples]:
    model, facts = of
    named = speaker or facts.speakers[0]
    return list(model.speak(text, language="en", speaker=named, prepared=None, seed=seed, rate=rate))


def sound(*arguments: Any, **options: Any) -> Samples:
    return np.concatenate(pieces(*arguments, **options))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return loaded(write_voice(tmp_path_factory.mktemp("voice")))


def test_it_tells_what_it_is(voice: Speaker) -> None:
    facts = voice[1]
    assert (facts.rate_hz, facts.languages, facts.speakers) == (RATE_HZ, ("en-US",), ("default",))
    assert (facts.clones, facts.changes_rate, facts.device) == (False, True, "cpu")
    assert facts.fingerprint.startswith("piper 1.8.0 ")


def test_the_first_sound_comes_before_the_sentence_is_whole(voice: Speaker) -> None:
    made = pieces(voice)
    assert len(made) > 4
    assert len(made[0]) < 0.3 * RATE_HZ
    assert max(map(len, made)) < 1.1 * RATE_HZ


def test_a_network_that_ends_otherwise_speaks_phrase_by_phrase(tmp_path: Path) -> None:
    one_phrase = loaded(write_voice(tmp_path, model=network(decoder=False)))
    assert len(pieces(one_phrase, "One. Two.")) == 2


def test_the_same_seed_gives_the_same_samples_and_none_others(voice: Speaker) -> None:
    one, again, other = (sound(voice, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(sound(voice, seed=None), sound(voice, seed=None))


def test_the_rate_changes_the_speed(voice: Speaker) -> None:
    slow, usual, quick = (len(sound(voice, rate=rate)) for rate in (0.5, 1.0, 2.0))
    assert slow == 2 * usual == 4 * quick


def test_each_speaker_sounds_otherwise_and_has_its_name(tmp_path: Path) -> None:
    several = loaded(write_voice(tmp_path, model=network(speakers=3), **speakers(3)))
    assert several[1].speakers == ("speaker0", "speaker1", "speaker2")
    heard = [sound(several, speaker=name) for name in several[1].speakers]
    assert len({len(one) for one in heard}) == 1
    assert not np.allclose(heard[0], heard[1], atol=0.1)
    assert not np.allclose(heard[1], heard[2], atol=0.1)


def test_a_sentence_without_an_end_is_spoken_in_phrases(voice: Speaker) -> None:
    words = "word " * 500
    assert len(sound(voice, words)) / HOP == pytest.approx(2 * 2 * len("wˈɜːd ") * 500, rel=0.1)
    assert len(voice[0]._reading.phrases(words)) > 5
    assert len(voice[0]._reading.phrases("a" * 4000)) > 1


@pytest.mark.parametrize("text", ["", " ", "...", "\0", "\ud83d", "[[]]", "—"])
def test_a_text_without_anything_to_say_is_refused(voice: Speaker, text: str) -> None:
    with pytest.raises(BadRequestError, match="nothing in it that this voice can say"):
        pieces(voice, text)


@pytest.mark.parametrize(
    "text", ["nul \0 bell \x07", "half a pair \ud83d", "[[h@l'oU]]", "<break time='9s'/>", "今日は"]
)
def test_odd_texts_are_spoken(voice: Speaker, text: str) -> None:
    assert np.abs(sound(voice, text)).max() > 0.01


def test_phonemes_in_brackets_are_read_as_text(voice: Speaker) -> None:
    assert len(sound(voice, "[[a]]")) == len(sound(voice, "[ [a] ]"))


def test_a_voice_that_reads_letters_needs_no_espeak(tmp_path: Path) -> None:
    letters = {chr(97 + at): [at + 3] for at in range(26)} | {"_": [0], "^": [1], "$": [2], " ": [30]}
    spelling = loaded(write_voice(tmp_path, phoneme_type="text", phoneme_id_map=letters, espeak={"voice": "xx"}))
    assert len(sound(spelling, "abc")) == len(sound(spelling, "abé"))


def test_what_its_voice_reads_with_and_is_not_here_is_told(tmp_path: Path) -> None:
    for kind, sentence in (
        ("japanese", "reads with pyopenjtalk-plus, which is no part of voxd: install it beside voxd"),
        ("thai", "reads with tltk, which is no part of voxd"),
        ("pinyin", "reads with g2pW, which piper would fetch from the network: take another voice"),
        ("runes", r"piper cannot read for the voice en_US-tiny-medium \(runes, en-us\)"),
    ):
        with pytest.raises(EngineError, match=sentence):
            loaded(write_voice(tmp_path, phoneme_type=kind))
    with pytest.raises(EngineError, match=r"piper cannot read .*\(espeak, klingon-xx\)"):
        loaded(write_voice(tmp_path, espeak={"voice": "klingon-xx"}))


@pytest.mark.parametrize("cut", [0, 100, 2000])
def test_a_network_that_came_half_is_told(tmp_path: Path, cut: int) -> None:
    model = write_voice(tmp_path)
    model.write_bytes(model.read_bytes()[:cut])
    with pytest.raises(
        EngineError, match=r"en_US-tiny-medium.onnx (is no ONNX file|holds no network|is not the network)"
    ):
        loaded(model)


def test_what_is_no_voice_is_told(tmp_path: Path) -> None:
    model = write_voice(tmp_path)
    model.write_text("<html>Not found</html>")
    with pytest.raises(EngineError, match="is no ONNX file, or not a whole one: get it again"):
        loaded(model)
    broken = network()
    (tones,) = (one for one in broken.graph.initializer if one.name == "tones")
    tones.CopyFrom(numpy_helper.from_array(np.array([TONES + 1], np.int64), "tones"))
    with pytest.raises(EngineError, match="The voice en_US-tiny-medium does not speak: "):
        loaded(write_voice(tmp_path, model=broken))


def test_it_clones_nobody(voice: Speaker) -> None:
    with pytest.raises(EngineError, match="clones no voices"):
        voice[0].derive(np.zeros(10, np.float32), "")


def test_it_needs_no_torch(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from voxd.neural.piper.model import PiperModel
        from voxd.settings.engines import PiperSettings
        import voxd.commands.engine
        PiperModel(PiperSettings(model=sys.argv[1]), Path("/")).load(print)
        print("torch" in sys.modules)
    """
    model = write_voice(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program, model], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "False"
