"""Watches what a model makes of a sentence: models run away, into noise, silence or a text of their own."""

import hashlib
import unicodedata
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

import numpy as np

from voxd.neural.faults import FaultError
from voxd.neural.speech_model import Samples
from voxd.wire.wyoming.host_events import Fault

ATTEMPTS = 3
BASE_S = 1.0
CJK_CHARACTER_S = 0.35
CHARACTER_S = 0.12
SIGN_S = 0.7
"""A digit or a sign such as % is read as words, where they were not written out before the model got them."""
PATIENCE = 2.5
"""So much longer than it should be may a sentence get: slow, honest speech is never cut."""
LEAST_S, MOST_S = 3.0, 120.0
SILENCE_MAX_S = 2.0
PAUSE_S = 0.5
"""Silence after sound is passed on so far; the rest only once there is sound again."""
WINDOW_S = 0.02
SILENT_BELOW = 10 ** (-50 / 20)
"""The loudness (root mean square of a window) of what nobody hears: -50 dB of full scale."""

Speak = Callable[[int | None], Iterator[Samples]]


def rendered(speak: Speak, text: str, rate_hz: int, seed: int | None, rate: float = 1.0) -> Iterator[Samples]:
    """The sound of a sentence, watched; begun again with another seed while nothing of it was given out.

    `rate` is the factor on the usual speed that was asked for. Raises FaultError with Fault.RUNAWAY where that did not
    help, or something was given out already.
    """
    for attempt in range(ATTEMPTS):
        given = False
        try:
            with closing(watched(speak(seed_of(seed, text, attempt)), text, rate_hz, rate)) as pieces:
                for piece in pieces:
                    given = True
                    yield piece
        except FaultError as error:
            if error.fault is not Fault.RUNAWAY or given or attempt == ATTEMPTS - 1:
                raise
        else:
            return


def seed_of(seed: int | None, text: str, attempt: int) -> int | None:
    """The seed of an attempt: at first the one asked for, then others that follow from it."""
    if attempt == 0:
        return seed
    digest = hashlib.sha256(f"{seed} {attempt} {text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7])


def longest_s(text: str) -> float:
    """How long the sound of a text may get."""
    honest_s = BASE_S + sum(map(_character_s, text))
    return min(MOST_S, max(LEAST_S, PATIENCE * honest_s))


def watched(pieces: Iterator[Samples], text: str, rate_hz: int, rate: float = 1.0) -> Generator[Samples, None, None]:
    """The pieces, each at once if there is sound in it; `pieces` is closed at the end.

    Silence before the first sound is held back until that comes. Long silence after sound ends the sentence, and is
    not given out. Raises FaultError with Fault.RUNAWAY: the sound is no number, too long, or silent.
    """
    silence = _Silence(rate_hz)
    left = round(longest_s(text) / min(1.0, rate) * rate_hz)
    try:
        for raw in pieces:
            piece = np.asarray(raw, dtype=np.float32).reshape(-1)
            left -= len(piece)
            if not np.isfinite(piece).all():
                raise _runaway("made noise that is no sound")
            if left < 0:
                raise _runaway("did not come to an end")
            if len(given := silence.passed(piece)):
                yield given
            if silence.length_s > SILENCE_MAX_S:
                break
    finally:
        if (close := getattr(pieces, "close", None)) is not None:
            close()
    if not silence.broken:
        raise _runaway("made nothing but silence")


class _Silence:
    """Knows how long it has been silent, and keeps back what nobody may need to hear."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._held: list[Samples] = []
        self._length = 0
        self.broken = False
        """Whether there has been any sound."""

    @property
    def length_s(self) -> float:
        """For how long there has been no sound."""
        return self._length / self._rate_hz

    def passed(self, piece: Samples) -> Samples:
        """What may be given out, now that this piece has come."""
        sounding = _sounding(piece, self._rate_hz)
        given = []
        if sounding:
            given = [*self._held, piece[:sounding]]
            self._held, self._length, self.broken = [], 0, True
        rest = piece[sounding:]
        pause = max(0, round(PAUSE_S * self._rate_hz) - self._length) if self.broken else 0
        given.append(rest[:pause])
        self._length += len(rest)
        if len(rest) > pause:
            self._held.append(rest[pause:])
        return np.concatenate(given) if len(given) > 1 else given[0]


def _sounding(piece: Samples, rate_hz: int) -> int:
    """How many of the samples there are up to the last sound."""
    window = max(1, round(WINDOW_S * rate_hz))
    starts = np.arange(0, len(piece), window)
    if not len(starts):
        return 0
    energy = np.add.reduceat(np.square(piece, dtype=np.float64), starts)
    lengths = np.minimum(window, len(piece) - starts)
    (loud,) = np.nonzero(energy > lengths * SILENT_BELOW**2)
    return min(len(piece), int(starts[loud[-1]]) + window) if len(loud) else 0


def _character_s(character: str) -> float:
    """How long a character takes to be said, at most."""
    if _is_cjk(character):
        return CJK_CHARACTER_S
    return SIGN_S if unicodedata.category(character)[0] in "NS" else CHARACTER_S


def _is_cjk(character: str) -> bool:
    return "\u2e80" <= character <= "\ud7ff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"


def _runaway(what: str) -> FaultError:
    return FaultError(Fault.RUNAWAY, f"The model {what}")
