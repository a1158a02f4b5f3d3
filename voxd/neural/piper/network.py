"""A voice's network at work: phonemes in, sound out, the first of it before the rest is made."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from voxd.errors import EngineError
from voxd.neural.piper.graph import Parts, taken_apart
from voxd.neural.speech_model import Samples

NOISE_VALUES = 2**17
"""Noise begins again after that many numbers, which is after some 8 s."""
MARGINS_FRAMES = (8, 16, 32)
"""So far to either side may frames be heard in the sound of others; the first that holds is taken."""
EQUAL_WITHIN = 1e-3
FIRST_S, GROWTH, LONGEST_S = 0.25, 1.5, 1.0
"""The first piece of sound is short, so that it is there soon; the next ones grow, as they cost their margins, too."""
THREADS_MAX = 4
"""More help voices of this size little, and the house has other things to do."""
_SEVERE = 3

Frames = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How phonemes are spoken: the speaker's number, and VITS' scales of noise, length, and noise of lengths."""

    speaker: int | None
    noise: float
    length: float
    noise_of_lengths: float
    seed: int | None = None


class Network:
    """Made by loading it, which takes seconds. Raises EngineError where the file holds no voice."""

    def __init__(self, file: Path, rate_hz: int, threads: int | None) -> None:
        parts = _parts(file)
        try:
            self._first = _session(parts.first, threads)
            self._decoder = None if parts.decoder is None else _session(parts.decoder, threads)
        except Exception as error:  # its classes have no parent of their own
            raise EngineError(f"{file} holds no network that can be run: {_short(error)}") from error
        self._inputs = {given.name for given in self._first.get_inputs()}
        if "input" not in self._inputs:
            raise EngineError(f"{file} is not the network of a Piper voice: it does not take phonemes")
        self._rate_hz = rate_hz
        self._frames_name, self._noise, self._random = parts.frames, parts.noise, parts.random
        self._hop = self._margin = 0

    @property
    def is_cut(self) -> bool:
        """Whether the sound of a phrase comes piece by piece; known after `try_out`."""
        return self._margin > 0

    def try_out(self, phonemes: list[int], manner: Manner) -> None:
        """Speak, and find out whether pieces of the sound are the same as the whole. Raises whatever goes wrong."""
        frames = self._run_first(phonemes, manner)
        if self._decoder is None:
            return
        whole = self._decoded(frames)
        count = frames.shape[-1]
        self._hop = len(whole) // count
        if self._hop * count != len(whole):
            return
        holding = (margin for margin in MARGINS_FRAMES if self._holds(frames, whole, margin))
        self._margin = next(holding, 0)

    def sound(self, phonemes: list[int], manner: Manner) -> Iterator[Samples]:
        """The sound of a phrase, in pieces where the network allows that."""
        frames = self._run_first(phonemes, manner)
        if self._decoder is None:
            yield frames.reshape(-1)
        elif not self._margin:
            yield self._decoded(frames)
        else:
            yield from self._pieces(frames)

    def _pieces(self, frames: Frames) -> Iterator[Samples]:
        count, begin, length_s = frames.shape[-1], 0, FIRST_S
        while begin < count:
            end = min(count, begin + max(1, round(length_s * self._rate_hz / self._hop)))
            yield self._piece(frames, begin, end, self._margin)
            begin, length_s = end, min(LONGEST_S, length_s * GROWTH)

    def _piece(self, frames: Frames, begin: int, end: int, margin: int) -> Samples:
        """The sound of the frames from `begin` to `end`, made with `margin` more on either side."""
        before = min(begin, margin)
        sound = self._decoded(frames[..., begin - before : end + margin])
        return sound[before * self._hop : (before + end - begin) * self._hop]

    def _holds(self, frames: Frames, whole: Samples, margin: int) -> bool:
        count = frames.shape[-1]
        begin, end = count // 3, 2 * count // 3
        if begin <= margin or count - end <= margin:
            return False
        piece, same = self._piece(frames, begin, end, margin), whole[begin * self._hop : end * self._hop]
        loudest = float(np.abs(whole).max(initial=1e-6))
        return len(piece) == len(same) and float(np.abs(piece - same).max()) < EQUAL_WITHIN * loudest

    def _decoded(self, frames: Frames) -> Samples:
        assert self._decoder is not None
        made = self._decoder.run(None, {self._frames_name: frames})[0]
        return np.asarray(made, dtype=np.float32).reshape(-1)

    def _run_first(self, phonemes: list[int], manner: Manner) -> Frames:
        noise, of_lengths = manner.noise, manner.noise_of_lengths
        if self._random and manner.seed is not None:
            noise = of_lengths = 0.0  # what we do not give it cannot be given twice
        given: dict[str, Any] = {
            "input": np.array([phonemes], dtype=np.int64),
            "input_lengths": np.array([len(phonemes)], dtype=np.int64),
            "scales": np.array([noise, manner.length, of_lengths], dtype=np.float32),
            "sid": np.array([manner.speaker or 0], dtype=np.int64),
        }
        numbers = np.random.default_rng(manner.seed)
        given |= {name: numbers.standard_normal(NOISE_VALUES, dtype=np.float32) for name in self._noise}
        taken = {name: value for name, value in given.items() if name in self._inputs}
        return np.asarray(self._first.run(None, taken)[0], dtype=np.float32)


def _parts(file: Path) -> Parts:
    try:
        return taken_apart(onnx.load(str(file)))
    except (DecodeError, IndexError, ValueError) as error:
        raise EngineError(f"{file} is no ONNX file, or not a whole one: get it again") from error


def _session(part: bytes, threads: int | None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SEVERE
    # a number given keeps it from binding threads to cores, which containers forbid
    options.intra_op_num_threads = threads or min(THREADS_MAX, len(os.sched_getaffinity(0)))
    # threads that wait for work by spinning take what playback needs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(part, sess_options=options, providers=["CPUExecutionProvider"])


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
