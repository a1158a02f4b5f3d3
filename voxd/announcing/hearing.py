"""How much of an announcement was heard in one zone, reckoned by the clock: outputs take sound before it is heard."""

from collections.abc import Sequence

LAG_S = 0.3
"""So long after its turn at most a sound is heard: what an output keeps on its way."""
LETTER_S, SYLLABLE_S = 0.065, 0.2
"""How long a letter takes to be said, and a character of a script without letters, until it is known."""
WIDE = "\u2e80"
"""The first character of the scripts that write syllables or words (Unicode block CJK Radicals)."""


class Hearing:
    """Follows what is given to one zone. Moments are in seconds of one monotonic clock.

    `lengths_s` are about those of all its sentences; the ones before number `first` were heard earlier.
    """

    def __init__(self, lengths_s: Sequence[float], first: int) -> None:
        self._lengths_s = lengths_s
        self._first = first
        self._began: float | None = None
        self._given_s = 0.0
        self._speech_from_s: float | None = None
        self._ends_s: list[float] = []

    @property
    def taken(self) -> int:
        """How many sentences were given whole, with those heard earlier."""
        return self._first + len(self._ends_s)

    def give(self, duration_s: float, now: float, *, speech: bool) -> None:
        """So much more sound goes to the outputs of the zone, of a sentence or of something else."""
        if self._began is None:
            self._began = now
        if speech and self._speech_from_s is None:
            self._speech_from_s = self._given_s
        self._given_s += duration_s

    def end_sentence(self) -> None:
        """All of a sentence was given."""
        self._ends_s.append(self._given_s)

    def sentences(self, now: float) -> int:
        """How many sentences were surely heard to their end."""
        reached_s = self._elapsed_s(now) - LAG_S
        return self._first + sum(end_s <= reached_s for end_s in self._ends_s)

    def share(self, now: float) -> float:
        """The part of the announcement that was heard, from 0 to 1; chimes are no part of it."""
        before_s, rest_s = sum(self._lengths_s[: self._first]), sum(self._lengths_s[self._first :])
        if self._speech_from_s is None:
            return before_s / (before_s + rest_s)
        heard_s = max(0.0, min(self._given_s, self._elapsed_s(now)) - self._speech_from_s)
        heard = min(1.0, heard_s / self._speech_s(self._speech_from_s))
        return (before_s + heard * rest_s) / (before_s + rest_s)

    def changes_in_s(self, now: float) -> float | None:
        """When the next sentence that was given will surely have been heard, or one half of all, whichever is first.

        None where nothing of the kind is on its way.
        """
        elapsed_s = self._elapsed_s(now)
        coming = [*(end_s + LAG_S for end_s in self._ends_s), self._half_at_s()]
        return min((at_s - elapsed_s for at_s in coming if at_s > elapsed_s), default=None)

    def _half_at_s(self) -> float:
        """After so long one half will have been heard; 0 where that is not known, or was so from the first."""
        if self._speech_from_s is None:
            return 0.0
        before_s, rest_s = sum(self._lengths_s[: self._first]), sum(self._lengths_s[self._first :])
        missing = max(0.0, (rest_s - before_s) / 2 / rest_s)
        return self._speech_from_s + missing * self._speech_s(self._speech_from_s)

    def _elapsed_s(self, now: float) -> float:
        return 0.0 if self._began is None else now - self._began

    def _speech_s(self, speech_from_s: float) -> float:
        """How long all that is to be heard will have lasted, reckoned from what was given until now."""
        given_s = self._given_s - speech_from_s
        rest_s = sum(self._lengths_s[self.taken :])
        if self._ends_s:
            whole_s = self._ends_s[-1] - speech_from_s
            rest_s *= whole_s / sum(self._lengths_s[self._first : self.taken])
            return max(given_s, whole_s + rest_s) or 1.0
        return max(given_s, rest_s) or 1.0


def length_s(words: str) -> float:
    """A guess at how long it takes to say these words; more than 0."""
    return sum(SYLLABLE_S if character >= WIDE else LETTER_S for character in words) or LETTER_S
