"""`describe` and a sentence heard before, while four new sentences are being synthesized.

wyoming-piper with a voice of the real medium size, against voxd that speaks through that same wyoming-piper.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..daemon import voxd
from ..figures import p99
from ..load import DESCRIBE, LoadProcess, synthesize
from ..piper import MEDIUM, wyoming_piper
from ..rows import Limit, Row
from ..texts import sentences

AT_ONCE = 4
ROUNDS = 5
PHASE_S = 6.0
SETTLE_S = 0.7
"""From the begin of the load to the first probe."""

PAUSE_S = 0.02
REPEATED = "The washing machine in the basement is done, please empty it soon."


@dataclass(slots=True)
class Probes:
    """What one server's probes saw, in ms."""

    describe_ms: list[float] = field(default_factory=list)
    repeated_ms: list[float] = field(default_factory=list)


def rows() -> Iterator[Row]:
    """Both servers in turn, each under its own load of sentences that nobody has said before."""
    texts = sentences()
    ours, theirs = Probes(), Probes()
    with (
        wyoming_piper(MEDIUM) as (piper_port, _),
        voxd("voxd-load", _settings(piper_port)) as daemon,
        LoadProcess() as load,
        LoadProcess() as probe,
    ):
        for port in (piper_port, daemon.wyoming_port):
            probe.burst(port, [synthesize(REPEATED)])
        for port, seen in ((piper_port, theirs), (daemon.wyoming_port, ours)) * ROUNDS:
            _phase(port, texts, load, probe, seen)
    peer = "wyoming-piper, medium voice, 4 syntheses"
    yield Row(
        "describe_under_load_p99_vs_piper",
        p99(ours.describe_ms),
        "ms",
        peer,
        p99(theirs.describe_ms),
        Limit("ratio", 0.03),
    )
    yield Row("cached_reply_under_load_p99", p99(ours.repeated_ms), "ms", peer, p99(theirs.repeated_ms))


def _settings(piper_port: int) -> dict[str, object]:
    return {
        "engines": {"piper": {"type": "wyoming", "host": "127.0.0.1", "port": piper_port, "concurrency": AT_ONCE}},
        "voices": {"medium": {"engine": "piper", "speaker": MEDIUM, "language": "en-US"}},
        "speech": {"voice": "medium"},
    }


def _phase(port: int, texts: Iterator[str], load: LoadProcess, probe: LoadProcess, seen: Probes) -> None:
    """Probe one server under load."""
    ends_s = time.monotonic() + PHASE_S
    asked = [synthesize(text) for text in itertools.islice(texts, 20 * AT_ONCE)]
    load.begin(port, asked, AT_ONCE, for_s=PHASE_S)
    time.sleep(SETTLE_S)
    while time.monotonic() < ends_s:
        seen.describe_ms.append(probe.burst(port, [DESCRIBE])[0].total_ms)
        time.sleep(PAUSE_S)
        seen.repeated_ms.append(probe.burst(port, [synthesize(REPEATED)])[0].total_ms)
        time.sleep(PAUSE_S)
    load.replies()
