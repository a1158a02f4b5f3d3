"""Text as the server can take it: what has no punctuation for long is broken up."""

import re
import textwrap
import unicodedata

LETTERS_MAX = 240
WIDE_LETTERS_MAX = 80
"""In so much the model keeps its thread, also where the script says more with each letter."""
_BETWEEN_MARKS = re.compile(r"[^,.;?!、，。？！：…\n]+")


def speakable(text: str) -> str:
    """The text with a line's end wherever it would go on too long without a mark at which the server cuts (cut5).

    The server takes a line's end for a cut, too; above 510 letters without any it fails.
    """
    plain = text.encode("utf-8", "ignore").decode()  # halves of pairs are no letters
    tidy = "".join(char if char.isprintable() else " " for char in plain)
    return _BETWEEN_MARKS.sub(_broken, tidy).strip()


def _broken(found: re.Match[str]) -> str:
    run = found[0]
    most = WIDE_LETTERS_MAX if any(map(_is_wide, run)) else LETTERS_MAX
    if len(run) <= most:
        return run
    lead, tail = run[: len(run) - len(run.lstrip())], run[len(run.rstrip()) :]
    return lead + "\n".join(textwrap.wrap(run, most)) + tail


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
