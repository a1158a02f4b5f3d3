"""VoxCPM 1.5: voxd's speech model beside the package's own streaming, in one process, on the same random weights.

A tiny model on the CPU, and where there is a CUDA device one of the full size on it; how long a model takes does not
depend on what its weights are. Whoever is measured takes turns with the other, from sentence to sentence.
"""

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..children import BenchError
from ..figures import median
from ..rows import Limit, Row
from ..texts import sentences

TESTS = Path(__file__).parent.parent.parent
ROUNDS = 15
WARM_UPS = 3
PATCHES = 20
"""So much of a sentence is spoken: 3.2 s."""
SPOKEN_S = PATCHES * 0.16
CLIP_S = 10
CLIP_RATE_HZ = 44_100
"""What VoxCPM 1.5 encodes, so that nobody has to resample."""
TRANSCRIPT = "The washing machine in the basement has finished its cycle, and someone is at the front door right now. "
UPSTREAM = "voxcpm's generate_streaming"


@dataclass
class Taken:
    """Milliseconds until the first patch, and until the last, of each sentence."""

    first_ms: list[float] = field(default_factory=list)
    all_ms: list[float] = field(default_factory=list)

    def take(self, stream: Callable[[], Any]) -> None:
        """Listen to a stream of patches from before it is asked for."""
        started_s = time.perf_counter()
        with contextlib.closing(stream()) as patches:
            next(patches)
            self.first_ms.append((time.perf_counter() - started_s) * 1000)
            spoken = 1 + sum(1 for _ in itertools.islice(patches, PATCHES - 1))
        self.all_ms.append((time.perf_counter() - started_s) * 1000)
        if spoken != PATCHES:
            raise BenchError(f"A sentence ended after {spoken} patches")

    def take_all(self, work: Callable[[], object]) -> None:
        """Wait for something that comes in one piece."""
        started_s = time.perf_counter()
        work()
        self.all_ms.append((time.perf_counter() - started_s) * 1000)

    @property
    def first(self) -> float:
        """The median until the first patch."""
        return median(self.first_ms[WARM_UPS:])

    @property
    def all(self) -> float:
        """The median until the end."""
        return median(self.all_ms[WARM_UPS:])

    @property
    def real_time_factor(self) -> float:
        """The median of time by sound."""
        return self.all / 1000 / SPOKEN_S


def rows() -> Iterator[Row]:
    """The tiny model on the CPU; the full one where it would really be used."""
    try:
        import torch
    except ImportError as error:
        raise BenchError(f"the neural part of voxd is not installed here ({error})") from error
    torch.set_num_threads(1)  # a tiny model has nothing to share out; threads would measure one another
    yield from _rows("neural", "cpu")
    if torch.cuda.is_available():
        yield from _rows("neural_full", "cuda", "--full")


def _rows(name: str, device: str, *size: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        wav, clip = Path(scratch) / "clip.wav", _clip(Path(scratch) / "clip.wav")
        folder = Path(scratch) / "model"
        checkpoint = [sys.executable, "-m", "checkpoints", str(folder), "voxcpm", "--never-stops", *size]
        subprocess.run(checkpoint, cwd=TESTS, check=True, stderr=subprocess.DEVNULL)
        ours, theirs = _ours(folder, device), _theirs(folder, device)
        prepared = ours.prepare(ours.derive(clip, TRANSCRIPT), TRANSCRIPT)
        speak = partial(ours.speak, language="en", speaker="default", seed=None)
        stream = partial(theirs.generate_streaming, retry_badcase=False)
        plain, plain_theirs, cloned, cloned_theirs, encoding = Taken(), Taken(), Taken(), Taken(), Taken()
        for text in itertools.islice(sentences(), WARM_UPS + ROUNDS):
            plain_theirs.take(partial(stream, text))
            plain.take(partial(speak, text, prepared=None))
            cloned_theirs.take(partial(stream, text, prompt_wav_path=str(wav), prompt_text=TRANSCRIPT))
            cloned.take(partial(speak, text, prepared=prepared))
            encoding.take_all(partial(theirs.tts_model.build_prompt_cache, TRANSCRIPT, str(wav)))
    yield Row(f"{name}_first_audio", plain.first, "ms", UPSTREAM, plain_theirs.first, Limit("ratio", 1.05))
    told = f"{UPSTREAM} with the clip, minus 0.8 of its encoding ({encoding.all:.0f} ms)"
    allowed = cloned_theirs.first - 0.8 * encoding.all
    yield Row(f"{name}_first_audio_cloned", cloned.first, "ms", told, allowed, Limit("difference", 0.0))
    told = f"{UPSTREAM}, {SPOKEN_S:g} s of speech"
    yield Row(f"{name}_real_time_factor", plain.real_time_factor, "", told, plain_theirs.real_time_factor)
    told = f"{told} with a clip of {CLIP_S} s"
    yield Row(f"{name}_real_time_factor_cloned", cloned.real_time_factor, "", told, cloned_theirs.real_time_factor)


def _ours(folder: Path, device: str) -> Any:
    from voxd.neural.voxcpm.model import VoxcpmModel
    from voxd.settings.engines import VoxcpmSettings

    model = VoxcpmModel(VoxcpmSettings(model=str(folder), device=device), folder.parent, folder.parent)
    model.load(lambda _: None)
    return model


def _theirs(folder: Path, device: str) -> Any:
    """The same precision: upstream takes it from config.json, which says bfloat16."""
    import json

    from voxd.neural.voxcpm.upstream_imports import upstream

    config = json.loads((folder / "config.json").read_text())
    config["dtype"] = "bfloat16" if device == "cuda" else "float32"
    (folder / "config.json").write_text(json.dumps(config))
    with upstream():
        from voxcpm import VoxCPM

        return VoxCPM(str(folder), enable_denoiser=False, optimize=device == "cuda", device=device)


def _clip(wav: Path) -> Any:
    """A swelling tone, written for upstream at its own rate, and given at the rate of clips."""
    import soundfile

    from voxd.neural.speech_model import CLIP_RATE_HZ as OUR_RATE_HZ

    def tone(rate_hz: int) -> Any:
        at_s = np.arange(CLIP_S * rate_hz) / rate_hz
        return (0.2 * np.sin(2 * np.pi * 200 * at_s) * (1 + np.sin(2 * np.pi * 3 * at_s)) / 2).astype(np.float32)

    soundfile.write(wav, tone(CLIP_RATE_HZ), CLIP_RATE_HZ, subtype="FLOAT")
    return tone(OUR_RATE_HZ)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Upstream draws a bar for every sentence."""
    with Path(os.devnull).open("w") as nothing, contextlib.redirect_stderr(nothing):
        yield
