"""A voice of Piper: voxd with the engine piper beside wyoming-piper, on the same file of the real medium size.

Both are asked for the same new sentences over Wyoming, in turns. How long a network takes does not depend on what its
weights are.
"""

import time
from collections.abc import Iterator
from itertools import islice

from ..children import BenchError
from ..daemon import voxd
from ..figures import median
from ..load import LoadProcess, Reply, synthesize
from ..piper import MEDIUM, voice_file, wyoming_piper
from ..rows import Limit, Row
from ..texts import sentences

ROUNDS, WARM_UPS = 15, 2
LOADED_WITHIN_S = 120.0
THREADS = 2


def rows() -> Iterator[Row]:
    """Until the first sound, and until the last."""
    texts = sentences()
    ours, theirs = list[Reply](), list[Reply]()
    with wyoming_piper(MEDIUM) as (peer, _), voxd("voxd-piper", _settings()) as daemon, LoadProcess() as load:
        _wait_until_it_speaks(load, daemon.wyoming_port)
        for text in islice(texts, WARM_UPS + ROUNDS):
            theirs += load.burst(peer, [synthesize(text)])
            ours += load.burst(daemon.wyoming_port, [synthesize(text)])
    against = "wyoming-piper, the same voice"
    for name, at_most, of in (("first_audio", 0.7, "first_ms"), ("whole_sentence", 1.3, "total_ms")):
        value, reference = (median([getattr(one, of) for one in seen[WARM_UPS:]]) for seen in (ours, theirs))
        yield Row(f"piper_{name}", value, "ms", against, reference, Limit("ratio", at_most))


def _settings() -> dict[str, object]:
    engine = {"type": "piper", "model": str(voice_file(MEDIUM)), "threads": THREADS}
    return {
        "engines": {"piper": engine},
        "voices": {"medium": {"engine": "piper"}},
        "speech": {"voice": "medium"},
        "cache": {"enabled": False},
    }


def _wait_until_it_speaks(load: LoadProcess, port: int) -> None:
    """Its model is loaded after the daemon is ready. Raises BenchError."""
    end_s = time.monotonic() + LOADED_WITHIN_S
    while True:
        try:
            load.burst(port, [synthesize("One, two, three.")])
        except BenchError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.5)
        else:
            return
