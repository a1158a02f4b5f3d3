"""systemd: what it is told, and silence where it is not there."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from voxd.lib import systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_readiness_comes_with_a_status(manager: socket.socket) -> None:
    systemd.ready("Ready")
    assert manager.recv(1000) == b"READY=1\nSTATUS=Ready"


def test_a_reload_carries_the_monotonic_time(manager: socket.socket) -> None:
    systemd.reloading()
    told = manager.recv(1000).decode().splitlines()
    assert told[0] == "RELOADING=1"
    assert int(told[1].removeprefix("MONOTONIC_USEC=")) > 0


def test_a_service_manager_that_reads_no_more_keeps_nobody_waiting(manager: socket.socket) -> None:
    for number in range(2000):
        systemd.status(f"Status {number}")
    assert manager.recv(1000) == b"STATUS=Status 0"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.ready("Ready")
    systemd.watchdog()
    systemd.stopping()


@pytest.mark.parametrize(
    ("limit", "pid", "interval_s"),
    [("20000000", None, 10.0), ("20000000", "1", None), ("", None, None), ("0", None, None), ("soon", None, None)],
)
def test_the_watchdog_is_fed_at_half_its_limit(
    monkeypatch: pytest.MonkeyPatch, limit: str, pid: str | None, interval_s: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", limit)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert systemd.watchdog_interval_s() == interval_s


def test_records_go_to_the_journal_only_where_our_output_is_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    assert systemd.journal_log() is None
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    assert systemd.journal_log() is None, "inherited from somebody whose output was the journal"
    output = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{output.st_dev}:{output.st_ino}")
    assert type(systemd.journal_log()).__name__ == "JournalHandler"
