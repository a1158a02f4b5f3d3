"""One open stream of the audio child, fed from the tape.

The stream is written to, and not called back: what is waiting in the device tells what was heard, no time is
spent in a real-time thread, and nothing here needs memory that is both writable and executable.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from voxd.delivery.outputs.device_clock import DeviceClock
from voxd.delivery.outputs.tape import Tape

BLOCK_S = 0.02
LOW_WATER_S = 0.04
"""With no sound waiting, so much silence is kept in the device, that the next sound need not wait for more."""
ASLEEP_S = 0.1
"""A device that stands still for so long may be waiting for more, before it begins."""
REPORT_S = 0.05


class Stream:
    """One open stream, fed from the tape; counts what was heard by what the device took."""

    def __init__(self, tape: Tape, tell: Callable[..., None], opened: Any, rate_hz: int, channels: int) -> None:
        self._tape, self._tell, self._opened = tape, tell, opened
        self.rate_hz, self.channels = rate_hz, channels
        self._frame_bytes = 2 * channels
        opened.start()
        self._room: int = opened.write_available
        self._written = 0
        self._sound_until = 0
        self._clock = 0
        self._moved_at = time.monotonic()
        self._device_clock = DeviceClock(rate_hz)
        self._heard = (0, 0, 0)
        self._marks: deque[tuple[int, int, int]] = deque()
        self._reported: tuple[Any, ...] = ()
        self._reported_at = 0.0

    def pump(self) -> None:
        """Give the device its next block, or wait a little if it has enough; tell the daemon."""
        if self._is_early():
            self.silence(BLOCK_S)
        elif piece := self._tape.take(self._frames(BLOCK_S) * self._frame_bytes):
            self._write(piece.pcm)
            self._sound_until = self._written
            self._marks.append((self._written, piece.sound, piece.until // self._frame_bytes))
        else:
            self._rest()
        self._look()
        self._report()

    def silence(self, duration_s: float) -> None:
        """Give the device silence."""
        self._write(bytes(self._frames(duration_s) * self._frame_bytes))

    def _is_early(self) -> bool:
        """Whether what comes next is held for longer than a block; else it is let go, after just the silence due.

        While it is held the device is kept full: one that ran dry now would be heard late from then on.
        """
        moment = self._tape.held()
        if moment is None:
            return False
        early = self._frames(moment - self._next_heard_at())
        if early > self._frames(BLOCK_S) and time.monotonic() < moment:
            return True
        self._write(bytes(max(early, 0) * self._frame_bytes))
        self._tape.release(moment)
        return False

    def _next_heard_at(self) -> float:
        """The moment at which what is written now is heard."""
        now, at = time.monotonic(), self._device_clock.heard_at(self._written)
        return now + self._waiting() / self.rate_hz if at is None else max(at, now)

    def close(self, lead_out_s: float) -> None:
        """Play silence for so long after the last sound, then let the device go."""
        while self._clock < self._sound_until + self._frames(lead_out_s):
            self.pump()
        self._opened.abort()
        self._opened.close()

    def _rest(self) -> None:
        waiting_s = self._waiting() / self.rate_hz
        if waiting_s > LOW_WATER_S and time.monotonic() - self._moved_at < ASLEEP_S:
            self._tape.wait(max(waiting_s - LOW_WATER_S, 0.005))
        else:
            self._tape.starve()
            self.silence(BLOCK_S)
            self._tape.wait(BLOCK_S / 2)  # some devices (ALSA's null) have no clock and take all at once

    def _write(self, pcm: bytes) -> None:
        if self._opened.write(pcm):
            self._device_clock.forget()
        self._written += len(pcm) // self._frame_bytes

    def _waiting(self) -> int:
        free: int = self._opened.write_available
        return max(self._room - free, 0)

    def _look(self) -> None:
        clock = self._written - self._waiting()
        if clock > self._clock:
            self._clock, self._moved_at = clock, time.monotonic()
            self._device_clock.look(self._moved_at, clock)
        while self._marks and self._marks[0][0] <= self._clock:
            self._heard = self._marks.popleft()

    def _report(self) -> None:
        standing = (*self._heard, self._tape.gaps)
        due = time.monotonic() - self._reported_at >= REPORT_S
        if due or (not self._marks and standing != self._reported):
            self._reported, self._reported_at = standing, time.monotonic()
            until, sound, heard, gaps = standing
            at = self._device_clock.heard_at(until) or 0.0
            self._tell(clock=self._clock, sound=sound, heard=heard, heard_at=at, gaps=gaps)

    def _frames(self, duration_s: float) -> int:
        return int(duration_s * self.rate_hz)
