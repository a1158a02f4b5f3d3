"""Something in a text that is not said as it is written."""

import re
from collections.abc import Callable

_BEFORE_CHARS = 24
_AFTER_CHARS = 24


class Found:
    """A find of one kind, with its named parts ("" for a part that is not there) and its surroundings."""

    __slots__ = ("_groups", "_match")

    def __init__(self, match: re.Match[str]) -> None:
        self._match = match
        self._groups = match.groupdict("")

    def __getitem__(self, part: str) -> str:
        return self._groups.get(part, "")

    @property
    def text(self) -> str:
        """What was found."""
        return self._match[0]

    @property
    def before(self) -> str:
        """A little of what stands left of it."""
        start = self._match.start()
        return self._match.string[max(0, start - _BEFORE_CHARS) : start]

    @property
    def after(self) -> str:
        """A little of what stands right of it."""
        end = self._match.end()
        return self._match.string[end : end + _AFTER_CHARS]

    @property
    def word_before(self) -> str:
        """The word left of it in small letters."""
        parts = self.before.split()
        return parts[-1].strip("(\"'„“«").lower() if parts else ""


Saying = Callable[[Found], str]
"""How a find is said; "" leaves it as it was written."""
