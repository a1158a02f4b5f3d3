"""Whatever bytes come, readers of strangers take them or refuse them, and nothing else happens.

In full: tests/soak/test_fuzzing_in_full.py.
"""

import pytest
from fuzzed_readers import EXAMPLES, HOSTILE, READERS
from hypothesis import HealthCheck, given, settings


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=HOSTILE)
def test_hostile_bytes_raise_nothing_but_a_refusal(name: str, data: bytes) -> None:
    READERS[name](data)
