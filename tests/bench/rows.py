"""A row of the result: a figure, what it is held against, and how far it may go."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is allowed: of the ratio, of the value itself, or of the difference to the reference."""

    of: Literal["ratio", "value", "difference"]
    at_most: float


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `value` and `reference` are in `unit`; `against` says in words what the reference is."""

    name: str
    value: float
    unit: str
    against: str
    reference: float
    limit: Limit | None = None

    @property
    def ratio(self) -> float | None:
        """Value by reference; None where the reference is nothing."""
        return self.value / self.reference if self.reference else None

    @property
    def passed(self) -> bool:
        """Whether the limit is kept; a row without one always passes."""
        match self.limit:
            case None:
                return True
            case Limit("ratio", at_most):
                return self.ratio is not None and self.ratio <= at_most
            case Limit("difference", at_most):
                return self.value - self.reference <= at_most
            case Limit(_, at_most):
                return self.value <= at_most

    @property
    def verdict(self) -> str:
        """The limit in words and whether it is kept; empty without one."""
        if self.limit is None:
            return ""
        allowed = {
            "ratio": f"ratio <= {self.limit.at_most:g}",
            "value": f"<= {self.limit.at_most:g} {self.unit}",
            "difference": f"{self.value - self.reference:+.2f} {self.unit}, <= {self.limit.at_most:+g} {self.unit}",
        }[self.limit.of]
        return f"{'ok  ' if self.passed else 'OVER'} {allowed}"


def table(rows: Iterable[Row]) -> str:
    """The rows as a table for people."""
    cells = [("what", "value", "reference", "ratio", "against", "limit")]
    cells += [
        (
            row.name,
            f"{row.value:.4g} {row.unit}",
            f"{row.reference:.4g} {row.unit}",
            "-" if row.ratio is None else f"{row.ratio:.3g}",
            row.against,
            row.verdict,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def write_json(rows: Iterable[Row], path: Path) -> None:
    """Write the rows for programs: `{"rows": [{"name", "value", "unit", "against", "reference", "ratio"}]}`."""
    entries = [
        {
            "name": row.name,
            "value": row.value,
            "unit": row.unit,
            "against": row.against,
            "reference": row.reference,
            "ratio": row.ratio,
        }
        for row in rows
    ]
    path.write_text(json.dumps({"rows": entries}, indent=2) + "\n")
