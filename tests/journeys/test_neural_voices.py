"""Cloned voices from end to end: enrolled once, spoken over MQTT and Wyoming, at once again after a restart."""

import asyncio
import json
import shutil
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
from reference_clips import TRANSCRIPT, speech_file

pytestmark = [pytest.mark.journey, pytest.mark.lengthy]

TESTS = Path(__file__).parent.parent
RATES_HZ = {"voxcpm": 44_100, "voxcpm2": 48_000}
LOADED_WITHIN_S = 90.0
SEED = 7
PAIR = ("mum", "dad")


@pytest.fixture(scope="module", params=sorted(RATES_HZ))
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint in the real layout, written by the real classes; its folder is named after its architecture."""
    folder = tmp_path_factory.mktemp("models") / str(request.param)
    command = [sys.executable, "-m", "checkpoints", str(folder), request.param]
    subprocess.run(command, cwd=TESTS, check=True, timeout=120)
    return folder


class House:
    """A daemon whose engine voxcpm counts how often a clip is encoded, and without a phrase cache."""

    def __init__(self, folder: Path, broker: Broker, checkpoint: Path) -> None:
        self.record = folder / "encoded"
        options = {"model": str(checkpoint), "record": str(self.record), "scratch": str(folder / "scratch")}
        settings = {
            "engines": {
                "espeak": {"type": "espeak"},
                "voxcpm": {"type": "python", "model": "counting_voxcpm:CountingVoxcpm", "options": options},
            },
            "voices": {"mum": {"engine": "voxcpm", "seed": SEED}},
            "cache": {"enabled": False},
        }
        (folder / "scratch").mkdir()
        self.daemon = DaemonProcess(
            folder / "voxd", mqtt_port=broker.port, settings=settings, environment={"PYTHONPATH": str(TESTS)}
        )

    @property
    def encoded(self) -> int:
        """How often a clip was encoded."""
        return len(self.record.read_text().splitlines()) if self.record.exists() else 0

    def wait_until_ready(self, voice: str | None = None) -> None:
        """Wait until the engine is loaded and, where named, the voice can speak."""
        self.daemon.run_until(lambda status: status["engines"]["voxcpm"]["state"] == "ready", LOADED_WITHIN_S)
        if voice is not None:
            self.daemon.run_until(lambda status: status["engines"]["voxcpm"]["embeddings"]["held"] > 0, LOADED_WITHIN_S)

    def enroll(self, clip: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        """Enrol mum from the command line."""
        return self.daemon.run_verb(
            "voices", "enroll", "mum", "--reference", str(clip), "--transcript", TRANSCRIPT, *options
        )


@pytest.fixture
def house(tmp_path: Path, broker: Broker, checkpoint: Path) -> Iterator[House]:
    made = House(tmp_path, broker, checkpoint)
    with made.daemon:
        yield made


def test_enrolled_once_a_voice_speaks_after_a_restart_without_encoding_its_clip_again(
    house: House, broker: Broker, events: Events, tmp_path: Path, checkpoint: Path
) -> None:
    rate_hz = RATES_HZ[checkpoint.name]
    house.wait_until_ready()
    done = house.enroll(speech_file(tmp_path / "mum.wav"), "--consent", "herself")
    assert done.returncode == 0, done.stdout + done.stderr
    assert house.encoded == 1

    wait_until_online(broker.port)
    say(broker.port, json.dumps({"text": "Dinner is ready.", "voice": "mum"}))
    finished = events.until("finished")
    assert finished["voice"] == "mum"
    assert not finished.get("spoken_by")
    with wave.open(str(house.daemon.recordings()[-1])) as heard:
        assert heard.getframerate() == rate_hz
        assert heard.getnframes() > rate_hz // 2
    assert asyncio.run(rendered(house.daemon, "Good morning.", "mum"))[0] == rate_hz

    house.daemon.stop()
    house.daemon.start()
    house.wait_until_ready("mum")
    new = "Somebody is at the door."
    kept = asyncio.run(rendered(house.daemon, new, "mum"))
    assert house.encoded == 1, "not one call to the clip encoder after the restart"

    house.daemon.stop()
    shutil.rmtree(house.daemon.cache / "embeddings")
    house.daemon.start()
    house.wait_until_ready("mum")
    made_again = asyncio.run(rendered(house.daemon, new, "mum"))
    assert house.encoded == 2, "an embedding that is gone is made from the clip"
    assert made_again == kept, "bit for bit the same under the same seed"


def test_eight_requests_of_two_clients_get_what_their_text_and_voice_should_give(house: House, tmp_path: Path) -> None:
    house.wait_until_ready()
    assert house.enroll(speech_file(tmp_path / "mum.wav")).returncode == 0
    dad = speech_file(tmp_path / "dad.wav", "en-us+m3")
    done = house.daemon.run_verb(
        "voices", "enroll", "dad", "--reference", str(dad), "--transcript", TRANSCRIPT, "--seed", "3"
    )
    assert done.returncode == 0, done.stderr
    wishes = [(f"This is sentence {number}.", voice) for number in ("one", "two", "three", "four") for voice in PAIR]

    async def serially() -> list[tuple[int, bytes]]:
        return [await rendered(house.daemon, text, voice) for text, voice in wishes]

    async def at_once() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*(rendered(house.daemon, text, voice) for text, voice in wishes))

    alone = asyncio.run(serially())
    assert len({pcm for _, pcm in alone}) == len(wishes)
    assert asyncio.run(at_once()) == alone


def test_the_daemon_never_imports_torch_while_a_voxcpm_voice_speaks(
    tmp_path: Path, broker: Broker, checkpoint: Path
) -> None:
    engine: dict[str, Any] = {"type": "voxcpm", "model": str(checkpoint), "device": "cpu", "steps": 2}
    modules = tmp_path / "modules"
    daemon = DaemonProcess(
        tmp_path / "voxd",
        mqtt_port=broker.port,
        settings={
            "engines": {"espeak": {"type": "espeak"}, "voxcpm": engine},
            "voices": {"calm": {"engine": "voxcpm", "speaker": "default", "seed": 7}},  # some dice never come to an end
        },
        environment={"TESTS_MODULES": str(modules), "PYTHONPATH": str(TESTS)},
        program=(sys.executable, "-m", "daemon_that_tells_its_modules"),
    )
    with daemon:
        daemon.run_until(lambda status: status["engines"]["voxcpm"]["state"] == "ready", LOADED_WITHIN_S)
        rate_hz, pcm = asyncio.run(rendered(daemon, "Hello there.", "calm"))
        assert rate_hz == RATES_HZ[checkpoint.name]
        assert any(pcm)
        assert daemon.stop() == 0
    loaded = modules.read_text().split()
    assert "voxd.app" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("torch", "voxcpm", "transformers", "silero_vad")]
    assert not [name for name in loaded if name.startswith(("voxd.neural", "voxd.engine_host"))]
