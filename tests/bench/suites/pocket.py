"""Pocket TTS of its full size on the CPU: voxd's speech model beside the package's own stream, on the same weights.

Both speak with a voice cloned from a clip of ten seconds, and take turns from sentence to sentence. How long a model
takes does not depend on what its weights are. Both have a thread that makes frames, and one that decodes them.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..children import BenchError
from ..figures import median
from ..rows import Limit, Row
from ..texts import sentences

TESTS = Path(__file__).parent.parent.parent
ROUNDS, WARM_UPS = 8, 2
FRAMES = 25
"""So much of a sentence is spoken: 2 s."""
FRAME_S = 0.08
CLIP_S = 10
UPSTREAM = "pocket_tts's generate_audio_stream"


class Taken:
    """Milliseconds until the first sound of each sentence, and the time by the sound."""

    def __init__(self) -> None:
        self.first_ms: list[float] = []
        self.factors: list[float] = []

    def take(self, stream: Iterator[Any], rate_hz: int) -> None:
        """Listen to the beginning of a sentence from before it is asked for, then close it."""
        started_s = time.perf_counter()
        samples = len(next(stream))
        self.first_ms.append((time.perf_counter() - started_s) * 1000)
        while samples < FRAMES * FRAME_S * rate_hz:
            samples += len(next(stream))
        self.factors.append((time.perf_counter() - started_s) * rate_hz / samples)

    @property
    def first(self) -> float:
        """The median until the first sound."""
        return median(self.first_ms[WARM_UPS:])

    @property
    def real_time_factor(self) -> float:
        """The median of time by sound."""
        return median(self.factors[WARM_UPS:])


def rows() -> Iterator[Row]:
    """First sound, speed, and what one clip costs."""
    try:
        import torch  # noqa: F401  only to tell
    except ImportError as error:
        raise BenchError(f"the neural part of voxd is not installed here ({error})") from error
    with tempfile.TemporaryDirectory() as folder:
        writing = [sys.executable, "-m", "pocket_checkpoints", folder, "--full", "--never-stops"]
        subprocess.run(writing, cwd=TESTS, check=True, stderr=subprocess.DEVNULL)
        own = _own(Path(folder))
        encoded_s, embedding = _timed(lambda: own.derive(_clip(), ""))
        loaded_s, prepared = _timed(lambda: own.prepare(embedding, ""))
        theirs, state = own._network, prepared.begun(0)
        ours_taken, theirs_taken = Taken(), Taken()
        for text in islice(sentences(), WARM_UPS + ROUNDS):
            _take_theirs(theirs, state, text, theirs_taken)
            stream = own.speak(text, language="en", speaker="", prepared=prepared, seed=None)
            ours_taken.take(stream, theirs.sample_rate)
            stream.close()
    yield Row("pocket_first_audio", ours_taken.first, "ms", UPSTREAM, theirs_taken.first, Limit("ratio", 1.1))
    factors = ours_taken.real_time_factor, theirs_taken.real_time_factor
    yield Row("pocket_real_time_factor", factors[0], "", UPSTREAM, factors[1], Limit("ratio", 1.25))
    yield Row("pocket_voice_kept", loaded_s * 1000, "ms", f"encoding its clip of {CLIP_S} s", encoded_s * 1000)


def _take_theirs(theirs: Any, state: Any, text: str, taken: Taken) -> None:
    """Upstream's threads go on behind a stream that is closed: it is asked to stop, and heard to its end."""
    import threading

    import torch

    stop = threading.Event()
    with torch.no_grad():
        stream = theirs.generate_audio_stream(state, text, stop=stop)
        taken.take(stream, theirs.sample_rate)
        stop.set()
        for _ in stream:
            pass


def _own(folder: Path) -> Any:
    from voxd.neural.pocket.model import PocketModel
    from voxd.settings.engines import PocketSettings

    model = PocketModel(PocketSettings(model=str(folder)), folder)
    model.load(lambda _: None)
    return model


def _timed(work: Any) -> tuple[float, Any]:
    started_s = time.perf_counter()
    done = work()
    return time.perf_counter() - started_s, done


def _clip() -> Any:
    """A swelling tone at the rate of clips."""
    from voxd.neural.speech_model import CLIP_RATE_HZ

    at_s = np.arange(CLIP_S * CLIP_RATE_HZ) / CLIP_RATE_HZ
    return (0.2 * np.sin(2 * np.pi * 200 * at_s) * (1 + np.sin(2 * np.pi * 3 * at_s)) / 2).astype(np.float32)
