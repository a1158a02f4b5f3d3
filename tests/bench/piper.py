"""wyoming-piper as a peer, and the voices it speaks with."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .children import BenchError, Child
from .places import KEPT, PEER_PYTHON, ROOT, free_port

ZERO_COST = "en_US-zero-medium"
MEDIUM = "en_US-random-medium"
VOICES = KEPT / "voices"
_MAKERS = {ZERO_COST: "zero_cost_voice", MEDIUM: "medium_voice"}


@contextmanager
def wyoming_piper(voice: str) -> Iterator[tuple[int, Child]]:
    """A running wyoming-piper with one of the two voices: its port and its process."""
    voice_file(voice)
    port = free_port()
    uri = f"tcp://127.0.0.1:{port}"
    argv = (PEER_PYTHON, "-m", "wyoming_piper", "--voice", voice, "--data-dir", VOICES, "--uri", uri)
    with Child(f"wyoming-piper-{voice}", argv) as process:
        process.wait_for_port(port)
        yield port, process


def voice_file(voice: str) -> Path:
    """The voice's model; made once, by the peers' interpreter."""
    if not PEER_PYTHON.exists():
        raise BenchError("The peers are not installed; run the benchmark by `make bench`, which installs them")
    model = VOICES / f"{voice}.onnx"
    if not model.exists():
        VOICES.mkdir(parents=True, exist_ok=True)
        made = model.with_name(f"new-{voice}.onnx")
        subprocess.run([PEER_PYTHON, "-m", f"tests.bench.peers.{_MAKERS[voice]}", made], cwd=ROOT, check=True)
        Path(f"{made}.json").rename(f"{model}.json")
        made.rename(model)
    return model
