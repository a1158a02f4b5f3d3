"""Medians and percentiles of what was measured."""

from collections.abc import Sequence


def percentile(samples: Sequence[float], percent: float) -> float:
    """The sample below or at which `percent` of all samples lie (nearest rank; 100 gives the greatest)."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)  # the ceiling
    return ordered[max(int(rank), 1) - 1]


def median(samples: Sequence[float]) -> float:
    """The middle sample; the mean of the two in the middle where their number is even."""
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def p99(samples: Sequence[float]) -> float:
    """The 99th percentile; with fewer than 100 samples, the greatest."""
    return percentile(samples, 99)
