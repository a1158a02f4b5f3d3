"""A number as it is written, read by the conventions of its language."""

from dataclasses import dataclass
from decimal import Decimal

SIGNS = "-−+±~≈<>≤≥"
"""Characters that may stand before a number and are spoken."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number: its `sign` ("" or one of SIGNS), the digits before and after the decimal mark, and what was written."""

    literal: str
    sign: str
    whole: str
    fraction: str = ""

    @property
    def size(self) -> Decimal:
        """The number without its sign."""
        return Decimal(f"{self.whole}.{self.fraction}" if self.fraction else self.whole)

    @property
    def is_integer(self) -> bool:
        """Whether it was written without a decimal mark."""
        return not self.fraction

    def trimmed(self) -> "Numeral":
        """Without a fraction of nothing but zeros: 21.0 °C is said like 21 °C."""
        return self if self.fraction.strip("0") else Numeral(self.literal, self.sign, self.whole)


def read(literal: str, *, decimal_comma: bool) -> Numeral:
    """Reads a number: `-1.234,5`, `1,234.5`, `3.5`, `1'000`, with the language's decimal mark where it matters.

    A single mark is the decimal one, unless it is the language's grouping mark before exactly three digits. So a
    sensor's `21.5` is understood in German as well; `1.234` stays one thousand there, as a German reader takes it.
    """
    body = literal.lstrip(SIGNS + " \u00a0")
    sign = literal[:1] if body != literal and literal[:1] in SIGNS else ""
    body = body.translate(_GROUPING_ONLY)
    marks = [char for char in body if char in ".,"]
    if not marks:
        return Numeral(literal, sign, body)
    last = marks[-1]
    if marks.count(last) > 1:
        return Numeral(literal, sign, body.replace(".", "").replace(",", ""))
    head, _, tail = body.rpartition(last)
    if len(marks) == 1 and _is_grouping(head, tail, is_group_mark=(last == ("." if decimal_comma else ","))):
        return Numeral(literal, sign, head + tail)
    return Numeral(literal, sign, head.replace(".", "").replace(",", "") or "0", tail)


_GROUPING_ONLY = dict.fromkeys(map(ord, " \u00a0'’"))


def _is_grouping(head: str, tail: str, *, is_group_mark: bool) -> bool:
    return is_group_mark and len(tail) == 3 and len(head) <= 3 and not head.startswith("0")
