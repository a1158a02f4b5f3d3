"""What an idle daemon costs: memory, CPU, and what it has loaded; wyoming-piper idles beside it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..broker import Publisher, mosquitto
from ..daemon import NODE, voxd
from ..piper import ZERO_COST, wyoming_piper
from ..rows import Limit, Row

SETTLE_S = 20.0
"""Until the announcement is over, its output closed, and its voice's loudness measured, which happens once."""

WATCHED_S = 25.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What a process and its children have taken so far."""

    rss_mb: float
    children_rss_mb: float
    cpu_s: float


def rows() -> Iterator[Row]:
    """A daemon that has said one thing and now has nothing to do."""
    with mosquitto() as port, Publisher(port) as publisher, wyoming_piper(ZERO_COST) as (_, piper), _voxd(port) as ours:
        publisher.wait_for(f"voxd/{NODE}/availability", b"online")
        publisher.publish(f"voxd/{NODE}/say", "The washing machine is done")
        time.sleep(SETTLE_S)
        their_begin, our_begin = _use(piper.pid), _use(ours)
        time.sleep(WATCHED_S)
        their_end, our_end = _use(piper.pid), _use(ours)
        loaded = {name: _has_loaded(ours, name) for name in ("torch", "scipy")}
    against = "wyoming-piper before its first sentence"
    yield Row("idle_rss_mb", our_end.rss_mb, "MB", against, their_end.rss_mb, Limit("value", 80.0))
    yield Row("idle_children_rss_mb", our_end.children_rss_mb, "MB", against, their_end.children_rss_mb)
    yield Row(
        "idle_cpu_percent",
        (our_end.cpu_s - our_begin.cpu_s) / WATCHED_S * 100,
        "%",
        against,
        (their_end.cpu_s - their_begin.cpu_s) / WATCHED_S * 100,
        Limit("value", 0.5),
    )
    for name, there in loaded.items():
        yield Row(f"{name}_loaded", float(there), "libraries", "none", 0.0, Limit("value", 0.0))


@contextmanager
def _voxd(mqtt_port: int) -> Iterator[int]:
    """Its process id; it plays as it would by default."""
    with voxd("voxd-idle", {"zones": {"home": {"outputs": "auto"}}}, mqtt_port) as daemon:
        yield daemon.process.pid


def _use(pid: int) -> Use:
    children = _descendants(pid)
    return Use(_rss_mb(pid), sum(map(_rss_mb, children)), sum(map(_cpu_s, (pid, *children))))


def _descendants(pid: int) -> tuple[int, ...]:
    """Children and theirs (proc(5): /proc/pid/task/tid/children)."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    listed = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return tuple(listed) + tuple(grandchild for child in listed for grandchild in _descendants(child))


def _rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
    return kib * 1024 / 1e6


def _cpu_s(pid: int) -> float:
    """User and system time, that of its ended children included (proc(5): fields 14-17 of /proc/pid/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def _has_loaded(pid: int, package: str) -> bool:
    """Whether one of the process's or its children's mapped files belongs to `package`."""
    maps = (Path(f"/proc/{one}/maps").read_text() for one in (pid, *_descendants(pid)))
    return any(f"/{package}/" in text for text in maps)
