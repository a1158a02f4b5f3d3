"""`make run`: the first minutes of somebody new."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from brokers import Broker, free_port
from daemons import VOXD

pytestmark = pytest.mark.journey


def first_run(tmp_path: Path, mqtt_port: int, *arguments: str) -> list[str]:
    """The command line of a first run with folders and ports of its own."""
    settings = [
        f"paths.state={tmp_path}/state",
        f"paths.cache={tmp_path}/cache",
        f"mqtt.port={mqtt_port}",
        f"wyoming.port={free_port()}",
        "satellite.port=0",
        "zones.home.outputs=file",
        "node=first",
    ]
    return [*VOXD, "run", "--first", *arguments, *(part for option in settings for part in ("--set", option))]


def test_once_brings_a_broker_announces_and_ends(tmp_path: Path) -> None:
    port = free_port()
    done = subprocess.run(first_run(tmp_path, port, "--once"), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Started a private MQTT broker at 127.0.0.1:{port}" in done.stdout
    assert "Announcing over MQTT, on voxd/first/say:" in done.stdout
    assert "Heard to its end" in done.stdout
    (recording,) = (tmp_path / "state/recordings").rglob("*.wav")
    assert str(recording) in done.stdout + done.stderr, "the path of the WAV file is told"


def test_a_broker_that_is_there_is_used(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        done = subprocess.run(
            first_run(tmp_path, broker.port, "--once"), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert f"Using the MQTT broker at 127.0.0.1:{broker.port}" in done.stdout


@pytest.mark.parametrize("lan", [False, True])
def test_it_keeps_running_and_says_what_to_try_next(tmp_path: Path, lan: bool) -> None:
    port = free_port()
    arguments = ["--set", "wyoming.host=0.0.0.0"] if lan else []
    process = subprocess.Popen(
        first_run(tmp_path, port, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    with process, process.stdout:
        shown = ""
        for line in process.stdout:
            shown += line
            if line.startswith("  host "):
                break
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
    assert process.wait(20) == 0, shown
    assert f"mosquitto_pub -h 127.0.0.1 -p {port} -q 1 -t voxd/first/say -m" in shown
    assert ("make run LAN=1" in shown) is not lan
    assert ("  host 127.0.0.1, port" in shown) is not lan
    assert "  host 0.0.0.0" not in shown, "the hint is an address that Home Assistant can reach"
