"""What all tests share: those that need the machine for themselves have more than one try."""

import pytest
from hypothesis import HealthCheck, settings

RERUNS_MAX = 2

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")  # how long an input takes to be made says nothing on a machine that is shared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test marked realtime again when it fails, and no other ever.

    That is honest: a stall of a machine that is shared spoils one measurement, a fault of ours spoils each. What spoils
    some is not hidden either, for the summary shows every rerun with what failed.
    """
    for item in items:
        if item.get_closest_marker("realtime"):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS_MAX))
