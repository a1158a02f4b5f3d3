"""Feeding a reel to the audio child, with a clock of our own over the device's."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from voxd.delivery.outputs.audio_child import AudioChild, DeviceLostError
from voxd.delivery.outputs.reel import Reel

LOOK_S = 0.1
OnHeard = Callable[[int, float], None]


async def feed(child: AudioChild, reel: Reel, number: int, stalled_after_s: float, on_heard: OnHeard) -> None:
    """Send what the reel has, as sound `number`, until all of it was heard.

    `on_heard` is called whenever more was heard, with the frames and the moment that the last one was heard at (0 if
    nobody can tell). Raises DeviceLostError when the child failed, or its device
    consumed nothing for so long.
    """
    watch, start = _Watch(stalled_after_s), reel.heard_frames
    child.news = reel.news
    child.begin(number, reel.format)
    while not reel.over:
        _send(child, reel)
        await _news(reel.news)
        if child.lost:
            raise DeviceLostError(child.lost)
        standing = child.standing
        watch.look(standing.clock)
        if standing.sound == number and start + standing.heard > reel.heard_frames:
            reel.heard(start + standing.heard)
            on_heard(start + standing.heard, standing.heard_at)


def _send(child: AudioChild, reel: Reel) -> None:
    while True:
        if (moment := reel.next_hold()) is not None:
            child.hold(moment)
        if not (pcm := reel.next_slice()):
            return
        child.send(pcm)


class _Watch:
    """Raises DeviceLostError when a clock stands still; time in which we slept ourselves does not count."""

    def __init__(self, stalled_after_s: float) -> None:
        self._stalled_after_s = stalled_after_s
        self._clock = -1
        self._still_s = 0.0
        self._looked_at = asyncio.get_running_loop().time()

    def look(self, clock: int) -> None:
        now = asyncio.get_running_loop().time()
        self._still_s += min(now - self._looked_at, LOOK_S)
        self._looked_at = now
        if clock != self._clock:
            self._clock, self._still_s = clock, 0.0
        elif self._still_s > self._stalled_after_s:
            raise DeviceLostError(f"it took no sound for {self._stalled_after_s:g} s")


async def _news(news: asyncio.Event) -> None:
    """Wait for news, for LOOK_S at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await news.wait()
    news.clear()
