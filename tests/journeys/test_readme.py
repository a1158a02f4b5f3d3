"""The README's commands, as somebody types them."""

import json
import os
import re
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from announcements import Events, say, wait_until_online
from brokers import Broker, Peer, free_port
from daemons import NODE, DaemonProcess
from fake_hub import Hub, serving
from home_assistant_templates import rendered
from reference_clips import speech_file

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
README = (TESTS.parent / "README.md").read_text()
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)).splitlines()
VOXD_LINES = [line for line in SHELL if line.startswith("voxd ")]
PUBLISH_LINES = [line for line in SHELL if line.startswith("mosquitto_pub -t voxd/")]
HERMES_LINES = [line for line in SHELL if line.startswith("mosquitto_pub ") and line not in PUBLISH_LINES]
CURL_LINES = [line for line in SHELL if line.startswith("curl ")]
REQUEST_LINES = [line for line in SHELL if line.startswith("mosquitto_rr ")]
YAML_EXAMPLES = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
]
JSON_BLOCKS = re.findall(r"^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
JSON_EXAMPLES = [block for block in JSON_BLOCKS if "text" in json.loads(block)]


def run(line: str, daemon: DaemonProcess, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell where `voxd` is ours and its configuration the daemon's."""
    ours = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "VOXD_CONFIG": str(daemon.config)}
    ours |= {"HF_HUB_OFFLINE": "0"}  # whoever imported voxcpm in this process has set it
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


def test_every_line_for_curl_is_answered(tmp_path: Path) -> None:
    port = free_port()
    (wanted,) = (example["http"] for example in YAML_EXAMPLES if example.get("http", {}).keys() == {"enabled"})
    with DaemonProcess(tmp_path / "voxd", settings={"http": wanted | {"port": port}}) as house:
        for line in CURL_LINES:
            done = run(line.replace("localhost:6006", f"localhost:{port}") + " --fail-with-body", house, tmp_path)
            assert done.returncode == 0, line + done.stdout + done.stderr
            assert done.stdout or " -o " in line
    with wave.open(str(tmp_path / "morning.wav")) as sound:
        assert sound.getnframes() > sound.getframerate() / 2
    assert (tmp_path / "hello.mp3").stat().st_size > 1000


@pytest.mark.parametrize("payload", JSON_EXAMPLES)
@pytest.mark.usefixtures("daemon")
def test_every_json_payload_is_heard(payload: str, broker: Broker, events: Events) -> None:
    say(broker.port, payload)
    events.until("finished")


@pytest.fixture
def house_with_rhasspy(tmp_path: Path, broker: Broker, peer: Peer) -> Iterator[DaemonProcess]:
    """A daemon with the sites that the README gives Rhasspy, whose announcements become WAV files; it hears them."""
    (wanted,) = (example for example in YAML_EXAMPLES if "hermes" in example)
    zones = {zone: {"outputs": "file"} for zone in wanted["zones"]}
    settings = {"hermes": wanted["hermes"], "announcements": wanted["announcements"], "zones": zones}
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as running:
        peer.subscribe("rhasspy/tts/voices")
        end_s = time.monotonic() + 20
        while peer.arrivals.empty():
            assert time.monotonic() < end_s, running.log
            peer.publish("rhasspy/tts/getVoices", "{}")
            time.sleep(0.2)
        yield running


def test_what_rhasspy_publishes_is_heard_and_told(
    house_with_rhasspy: DaemonProcess, broker: Broker, peer: Peer, tmp_path: Path
) -> None:
    speech_file(tmp_path / "gong.wav")
    peer.subscribe(
        "hermes/tts/sayFinished", "hermes/audioServer/+/playFinished", "hermes/error/#", f"voxd/{NODE}/state"
    )
    for line in HERMES_LINES:
        published = line.replace("mosquitto_pub", f"mosquitto_pub -p {broker.port}")
        assert run(published, house_with_rhasspy, tmp_path).returncode == 0
    told: set[str] = set()
    wanted = {"kitchen", "upstairs", "hermes/audioServer/kitchen/playFinished", "60"}
    while told != wanted:
        arrival = peer.next(20)
        what = json.loads(arrival.payload)
        assert not arrival.topic.startswith("hermes/error/"), what
        if arrival.topic.endswith("/state"):
            told |= {str(what["volume"]["kitchen"])} & wanted
        elif arrival.topic.startswith("hermes/"):
            told.add(what.get("siteId") or arrival.topic)


def told_by(example: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What Home Assistant publishes with an automation or an MQTT entity of the README: topics and payloads."""
    for step in example.get("actions", ()):
        if step["action"] == "mqtt.publish":
            yield step["data"]["topic"], rendered(step["data"]["payload"])
    for entity in example.get("mqtt", ()) if isinstance(example.get("mqtt"), list) else ():
        ((kind, wanted),) = entity.items()
        payloads = {"button": {"payload_press": "PRESS"}, "switch": {"payload_on": "ON", "payload_off": "OFF"}}[kind]
        for key, default in payloads.items():
            yield wanted["command_topic"], wanted.get(key, default)


PUBLISHED = [pair for example in YAML_EXAMPLES for pair in told_by(example)]


@pytest.fixture
def house_of_the_readme(tmp_path: Path, broker: Broker) -> Iterator[DaemonProcess]:
    """A daemon with the zones that the README speaks of, whose announcements become WAV files."""
    zones = {zone: {"outputs": "file"} for zone in ("bedroom", "kitchen", "hall", "living-room")}
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings={"zones": zones}) as running:
        wait_until_online(broker.port)
        yield running


@pytest.mark.parametrize(("topic", "payload"), PUBLISHED)
@pytest.mark.usefixtures("house_of_the_readme")
def test_whatever_home_assistant_publishes_is_heard_or_obeyed(
    topic: str, payload: str, broker: Broker, peer: Peer
) -> None:
    topic = topic.replace("voxd/NODE/", f"voxd/{NODE}/")
    verb = topic.partition("/request/")[2]
    peer.subscribe(f"voxd/{NODE}/response/{verb}" if verb else f"voxd/{NODE}/event")
    say(broker.port, payload, topic=topic)
    if verb:
        assert json.loads(peer.next(20).payload)["status"] == "ok"
    else:
        peer.until(lambda arrival: json.loads(arrival.payload)["event_type"] == "playing", 20)


def test_there_is_something_to_try() -> None:
    assert len(PUBLISHED) >= 6
    assert len(VOXD_LINES) >= 5
    assert PUBLISH_LINES
    assert len(HERMES_LINES) >= 5
    assert REQUEST_LINES
    assert JSON_EXAMPLES
