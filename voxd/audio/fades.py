"""Fades: sound that begins or ends abruptly is led in or out, so that it makes no click; other sound is untouched."""

import numpy as np

from voxd.audio.true_peak import Wave

QUIET = 100.0
"""An amplitude (-50 dB below full scale) that may come out of silence without being heard as a click."""


class Edges:
    """Softens the beginning and the end of one stream of sound, of amplitudes in units of a 16-bit sample.

    It holds back the length of a fade, as the end may come at any time.
    """

    def __init__(self, rate_hz: int, channels: int, fade_s: float) -> None:
        self._frames = round(rate_hz * fade_s)
        self._held = np.zeros((0, channels), dtype=np.float32)
        self._risen: int | None = None

    def feed(self, wave: Wave) -> Wave:
        """What can be given after this."""
        held = np.concatenate((self._held, self._led_in(wave)))
        given = max(0, len(held) - self._frames)
        self._held = held[given:]
        return held[:given]

    def finish(self) -> Wave:
        """The rest, led out where it ends abruptly."""
        rest = self._held
        if len(rest) and np.abs(rest[-1]).max() > QUIET:
            rest = rest * _rise(len(rest))[::-1]
        return rest

    def _led_in(self, wave: Wave) -> Wave:
        if self._risen is None:
            if not len(wave):
                return wave
            self._risen = 0 if np.abs(wave[0]).max() > QUIET else self._frames
        if self._risen >= self._frames:
            return wave
        rising = _rise(self._frames)[self._risen : self._risen + len(wave)]
        self._risen += len(rising)
        return np.concatenate((wave[: len(rising)] * rising, wave[len(rising) :]))


def _rise(frames: int) -> Wave:
    """From nearly 0 to nearly 1, like half a turn of a cosine; shape (frames, 1)."""
    at = (np.arange(frames) + 0.5) / max(frames, 1)
    return (0.5 - 0.5 * np.cos(np.pi * at)).astype(np.float32)[:, np.newaxis]
