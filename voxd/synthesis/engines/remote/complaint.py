"""What a server complains of, in the words it has for that, on one line."""

import json
import re
from collections.abc import Mapping, Sequence

SHOWN_CHARS = 200
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_PLACES = ("message", "error", "detail", "msg", "Exception", "error_message", "reason")
_DEPTH = 5


def complaint(body: bytes) -> str:
    """The sentence of an error's body: of JSON the one in its usual places, of HTML its text; shortened.

    Known: {"error": {"message"}}, {"error": ""}, {"detail": ""}, {"detail": {"message"}}, {"detail": [{"loc", "msg"}]},
    {"message", "Exception"}. Empty for an empty body.
    """
    text = body.decode(errors="replace")
    try:
        found = _sentence(json.loads(text), _DEPTH)
    except (ValueError, RecursionError):
        found = ""
    return shortened(found or _TAGS.sub(" ", text))


def shortened(text: str) -> str:
    """A stranger's text on one line, without what a terminal would obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1] + "…"


def _sentence(value: object, depth: int) -> str:
    """The first sentence in there; what is deeper than `depth` is nobody's sentence."""
    match value:
        case str():
            return value
        case Mapping() if depth:
            said = [found for place in _PLACES if (found := _sentence(value.get(place), depth - 1))]
            return _where(value) + ": ".join(dict.fromkeys(said))
        case Sequence() if depth:
            return "; ".join(found for item in value[:3] if (found := _sentence(item, depth - 1)))
        case _:
            return ""


def _where(mistake: Mapping[object, object]) -> str:
    """The field that FastAPI's mistake is about."""
    match mistake.get("loc"):
        case [*_, str(field)]:
            return f"{field}: "
        case _:
            return ""
