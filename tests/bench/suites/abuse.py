"""What strangers do to an open Wyoming port, done to voxd and to wyoming-piper in turn.

Held against each: how long a good client's `describe` takes meanwhile, how much the server grows, and, of voxd, when it
has closed the abuser's connection.
"""

import asyncio
import resource
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from ..abuse import Abuse
from ..abuse import rows as abuses
from ..daemon import voxd
from ..figures import p99
from ..harm import Harm, harm_of
from ..load import DESCRIBE, LoadProcess, synthesize
from ..piper import ZERO_COST, wyoming_piper
from ..rows import Limit, Row

DESCRIBE_MAX_MS = 50.0
GROWN_MAX_MB = 5.0
UNSERVED_MS = 5000.0
WATCHED_S = 5.0
"""So long a row is looked at whose abuser need not be closed."""
FILES_MAX = 8192
QUICK_S = 5.0
TIMED_OUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """One that listens on this port."""

    port: int
    pid: int


def rows() -> Iterator[Row]:
    """All abuses; a server is begun anew after one that takes longer."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_MAX, hard), hard))
    everything = tuple(abuses())
    quick = [abuse for abuse in everything if abuse.within_s is not None and abuse.within_s < QUICK_S]
    slow = [abuse for abuse in everything if abuse not in quick]
    for together in (quick, *([abuse] for abuse in slow)):
        theirs, ours = _harms(_piper(), together), _harms(_voxd(), together)
        for abuse, our, their in zip(together, ours, theirs, strict=True):
            yield from _rows(abuse, our, their)


def _harms(serving: AbstractContextManager[Server], together: Sequence[Abuse]) -> list[Harm]:
    with serving as server:
        return [asyncio.run(harm_of(one, server.port, server.pid, one.within_s or WATCHED_S)) for one in together]


def _rows(abuse: Abuse, ours: Harm, theirs: Harm) -> Iterator[Row]:
    piper = f"wyoming-piper: {theirs.outcome}, {theirs.unserved} of {len(theirs.describe_ms)} good clients not served"
    yield Row(
        f"{abuse.name}: describe p99",
        _waited_ms(ours),
        "ms",
        piper,
        _waited_ms(theirs),
        Limit("value", DESCRIBE_MAX_MS),
    )
    yield Row(
        f"{abuse.name}: grown", ours.grown_mb, "MB", "wyoming-piper", theirs.grown_mb, Limit("value", GROWN_MAX_MB)
    )
    if abuse.within_s is not None:
        yield Row(
            f"{abuse.name}: closed",
            _closed_s(ours),
            "s",
            f"voxd: {ours.outcome}",
            _closed_s(theirs),
            Limit("value", abuse.within_s),
        )


def _waited_ms(harm: Harm) -> float:
    return p99([UNSERVED_MS if ms is None else ms for ms in harm.describe_ms])


def _closed_s(harm: Harm) -> float:
    return TIMED_OUT_S if harm.outcome.closed_s is None else harm.outcome.closed_s


@contextmanager
def _piper() -> Iterator[Server]:
    with wyoming_piper(ZERO_COST) as (port, process):
        _warm(port)
        yield Server(port, process.pid)


@contextmanager
def _voxd() -> Iterator[Server]:
    with voxd("voxd-abused", {}) as daemon:
        _warm(daemon.wyoming_port)
        yield Server(daemon.wyoming_port, daemon.process.pid)


def _warm(port: int) -> None:
    """What a server needs for its first clients is no growth."""
    with LoadProcess() as load:
        load.burst(port, [DESCRIBE] * 50)
        load.burst(port, [synthesize(f"Sentence number {number} is spoken.") for number in range(4)])
