"""The sound that waits in the audio child: filled by its reader thread, emptied by the device's thread."""

import threading
from array import array
from collections import deque
from typing import NamedTuple

MAX_WAITING_BYTES = 16 << 20
"""More than two seconds of anything; the daemon keeps far below."""


class Piece(NamedTuple):
    """A part of a sound: of which one, up to which byte of it, and its PCM."""

    sound: int
    until: int
    pcm: bytes


class Tape:
    """One sound at a time, numbered by the daemon, and how often it came too late."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._waiting = bytearray()
        self._fading = b""
        self._holds: deque[tuple[int, float]] = deque()
        self._sound = 0
        self._taken = 0
        self._starved = False
        self.gaps = 0

    def begin(self, sound: int) -> None:
        """What is put from now on belongs to this sound; what still waited is dropped."""
        with self._moved:
            self._waiting.clear()
            self._holds.clear()
            self._sound, self._taken, self.gaps = sound, 0, 0
            self._starved = False

    def put(self, pcm: bytes) -> None:
        """Append to the sound. Raises ValueError beyond the bound."""
        with self._moved:
            if len(self._waiting) + len(pcm) > MAX_WAITING_BYTES:
                raise ValueError("More sound was sent than may wait")
            self._waiting += pcm
            self.gaps += self._starved
            self._starved = False
            self._moved.notify()

    def hold(self, moment: float) -> None:
        """What is put next is to be heard at this moment (CLOCK_MONOTONIC, seconds); until then it waits."""
        with self._moved:
            self._holds.append((self._taken + len(self._waiting), moment))

    def held(self) -> float | None:
        """The moment that what comes next waits for; None if it need not wait, or nothing is there."""
        with self._moved:
            return self._holds[0][1] if self._waiting and self._is_held() else None

    def release(self, moment: float) -> None:
        """Give what is held until this moment, if it still is; the silence before it was no gap."""
        with self._moved:
            if self._is_held() and self._holds[0][1] == moment:
                self._holds.popleft()
                self._starved = False

    def hush(self, frames: int, channels: int) -> None:
        """Drop what waits, but for so many frames that fade out, so that there is no click."""
        with self._moved:
            if not self._is_held():
                self._fading = faded(bytes(self._waiting[: frames * channels * 2]), channels)
            self._waiting.clear()
            self._holds.clear()
            self._moved.notify()

    def take(self, size: int) -> Piece | None:
        """At most so many bytes, as soon as there are any; None means that nothing waits."""
        with self._moved:
            if self._fading:
                fading, self._fading = self._fading, b""
                return Piece(-1, 0, fading)
            if not self._waiting or self._is_held():
                return None
            if self._holds:
                size = min(size, self._holds[0][0] - self._taken)
            pcm = bytes(self._waiting[:size])
            del self._waiting[:size]
            self._taken += len(pcm)
            return Piece(self._sound, self._taken, pcm)

    def starve(self) -> None:
        """Silence had to be played; a gap if the sound goes on after it."""
        with self._moved:
            self._starved = self._taken > 0

    def wait(self, timeout_s: float) -> None:
        """Until something can be taken, at most so long."""
        with self._moved:
            if self._fading or (self._waiting and not self._is_held()):
                return
            self._moved.wait(timeout_s)

    def _is_held(self) -> bool:
        return bool(self._holds) and self._holds[0][0] <= self._taken


def faded(pcm: bytes, channels: int) -> bytes:
    """The PCM (16 bit) on its way from full volume to silence, linearly."""
    samples = array("h", pcm)
    frames = len(samples) // channels
    for at in range(len(samples)):
        samples[at] = samples[at] * (frames - at // channels) // (frames + 1)
    return samples.tobytes()
