"""The fields of a stranger's object, read one by one, with every mistake kept."""

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from voxd.errors import BadRequestError

T = TypeVar("T")
SHOWN_CHARS = 40
UNKNOWN_SHOWN = 5
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Fields:
    """A stranger's object. Take each known field, then call `finish`; a null or an empty text counts as left out."""

    def __init__(self, asked: Mapping[str, object], known: Sequence[str]) -> None:
        self._asked = asked
        self._mistakes = _unknown_keys(asked, known)
        self._mistaken: set[str] = set()

    def take(self, key: str, read: Callable[[object], T]) -> T | None:
        """What `read` makes of the field, None where it is left out. Its BadRequestError is kept for `finish`."""
        value = self._asked.get(key)
        if value is None or value == "":
            return None
        try:
            return read(value)
        except BadRequestError as mistake:
            self._mistakes.append(f"{key} {mistake}")
            self._mistaken.add(key)
            return None

    def mistaken(self, key: str) -> bool:
        """Whether the field was there and wrong."""
        return key in self._mistaken

    def miss(self, mistake: str) -> None:
        """Keep a mistake that no single field has."""
        self._mistakes.append(mistake)

    def finish(self) -> None:
        """Raise one BadRequestError with all mistakes, if there was any."""
        if self._mistakes:
            raise BadRequestError("; ".join(self._mistakes))


def parsed_object(text: str) -> dict[str, object]:
    """The JSON object that a text beginning with `{` holds. Raises BadRequestError with the place of the mistake."""
    try:
        found: Any = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadRequestError(
            f"The payload begins like JSON but is not: {error.msg.removesuffix(' at')} at {where}"
        ) from None
    except RecursionError:
        raise BadRequestError("The JSON is nested too deeply") from None
    except ValueError:  # Python's own bound on the digits of a number
        raise BadRequestError("The JSON holds a number with too many digits") from None
    return dict(found)


def a_name(value: object, chars_max: int = 64) -> str:
    """A short text with nothing unprintable in it."""
    match value:
        case str() if 0 < len(value) <= chars_max and value.isprintable() and value.strip():
            return value
    raise BadRequestError(f"must be a text of 1 to {chars_max} printable characters")


def a_text(value: object, chars_max: int) -> str:
    """A text that says something and could be written down."""
    if not isinstance(value, str):
        raise BadRequestError("must be a text")
    if not value.strip():
        raise BadRequestError("is empty")
    if len(value) > chars_max:
        raise BadRequestError(f"has {len(value)} characters; at most {chars_max} are allowed")
    if half := _HALF_CHARACTER.search(value):
        raise BadRequestError(f"holds half a character (a lone surrogate) at position {half.start()}")
    return value


def can_be_written(text: str) -> bool:
    """Whether it is whole: half a character (a lone surrogate) is in no encoding."""
    return _HALF_CHARACTER.search(text) is None


def a_number(value: object, lowest: float, highest: float, what: str) -> float:
    """A finite number within bounds; true and false are none."""
    match value:
        case bool():
            pass
        case int() | float() if lowest <= value <= highest:
            return value
    raise BadRequestError(f"must be {what}, not {shown(value)}")


def a_whole_number(value: object, lowest: int, highest: int) -> int:
    """A whole number within bounds, also where it is written as 3.0."""
    number = a_number(value, lowest, highest, f"a whole number from {lowest} to {highest}")
    if number != int(number):
        raise BadRequestError(f"must be a whole number, not {shown(value)}")
    return int(number)


def shown(value: object) -> str:
    """A stranger's value as far as it is fit for a sentence."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return "a huge number"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    text = repr(value[:SHOWN_CHARS] + "…" if isinstance(value, str) and len(value) > SHOWN_CHARS else value)
    return text.encode("utf-8", "backslashreplace").decode()


def _unknown_keys(asked: Mapping[str, object], known: Sequence[str]) -> list[str]:
    unknown = [key for key in asked if key not in known]
    mistakes = [f"unknown key {shown(key)}{_near_miss(key, known)}" for key in unknown[:UNKNOWN_SHOWN]]
    if more := len(unknown) - UNKNOWN_SHOWN:
        mistakes += [f"and {more} more unknown keys"] if more > 0 else []
    return mistakes


def _near_miss(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key[:SHOWN_CHARS].lower(), known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _no_constant(name: str) -> NoReturn:
    raise BadRequestError(f"The JSON holds {name}, which is no number")


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequestError("The JSON gives a key twice")
    return found
