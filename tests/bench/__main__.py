"""Runs the benchmark: `python -m tests.bench [SUITE ...]`, from the root of the repository.

Prints a table; with `$JSON`, writes the rows there too. Status 0: every limit is kept; 1: one is exceeded;
2: something could not be measured, or wrong usage.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .children import BenchError
from .machine import description
from .rows import Row, table, write_json
from .suites import (
    abuse,
    cluster,
    espeak,
    idle,
    mqtt,
    neural,
    piper,
    pocket,
    start,
    under_load,
    websocket,
    wyoming_cached,
)

SUITES: dict[str, Callable[[], Iterator[Row]]] = {
    "wyoming_cached": wyoming_cached.rows,
    "espeak": espeak.rows,
    "under_load": under_load.rows,
    "mqtt": mqtt.rows,
    "start": start.rows,
    "idle": idle.rows,
    "cluster": cluster.rows,
    "neural": neural.rows,
    "piper": piper.rows,
    "pocket": pocket.rows,
    "websocket": websocket.rows,
    "abuse": abuse.rows,
}


def main(wanted: Sequence[str]) -> int:
    """Measure the suites named, or all; the exit status."""
    unknown = [name for name in wanted if name not in SUITES]
    if unknown:
        print(f"There is no suite {unknown[0]}; there are {', '.join(SUITES)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    try:
        for name in wanted or SUITES:
            print(f"Measuring {name} ...", file=sys.stderr, flush=True)
            rows += SUITES[name]()
    except BenchError as error:
        print(f"The benchmark could not go on: {error}", file=sys.stderr)
        return 2
    finally:
        _report(rows)
    return 0 if all(row.passed for row in rows) else 1


def _report(rows: Sequence[Row]) -> None:
    print(description(), table(rows), sep="\n\n")
    if path := os.environ.get("JSON"):
        write_json(rows, Path(path))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
