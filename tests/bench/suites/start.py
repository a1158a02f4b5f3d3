"""From the start of the process to READY, against an interpreter that only imports what any such daemon needs."""

import subprocess
import time
from collections.abc import Iterator

from ..broker import mosquitto
from ..daemon import voxd
from ..figures import median
from ..places import PYTHON
from ..rows import Limit, Row

ROUNDS = 10
IMPORTS = "import asyncio, numpy, paho.mqtt.client"


def rows() -> Iterator[Row]:
    """In turn; the first round only brings the files into memory."""
    ready, bare = [], []
    with mosquitto() as port:
        for _ in range(1 + ROUNDS):
            bare.append(_bare_ms())
            with voxd("voxd-start", {}, port) as daemon:
                ready.append(daemon.ready_s * 1000)
    against = f"python -c '{IMPORTS}'"
    yield Row("start_to_ready", median(ready[1:]), "ms", against, median(bare[1:]), Limit("ratio", 5.0))


def _bare_ms() -> float:
    started_s = time.monotonic()
    subprocess.run([PYTHON, "-c", IMPORTS], check=True)
    return (time.monotonic() - started_s) * 1000
