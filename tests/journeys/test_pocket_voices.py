"""The neural, cloning engine for machines without a GPU: the whole daemon with a real host of Pocket TTS."""

import asyncio
import json
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from announcements import Events, say, wait_until_online
from brokers import Broker
from daemons import DaemonProcess
from hubs import rendered
from reference_clips import speech_file

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
RATE_HZ = 24_000
LOADED_WITHIN_S = 90.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model in the real layout, written by the real classes."""
    folder = tmp_path_factory.mktemp("models") / "pocket"
    command = [sys.executable, "-m", "pocket_checkpoints", str(folder), "--stops"]
    subprocess.run(command, cwd=TESTS, check=True, timeout=120)
    return folder


@pytest.fixture
def daemon(tmp_path: Path, broker: Broker, model: Path) -> Iterator[DaemonProcess]:
    settings = {
        "engines": {
            "espeak": {"type": "espeak"},
            "pocket": {"type": "pocket", "model": str(model), "threads": 1},
        },
        "voices": {"mum": {"engine": "pocket", "seed": 7}},
        "cache": {"enabled": False},
    }
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as running:
        yield running


def ready(daemon: DaemonProcess, held: int) -> dict[str, Any]:
    """The figures of the engine's embeddings, once it has loaded and so many are ready to speak with."""
    status = daemon.run_until(
        lambda status: (
            status["engines"]["pocket"]["state"] == "ready"
            and status["engines"]["pocket"]["embeddings"]["held"] == held
        ),
        LOADED_WITHIN_S,
    )
    return dict(status["engines"]["pocket"]["embeddings"])


def test_pocket_tts_on_a_tiny_model_written_by_the_test_enrols_speaks_restarts_and_speaks_anew_without_encoding(
    daemon: DaemonProcess, broker: Broker, events: Events, tmp_path: Path
) -> None:
    ready(daemon, held=0)
    clip = speech_file(tmp_path / "mum.wav")
    done = daemon.run_verb("voices", "enroll", "mum", "--reference", str(clip), "--consent", "herself")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ready(daemon, held=1)["misses"] == 1, "encoded once"

    wait_until_online(broker.port)
    say(broker.port, json.dumps({"text": "Dinner is ready.", "voice": "mum"}))
    finished = events.until("finished")
    assert finished["voice"] == "mum"
    assert not finished.get("spoken_by")
    with wave.open(str(daemon.recordings()[-1])) as heard:
        assert heard.getframerate() == RATE_HZ
        assert heard.getnframes() > RATE_HZ // 2
    new = "Somebody is at the door."
    before = asyncio.run(rendered(daemon, new, "mum"))

    daemon.stop()
    daemon.start()
    figures = ready(daemon, held=1)
    assert (figures["misses"], figures["hits"]) == (0, 1), "read from the disk, not encoded again"
    again = asyncio.run(rendered(daemon, new, "mum"))
    assert again == before, "bit for bit the same under the same seed"
    other = asyncio.run(rendered(daemon, "A sentence that nobody has said before.", "mum"))
    assert other[0] == RATE_HZ
    assert any(other[1])
    assert ready(daemon, held=1)["misses"] == 0, "not one call of the encoder since the restart"
