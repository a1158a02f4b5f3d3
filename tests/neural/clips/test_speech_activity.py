"""The detector of speech finds it, and is the one that the package silero_vad has."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from sound_files import Sound, spoken

from voxd.neural.clips.package_file import package_file
from voxd.neural.clips.speech_activity import FRAME, FRAME_S, RATE_HZ, SpeechActivity, SpeechNetwork

Said = tuple[Sound, int]


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_speech_is_found_where_it_is(said: Said, gain: float) -> None:
    samples, rate_hz = said
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    spans = SpeechActivity().spans(np.pad(samples, 2 * rate_hz) * np.float32(gain), rate_hz)
    assert spans[0].start_s == pytest.approx(2 + sounding[0] / rate_hz, abs=0.15)
    assert spans[-1].end_s == pytest.approx(2 + sounding[-1] / rate_hz, abs=0.25)
    assert all(one.end_s < other.start_s for one, other in pairwise(spans))


@pytest.mark.parametrize("samples", [np.zeros(48_000), np.zeros(0), np.sin(np.arange(48_000) / 10)])
def test_nothing_is_found_where_nobody_speaks(samples: Sound) -> None:
    assert SpeechActivity().spans(samples.astype(np.float32), 16_000) == ()


def test_the_network_computes_what_the_packages_own_program_does() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is on its way out: one reason to have the network here
        path = package_file("silero_vad", "data/silero_vad.jit")
        original = torch.jit.load(path)  # type: ignore[no-untyped-call]  # torch declares no types for it
    ours, weights = SpeechNetwork(), dict(original._model.state_dict())
    ours.load_state_dict(
        {
            "stft_conv.weight": weights["stft.forward_basis_buffer"],
            **{
                f"conv{number + 1}.{part}": weights[f"encoder.{number}.reparam_conv.{part}"]
                for number in range(4)
                for part in ("weight", "bias")
            },
            **{
                f"lstm.{name}_l0": weights[f"decoder.rnn.{name}"]
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            },
            **{f"final_conv.{part}": weights[f"decoder.decoder.2.{part}"] for part in ("weight", "bias")},
        }
    )
    samples, _ = spoken()
    speech = samples[: 200 * FRAME]
    theirs = [original(torch.from_numpy(frame.copy()), RATE_HZ).item() for frame in speech.reshape(-1, FRAME)]
    assert len(theirs) * FRAME_S == pytest.approx(6.4)
    assert max(theirs) > 0.9
    np.testing.assert_allclose(ours.probabilities(speech), theirs, atol=1e-4)
