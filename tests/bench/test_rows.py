"""What the benchmark promises about its own arithmetic."""

import json
from pathlib import Path

import pytest

from .figures import median, p99, percentile
from .load_client import events
from .rows import Limit, Row, table, write_json


def row(value: float, reference: float, limit: Limit | None = None) -> Row:
    return Row("speed", value, "ms", "a peer", reference, limit)


@pytest.mark.parametrize(
    ("measured", "passed"),
    [
        (row(3, 10, Limit("ratio", 0.3)), True),
        (row(4, 10, Limit("ratio", 0.3)), False),
        (row(4, 0, Limit("ratio", 0.3)), False),
        (row(16, 10, Limit("difference", 6)), True),
        (row(17, 10, Limit("difference", 6)), False),
        (row(80, 1, Limit("value", 80)), True),
        (row(81, 100, Limit("value", 80)), False),
        (row(81, 1), True),
    ],
)
def test_a_limit_holds_for_the_ratio_the_value_or_the_difference(measured: Row, passed: bool) -> None:
    assert measured.passed is passed


def test_an_exceeded_limit_stands_out_in_the_table() -> None:
    assert "OVER ratio <= 0.3" in table([row(4, 10, Limit("ratio", 0.3))])


def test_the_written_rows_have_exactly_the_promised_keys(tmp_path: Path) -> None:
    write_json([row(3, 0)], tmp_path / "rows.json")
    assert json.loads((tmp_path / "rows.json").read_text()) == {
        "rows": [{"name": "speed", "value": 3, "unit": "ms", "against": "a peer", "reference": 0, "ratio": None}]
    }


def test_a_percentile_is_a_sample_that_was_measured() -> None:
    assert percentile(range(1, 201), 99) == 198
    assert p99([5.0, 1.0]) == 5.0
    assert median([4, 1, 2]) == 2
    assert median([4, 1]) == 2.5


def test_events_are_found_however_their_payload_looks() -> None:
    chunk = b'{"type": "audio-chunk", "data_length": 2, "payload_length": 3}\n{}\n\n\n'
    assert list(events(chunk + b'{"type": "audio-stop"}\n{"cut')) == [("audio-chunk", 65, 68), ("audio-stop", 91, 91)]
