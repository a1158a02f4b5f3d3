"""What strangers do to the open Wyoming port, all at once: good clients notice nothing, and nothing grows.

Each row alone, and against wyoming-piper in the same run: `make bench ARGS=abuse`.
"""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.abuse import Abuse, Outcome, crowd, rows
from bench.figures import p99
from bench.harm import Growth, good_clients
from bench.load import DESCRIBE, LoadProcess, synthesize
from daemons import DaemonProcess

pytestmark = [pytest.mark.journey, pytest.mark.realtime]

DESCRIBE_MAX_MS = 50.0
GROWN_MAX_MB = 5.0
LONGEST_S = 13.0
FLOODS = ("a payload of 1 TiB and a flood", "data of 1 TiB and a flood", "a line without end")
"""Whose reset, while they still send, may come before what they were told is read."""
DESCRIBE_SLOWLY = b'{"type": "describe"}'
SHORT = tuple(row for row in rows(flood_mb=32) if row.within_s is not None and row.within_s <= LONGEST_S)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    """One that has served before: what its first clients cost is no growth."""
    with DaemonProcess(tmp_path / "voxd") as running, LoadProcess() as load:
        load.burst(running.wyoming_port, [DESCRIBE] * 50)
        load.burst(running.wyoming_port, [synthesize("What was never said takes some memory.")])
        yield running


@pytest.fixture(autouse=True)
def _many_files(daemon: DaemonProcess) -> Iterator[None]:
    """For the crowd; the daemon has begun before, with as many as it takes itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_every_row_of_the_abuse_table_is_answered_or_closed_in_time_and_good_clients_notice_nothing(
    daemon: DaemonProcess,
) -> None:
    port = daemon.wyoming_port
    with Growth(daemon.process.pid) as growth, good_clients(port) as waited:
        async with asyncio.TaskGroup() as group:
            acts = {row.name: group.create_task(row.act(port, LONGEST_S)) for row in SHORT}
    late = {row.name: str(acts[row.name].result()) for row in SHORT if not _in_time(row, acts[row.name].result())}
    assert not late
    silent = {name for name, act in acts.items() if act.result().said == "nothing"}
    assert silent <= {"half an event, then the end", *FLOODS}, "everybody who listens is told what is wrong"
    _check(waited, growth, daemon)


async def test_1000_idle_connections_and_a_slow_loris_crowd_change_nothing_for_a_good_client(
    daemon: DaemonProcess,
) -> None:
    port = daemon.wyoming_port
    with Growth(daemon.process.pid) as growth, good_clients(port) as waited:
        await asyncio.gather(crowd(1000)(port, 3.0), crowd(300, drop=DESCRIBE_SLOWLY)(port, 3.0))
    _check(waited, growth, daemon)


def _in_time(row: Abuse, outcome: Outcome) -> bool:
    assert row.within_s is not None
    slack_s = 3.0  # all of them at once
    return outcome.closed_s is not None and outcome.closed_s < row.within_s + slack_s


def _check(waited: list[float | None], growth: Growth, daemon: DaemonProcess) -> None:
    served = [ms for ms in waited if ms is not None]
    assert len(served) == len(waited) >= 100
    assert p99(served) < DESCRIBE_MAX_MS, sorted(served)[-5:]
    assert growth.mb < GROWN_MAX_MB
    assert "Traceback" not in daemon.log
    assert "never retrieved" not in daemon.log
