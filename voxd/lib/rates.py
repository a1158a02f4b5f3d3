"""How often a source may ask: a token bucket for each, and a bound on how many sources are remembered."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

SOURCES_MAX = 1024


@dataclass(slots=True)
class _Bucket:
    """What a source still had at a moment of the clock."""

    tokens: float
    at: float


class Rates:
    """Lets each source ask `burst` times at once and `per_s` times a second in the long run; None lets it ask at will.

    Of at most `sources_max` sources it is remembered what they asked, those that asked last. Whoever puts another
    out of memory begins with what that one had left: giving oneself ever new names gains nothing.
    """

    def __init__(
        self,
        per_s: float | None,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        sources_max: int = SOURCES_MAX,
    ) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._clock = clock
        self._sources_max = sources_max
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def allow(self, source: Hashable) -> bool:
        """Whether the source may ask now; if so, that is counted."""
        if self._per_s is None:
            return True
        bucket = self._bucket(source, self._clock(), self._per_s)
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True

    def _bucket(self, source: Hashable, now: float, per_s: float) -> _Bucket:
        """The source's bucket, filled up to now."""
        bucket = self._buckets.get(source)
        if bucket is None:
            bucket = self._buckets[source] = self._oldest() or _Bucket(self._burst, now)
        self._buckets.move_to_end(source)
        bucket.tokens = min(self._burst, bucket.tokens + max(0.0, now - bucket.at) * per_s)
        bucket.at = now
        return bucket

    def _oldest(self) -> _Bucket | None:
        """The bucket of whoever asked longest ago, taken away from them where there are too many."""
        return self._buckets.popitem(last=False)[1] if len(self._buckets) >= self._sources_max else None
