"""Speech models without weights: a sine that tells text and voice apart, and every trouble that a model can have.

Named in settings as `{type: python, model: "models_for_tests:SineModel", options: {...}}` with tests/ on PYTHONPATH.
"""

import ctypes
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from voxd.errors import EngineError
from voxd.neural.speech_model import CLIP_RATE_HZ, Arrays, ModelFacts, Prepared, Samples

PIECE_S = 0.16
SECONDS_A_CHARACTER = 0.06
RATE_HZ = 24_000
TROUBLES = ("OOM", "STICKY", "HANG", "NAN", "SILENCE", "ENDLESS", "TAIL", "DIE", "FAIL", "BREAK", "SQUEEZE", "REFUSE")
_TROUBLE = re.compile(rf"\b({'|'.join(TROUBLES)})([0-9]*)\b")
_LOAD_TROUBLE = re.compile(r"\bLOAD_(FAILS|HANGS|HOLDS|DIES|OOM|STICKY|BUG)\b")


@dataclass(frozen=True, slots=True)
class SinePrepared:
    """A cloned voice: the pitch of its reference clip."""

    pitch_hz: float
    bytes: int = 1024


class SineModel:
    """Speaks a sine of `pitch_hz(text, base)`; a speaker's base is `speaker_hz`, a cloned voice's its clip's pitch.

    Options:
    - `speakers`: names with a comma between them; `clones`, `clones_once`, `needs_transcript`, `rate_hz`, `weights` as
      in the facts
    - `delay_s`: what each piece of 160 ms takes; `load_s`: what loading takes; `derive_s`: what a clip takes
    - `log`: a file that gets a line for everything it is asked: `load`, `derive 440`, `prepare 440`, `speak TEXT`,
      `piece`, `closed`, `shrink`
    - `shrinks`: what `shrink` answers; `embedding_mb` is what a prepared voice claims to take
    - `trouble`: what goes wrong, always; `switch`: a file whose words go wrong as long as it is there

    A trouble is a word of `trouble`, of the file `switch`, or of the text (`Say OOM now`). With a number, as in NAN2,
    it happens only the first so many times that this text is spoken:
    - before any sound: OOM and STICKY (the real exceptions of torch), FAIL (a bug), REFUSE (an EngineError), HANG,
      DIE (the process is gone), SQUEEZE (OOM until it was asked to shrink), NAN, SILENCE (endless)
    - after half of the sound: BREAK (a bug), TAIL (endless silence), ENDLESS (sound that does not end)
    - BREAK_OOM, BREAK_STICKY, BREAK_HANG, BREAK_DIE, BREAK_NAN: the same after half of the sound
    - only in `trouble` and `switch`: LOAD_FAILS, LOAD_HANGS, LOAD_HOLDS (hangs, and all of Python with it), LOAD_DIES,
      LOAD_OOM, LOAD_STICKY, LOAD_BUG, and DERIVE_FAILS, DERIVE_OOM, DERIVE_STICKY, DERIVE_SQUEEZE (OOM until it was
      asked to shrink)
    """

    def __init__(
        self,
        *,
        speakers: str = "anna,bert",
        clones: bool = True,
        clones_once: str = "",
        needs_transcript: bool = False,
        rate_hz: int = RATE_HZ,
        weights: str = "sine",
        delay_s: float = 0.0,
        load_s: float = 0.0,
        derive_s: float = 0.0,
        log: str = "",
        shrinks: bool = True,
        embedding_mb: float = 0.0,
        trouble: str = "",
        switch: str = "",
    ) -> None:
        names = tuple(name for name in speakers.split(",") if name)
        self._facts = ModelFacts(
            fingerprint=f"sine {weights} {rate_hz}",
            rate_hz=rate_hz,
            languages=("en", "de"),
            speakers=names,
            device="cpu",
            dtype="float32",
            weights=weights,
            clones=clones,
            clones_once=clones_once,
            needs_transcript=needs_transcript,
        )
        self._delay_s, self._load_s, self._derive_s = delay_s, load_s, derive_s
        self._log = Path(log) if log else None
        self._shrinks = shrinks
        self._embedding_bytes = round(embedding_mb * 1e6) or 1024
        self._trouble = trouble
        self._switch = Path(switch) if switch else None
        self._spoken: Counter[str] = Counter()
        self._shrunk = False

    def load(self, tell: Callable[[str], None]) -> ModelFacts:
        """Takes `load_s`."""
        self._note("load")
        tell("reading nothing")
        if found := _LOAD_TROUBLE.search(self._standing_trouble()):
            _fall_into(found[1])
        time.sleep(self._load_s)
        tell("warming up")
        return self._facts

    def derive(self, clip: Samples, transcript: str) -> Arrays:  # noqa: ARG002 - a sine needs none
        """The clip's pitch."""
        trouble = self._standing_trouble()
        for word in ("FAILS", "OOM", "STICKY"):
            if f"DERIVE_{word}" in trouble:
                _fall_into(word)
        if "DERIVE_SQUEEZE" in trouble and not self._shrunk:
            _fall_into("OOM")
        time.sleep(self._derive_s)
        pitch = heard_hz(clip, CLIP_RATE_HZ)
        self._note(f"derive {pitch:.0f}")
        return {"pitch": np.array([pitch], dtype=np.float32)}

    def prepare(self, embedding: Arrays, transcript: str) -> Prepared:  # noqa: ARG002 - a sine needs none
        """The pitch again."""
        pitch = float(embedding["pitch"][0])
        self._note(f"prepare {pitch:.0f}")
        return SinePrepared(pitch, self._embedding_bytes)

    def speak(
        self,
        text: str,
        *,
        language: str,  # noqa: ARG002 - a sine is the same everywhere
        speaker: str,
        prepared: Prepared | None,
        seed: int | None,
    ) -> Iterator[Samples]:
        """A sine, `spoken_s(text)` long."""
        self._note(f"speak {text}")
        self._spoken[text] += 1
        base = prepared.pitch_hz if isinstance(prepared, SinePrepared) else speaker_hz(speaker)
        troubles = set(self._troubles(text))
        whole = sine(pitch_hz(text, base), spoken_s(text), self._facts.rate_hz, phase=(seed or 0) % 1000 / 1000)
        try:
            yield from self._pieces(whole, troubles)
        except GeneratorExit:
            self._note("closed")
            raise

    def shrink(self) -> bool:
        """As it was made."""
        self._note("shrink")
        self._shrunk = True
        return self._shrinks

    def memory_bytes(self) -> int:
        """A figure."""
        return 123_000_000

    def _pieces(self, whole: Samples, troubles: set[str]) -> Iterator[Samples]:
        step = round(PIECE_S * self._facts.rate_hz)
        self._stumble_first(troubles)
        if "NAN" in troubles:
            yield np.full(step, np.nan, dtype=np.float32)
        while "SILENCE" in troubles:
            yield self._paced(np.zeros(step, dtype=np.float32))
        half = len(whole) // 2
        for start in range(0, len(whole), step):
            if start >= half:
                yield from self._stumble_midway(troubles, whole[:step])
            yield self._paced(whole[start : start + step])

    def _paced(self, piece: Samples) -> Samples:
        time.sleep(self._delay_s)
        self._note("piece")
        return piece

    def _stumble_first(self, troubles: set[str]) -> None:
        if "SQUEEZE" in troubles and not self._shrunk:
            _fall_into("OOM")
        for word in ("OOM", "STICKY", "HANG", "DIE", "FAIL", "REFUSE"):
            if word in troubles:
                _fall_into(word)

    def _stumble_midway(self, troubles: set[str], piece: Samples) -> Iterator[Samples]:
        for word in ("OOM", "STICKY", "HANG", "DIE", "FAIL"):
            if f"BREAK_{word}" in troubles:
                _fall_into(word)
        if "BREAK" in troubles:
            _fall_into("FAIL")
        if "BREAK_NAN" in troubles:
            yield np.full_like(piece, np.nan)
        while "TAIL" in troubles:
            yield self._paced(np.zeros_like(piece))
        while "ENDLESS" in troubles:
            yield self._paced(piece)

    def _troubles(self, text: str) -> Iterator[str]:
        for word in re.findall(r"\bBREAK_[A-Z]+\b", f"{text} {self._standing_trouble()}"):
            yield str(word)
        for found in _TROUBLE.finditer(f"{text} {self._standing_trouble()}"):
            if not found[2] or self._spoken[text] <= int(found[2]):
                yield found[1]

    def _standing_trouble(self) -> str:
        switched = self._switch.read_text() if self._switch is not None and self._switch.exists() else ""
        return f"{self._trouble} {switched}"

    def _note(self, line: str) -> None:
        if self._log is not None:
            with self._log.open("a") as file:
                file.write(f"{line}\n")


def _fall_into(trouble: str) -> NoReturn:
    match trouble:
        case "OOM":
            import torch

            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 5.00 GiB.")
        case "STICKY":
            import torch

            raise torch.AcceleratorError("CUDA error: device-side assert triggered")
        case "DIE" | "DIES":
            os._exit(139)
        case "FAILS" | "REFUSE":
            raise EngineError("The sine is not in the mood")
        case "HANG" | "HANGS" | "HOLDS":
            sleep = ctypes.PyDLL(None).sleep if trouble == "HOLDS" else time.sleep
            while True:
                sleep(3600)
    raise ValueError("a bug in the sine")


def speaker_hz(speaker: str) -> float:
    """The base pitch of a speaker: another one for nearly every name."""
    return 300.0 + 7 * (sum(speaker.encode()) % 100)


def pitch_hz(text: str, base_hz: float) -> float:
    """The pitch of a text in a voice: the base, and up to 3200 Hz more for the text."""
    return base_hz + 1000.0 + 8 * (sum(text.encode("utf-8", "surrogatepass")) % 400)


def spoken_s(text: str) -> float:
    """How long a text sounds."""
    return 0.3 + SECONDS_A_CHARACTER * len(text)


def sine(pitch: float, length_s: float, rate_hz: int, phase: float = 0.0) -> Samples:
    """A sine at a third of full scale."""
    at = np.arange(round(length_s * rate_hz), dtype=np.float64) / rate_hz
    wave: NDArray[np.float64] = np.sin(2 * np.pi * (pitch * at + phase)) / 3
    return wave.astype(np.float32)


def heard_hz(sound: Samples, rate_hz: int) -> float:
    """The loudest pitch of a sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * rate_hz / len(sound))


def heard_pcm_hz(pcm: bytes, rate_hz: int) -> float:
    """The loudest pitch of 16-bit mono PCM."""
    return heard_hz(np.frombuffer(pcm, dtype="<i2").astype(np.float32), rate_hz)
