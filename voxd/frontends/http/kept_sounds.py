"""Sounds that wait to be fetched by whoever was told their address: for a while, and bounded."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEPT_MAX = 1000


@dataclass(frozen=True, slots=True)
class _Kept:
    wav: bytes
    until: float


class KeptSounds:
    """WAV files under names that nobody guesses; the oldest give way where there are too many, or too much of them."""

    def __init__(self, kept_s: float, bytes_max: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept_s = kept_s
        self._bytes_max = bytes_max
        self._clock = clock
        self._bytes = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def keep(self, wav: bytes) -> str:
        """Keep one; its name."""
        name = secrets.token_urlsafe(24)
        self._kept[name] = _Kept(wav, self._clock() + self._kept_s)
        self._bytes += len(wav)
        self._tidy()
        return name

    def get(self, name: str) -> bytes | None:
        """The one of that name, while it is there."""
        self._tidy()
        kept = self._kept.get(name)
        return kept.wav if kept else None

    def _tidy(self) -> None:
        """The one kept last stays in any case."""
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept.values()))
            too_much = len(self._kept) > 1 and (self._bytes > self._bytes_max or len(self._kept) > KEPT_MAX)
            if oldest.until > now and not too_much:
                return
            self._kept.popitem(last=False)
            self._bytes -= len(oldest.wav)
