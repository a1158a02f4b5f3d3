"""Who speaks, as a vector: the GE2E speaker encoder with the weights of the resemblyzer package, on torch alone.

After Wan et al., "Generalized End-to-End Loss for Speaker Verification" (arXiv 1710.10467), with the numbers that
resemblyzer was trained with (its hparams.py): mel power of 40 bands, 25 ms windows every 10 ms, partial
stretches of 1.6 s, whose vectors are averaged.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import LSTM, Linear, Module

from voxd.neural.clips.package_file import package_file
from voxd.neural.speech_model import Samples

RATE_HZ = 16_000
MELS = 40
WINDOW = 400
HOP = 160
PARTIAL_FRAMES = 160
PARTIAL_STEP = round(RATE_HZ / 1.3 / HOP)
"""Frames from one partial stretch to the next: 1.3 of them begin each second."""
COVERED_MIN = 0.75
"""The last partial stretch is left out if less than that share of it is sound."""
LEVEL_DB = -30.0
"""RMS of what the encoder is given; its bands are powers, so that loudness would count as a trait of the voice."""
LEAST_DB = -100.0


class SpeakerEncoder(Module):
    """The network. Making it loads its weights; raises EngineError where they are not there."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = LSTM(MELS, 256, 3, batch_first=True)
        self.linear = Linear(256, 256)
        path = package_file("resemblyzer", "pretrained.pt")
        weights = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
        self.load_state_dict({name: weights[name] for name in self.state_dict()})
        self._mels = torch.from_numpy(_mel_bands())
        self._window = torch.hann_window(WINDOW)

    @torch.inference_mode()
    def vector(self, speech: Samples) -> NDArray[np.float32]:
        """256 numbers of length 1 that tell whose speech at RATE_HZ this is; the scalar product compares two."""
        starts = _partial_starts(len(speech))
        missing = (starts[-1] + PARTIAL_FRAMES) * HOP - len(speech)
        bands = self._bands(np.pad(_levelled(speech), (0, max(0, missing))))
        _, (hidden, _) = self.lstm(torch.stack([bands[at : at + PARTIAL_FRAMES] for at in starts]))
        partials = torch.nn.functional.normalize(self.linear(hidden[-1]).relu(), dim=1)
        result: NDArray[np.float32] = torch.nn.functional.normalize(partials.mean(dim=0), dim=0).numpy()
        return result

    def _bands(self, speech: Samples) -> torch.Tensor:
        """Mel power, shape (frames, MELS)."""
        spectrum = torch.stft(
            torch.from_numpy(speech),
            WINDOW,
            HOP,
            window=self._window,
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        return (self._mels @ spectrum.abs().square()).T


def _levelled(speech: Samples) -> Samples:
    rms_db = 10 * np.log10(np.mean(np.square(speech, dtype=np.float64)) + 1e-20)
    return speech * np.float32(10 ** ((LEVEL_DB - max(rms_db, LEAST_DB)) / 20))


def _partial_starts(samples: int) -> range:
    """The first frame of each partial stretch."""
    last = int((samples / HOP - COVERED_MIN * PARTIAL_FRAMES) // PARTIAL_STEP)
    return range(0, max(last, 0) * PARTIAL_STEP + 1, PARTIAL_STEP)


def _mel_bands() -> NDArray[np.float32]:
    """Triangles of equal area on Slaney's mel scale (Auditory Toolbox, 1998), shape (MELS, bins): 0 to 8 kHz."""
    bins_hz = np.linspace(0, RATE_HZ / 2, 1 + WINDOW // 2)
    edges_hz = _hz(np.linspace(_mel(0.0), _mel(RATE_HZ / 2), MELS + 2))
    widths = np.diff(edges_hz)
    away = edges_hz[:, None] - bins_hz
    triangles = np.maximum(0, np.minimum(-away[:-2] / widths[:-1, None], away[2:] / widths[1:, None]))
    areas = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return (triangles * areas[:, None]).astype(np.float32)


_LINEAR_HZ, _BREAK_HZ, _BREAK_MEL, _LOG_STEP = 200 / 3, 1000.0, 15.0, np.log(6.4) / 27


def _mel(hz: float) -> float:
    return hz / _LINEAR_HZ if hz < _BREAK_HZ else float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL)))
