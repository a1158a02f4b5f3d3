"""Where somebody speaks: the network of silero-vad with the weights of its package, on torch alone."""

from dataclasses import dataclass

import numpy as np
import soxr
import torch
from safetensors.torch import load_file
from torch.nn import LSTM, Conv1d, Module
from torch.nn.functional import pad

from voxd.neural.clips.package_file import package_file
from voxd.neural.speech_model import Samples

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
SPEECH_FROM = 0.5
SPEECH_UNTIL = 0.15
"""Speech begins where the network is that sure of it, and reaches to where it is not even that sure."""
SHORTEST_S = 0.1
PEAK = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech, in seconds from the beginning of the sound."""

    start_s: float
    end_s: float


class SpeechActivity:
    """Tells speech from everything else, however loud it is. Raises EngineError where the weights are not there."""

    def __init__(self) -> None:
        self._network = SpeechNetwork()

    def spans(self, sound: Samples, rate_hz: int) -> tuple[Span, ...]:
        """Where there is speech in one channel of sound, to FRAME_S exactly, in the order of time."""
        peak = float(np.abs(sound).max(initial=0.0))
        if peak == 0.0:
            return ()
        heard = soxr.resample(sound * np.float32(PEAK / peak), rate_hz, RATE_HZ, quality="HQ")
        end_s = len(sound) / rate_hz
        found = _runs(self._network.probabilities(heard))
        spans = (Span(first * FRAME_S, min(after * FRAME_S, end_s)) for first, after in found)
        return tuple(span for span in spans if span.end_s - span.start_s >= SHORTEST_S)


def _runs(probabilities: Samples) -> list[tuple[int, int]]:
    """Frames (from, up to) that are above SPEECH_UNTIL and touch one above SPEECH_FROM."""
    above = np.concatenate(([0], probabilities >= SPEECH_UNTIL, [0])).astype(np.int8)
    edges = np.flatnonzero(np.diff(above)).reshape(-1, 2).tolist()
    return [(first, after) for first, after in edges if probabilities[first:after].max() >= SPEECH_FROM]


class SpeechNetwork(Module):
    """silero-vad 6 for 16 kHz, as its package describes it in tinygrad_model.py, over all frames at once."""

    CONTEXT = 64

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = Conv1d(129, 128, 3, padding=1)
        self.conv2 = Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = Conv1d(64, 128, 3, padding=1)
        self.lstm = LSTM(128, 128)
        self.final_conv = Conv1d(128, 1, 1)
        weights = load_file(package_file("silero_vad", "data/silero_vad_16k.safetensors"))
        self.load_state_dict({_own_name(name): weight for name, weight in weights.items()})

    @torch.inference_mode()
    def probabilities(self, sound: Samples) -> Samples:
        """How probable speech is in each frame of FRAME samples at RATE_HZ."""
        frames = max(1, -(-len(sound) // FRAME))
        padded = pad(torch.from_numpy(sound), (self.CONTEXT, frames * FRAME - len(sound)))
        windows = pad(padded.unfold(0, FRAME + self.CONTEXT, FRAME), (0, self.CONTEXT), mode="reflect")
        real, imaginary = self.stft_conv(windows.unsqueeze(1)).chunk(2, dim=1)
        features = (real.square() + imaginary.square()).sqrt()
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = convolution(features).relu()
        states, _ = self.lstm(features.squeeze(-1).unsqueeze(1))
        logits = self.final_conv(states.squeeze(1).relu().unsqueeze(-1))
        result: Samples = logits.sigmoid().flatten().numpy()
        return result


def _own_name(name: str) -> str:
    """A cell's weights under the name that a whole LSTM has for those of its first layer."""
    return f"{name.replace('lstm_cell', 'lstm')}_l0" if name.startswith("lstm_cell") else name
