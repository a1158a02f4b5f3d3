"""A text in as many parts as whoever speaks it needs to have room for each."""

import re
from collections.abc import Callable, Iterator

_CUTS = (
    re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*"),
    re.compile(r"(?<=[,;:，、；：])\s*"),
    re.compile(r"\s+"),
)
"""Where a text is cut best: behind a sentence, else behind a clause, else between two words."""


def parts_that_fit(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """The text, halved as near to its middle as a good cut allows until every part fits; one character stays whole."""
    if len(text) < 2 or fits(text):
        yield text
        return
    first, second = _halves(text)
    yield from parts_that_fit(first, fits)
    yield from parts_that_fit(second, fits)


def _halves(text: str) -> tuple[str, str]:
    """Two parts, neither empty nor less than a quarter of the text where it can be cut well at all."""
    middle = len(text) // 2
    for cut in _CUTS:
        found = [match for match in cut.finditer(text) if len(text) // 4 < match.start() < len(text) - len(text) // 4]
        if found:
            best = min(found, key=lambda match: abs(match.start() - middle))
            return text[: best.start()], text[best.end() :]
    return text[:middle], text[middle:]
