"""The owner's list of how names are said."""

import re
from collections.abc import Mapping


class Pronunciations:
    """Replaces whole words and phrases by what the owner wrote for them.

    The longest entry wins, and what was put in is not searched again. An entry in small letters stands for every
    spelling (`wlan` is also WLAN and Wlan); one with a capital only for itself, so that US can be told from us. A
    phrase may be broken by any white space.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._exact = {_key(word): said for word, said in entries.items() if _key(word) != _key(word).lower()}
        self._any_case = {_key(word): said for word, said in entries.items() if _key(word) == _key(word).lower()}
        words = sorted((key for key in {*self._exact, *self._any_case} if key), key=lambda key: (-len(key), key))
        self._pattern = re.compile("|".join(map(self._alternative, words))) if words else None

    def applied(self, text: str) -> str:
        """The text with the list applied."""
        return self._pattern.sub(self._said, text) if self._pattern else text

    def _said(self, match: re.Match[str]) -> str:
        found = _key(match[0])
        return self._exact.get(found, self._any_case.get(found.lower(), match[0]))

    def _alternative(self, key: str) -> str:
        words = r"\s+".join(re.escape(word) for word in key.split(" "))
        left = r"(?<!\w)" if _is_spaced_letter(key[0]) else ""
        right = r"(?!\w)" if _is_spaced_letter(key[-1]) else ""
        return f"{left}{words}{right}" if key in self._exact else f"(?i:{left}{words}{right})"


def _key(word: str) -> str:
    return " ".join(word.split())


def _is_spaced_letter(char: str) -> bool:
    """Whether words of this character's script are set apart by blanks, so that whole words can be told."""
    return (char.isalnum() or char == "_") and not "\u0e00" <= char <= "\u0fff" and not "\u2e80" <= char <= "\u9fff"
