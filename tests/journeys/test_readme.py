"""The README's commands, as somebody types them."""

import os
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from announcements import Events, say
from brokers import Broker
from daemons import NODE, DaemonProcess
from fake_hub import Hub, serving
from reference_clips import speech_file

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
README = (TESTS.parent / "README.md").read_text()
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)).splitlines()
VOXD_LINES = [line for line in SHELL if line.startswith("voxd ")]
PUBLISH_LINES = [line for line in SHELL if line.startswith("mosquitto_pub ")]
REQUEST_LINES = [line for line in SHELL if line.startswith("mosquitto_rr ")]
JSON_EXAMPLES = re.findall(r"^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def run(line: str, daemon: DaemonProcess, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell where `voxd` is ours and its configuration the daemon's."""
    ours = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "VOXD_CONFIG": str(daemon.config)}
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=os.environ | ours | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def cloning_house(tmp_path: Path) -> Iterator[DaemonProcess]:
    """A daemon with an engine that clones voices, though only as sines."""
    engines = {"espeak": {"type": "espeak"}, "voxcpm": {"type": "python", "model": "models_for_tests:SineModel"}}
    with DaemonProcess(
        tmp_path / "voxd", settings={"engines": engines}, environment={"PYTHONPATH": str(TESTS)}
    ) as running:
        yield running


def test_the_voxd_commands_work_one_after_the_other(cloning_house: DaemonProcess, tmp_path: Path) -> None:
    speech_file(tmp_path / "mum.wav")
    convert = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / "mum.wav"), str(tmp_path / "mum.m4a")]
    subprocess.run(convert, check=True, timeout=60)
    with serving(Hub("openbmb/VoxCPM1.5", {"config.json": b"{}", "model.safetensors": bytes(200_000)})) as hub:
        for line in VOXD_LINES:
            done = run(line, cloning_house, tmp_path, HF_ENDPOINT=hub.address, PYTHONPATH=str(TESTS))
            assert done.returncode == 0, line + done.stdout + done.stderr


@pytest.mark.parametrize("line", PUBLISH_LINES)
def test_every_published_line_is_heard(
    line: str, daemon: DaemonProcess, broker: Broker, events: Events, tmp_path: Path
) -> None:
    line = line.replace("voxd/NODE/", f"voxd/{NODE}/").replace("mosquitto_pub", f"mosquitto_pub -p {broker.port}")
    assert run(line, daemon, tmp_path).returncode == 0
    events.until("finished")


@pytest.mark.parametrize("line", REQUEST_LINES)
def test_every_request_brings_a_wav(line: str, daemon: DaemonProcess, broker: Broker, tmp_path: Path) -> None:
    line = line.replace("voxd/NODE/", f"voxd/{NODE}/").replace("mosquitto_rr", f"mosquitto_rr -p {broker.port}")
    assert run(line, daemon, tmp_path).returncode == 0
    (file,) = tmp_path.glob("*.wav")
    with wave.open(str(file)) as sound:
        assert sound.getnframes() > sound.getframerate() / 2


@pytest.mark.parametrize("payload", JSON_EXAMPLES)
@pytest.mark.usefixtures("daemon")
def test_every_json_payload_is_heard(payload: str, broker: Broker, events: Events) -> None:
    say(broker.port, payload)
    events.until("finished")


def test_there_is_something_to_try() -> None:
    assert len(VOXD_LINES) >= 5
    assert PUBLISH_LINES
    assert REQUEST_LINES
    assert JSON_EXAMPLES
