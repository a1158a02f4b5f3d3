"""Uncached espeak: the first sample over Wyoming against the first sample of the bare program."""

import itertools
import os
import subprocess
import time
from collections.abc import Iterator

from ..daemon import voxd
from ..figures import median
from ..load import LoadProcess, synthesize
from ..rows import Limit, Row
from ..texts import sentences

ROUNDS = 60
WARM_UPS = 5
WAV_HEADER_BYTES = 44


def rows() -> Iterator[Row]:
    """The same new sentence to both, in turn."""
    settings = {"speech": {"voice": "espeak-en-us"}}
    ours, bare = [], []
    with voxd("voxd-espeak", settings) as daemon, LoadProcess() as load:
        for sentence in itertools.islice(sentences(), WARM_UPS + ROUNDS):
            bare.append(_bare_first_ms(sentence))
            ours.append(load.burst(daemon.wyoming_port, [synthesize(sentence)])[0].first_ms)
    yield Row(
        "espeak_first_audio",
        median(ours[WARM_UPS:]),
        "ms",
        "bare espeak-ng --stdout",
        median(bare[WARM_UPS:]),
        Limit("difference", 6.0),
    )


def _bare_first_ms(sentence: str) -> float:
    """From the start of the program to its first sample behind the WAV header."""
    started_s = time.perf_counter()
    argv = ["espeak-ng", "--stdout", "-v", "en-us", sentence]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        received = 0
        while received <= WAV_HEADER_BYTES:
            received += len(os.read(program.stdout.fileno(), 65536))
        first_ms = (time.perf_counter() - started_s) * 1000
        program.stdout.read()
    return first_ms
