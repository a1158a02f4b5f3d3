"""Whatever bytes come, readers of strangers take them or refuse them, and nothing else happens.

In full: tests/soak/test_fuzzing_in_full.py.
"""

import json

import pytest
from fuzzed_readers import EXAMPLES, HOSTILE, KEYS, READERS
from hypothesis import HealthCheck, example, given, settings


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@example(data=json.dumps(dict.fromkeys(KEYS, "\ud800")).encode())
@example(data=b'{"siteId": "\\ud800", "id": "\\ud800"}')
@example(data=b'{"text": "one", "transaction": "\\ud800"}')
@given(data=HOSTILE)
def test_hostile_bytes_raise_nothing_but_a_refusal(name: str, data: bytes) -> None:
    READERS[name](data)
