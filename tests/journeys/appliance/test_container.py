"""The image, built from the locks and run by Podman as voxd.container has it: read-only, and nobody's root."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from appliance.container import Container
from appliance.image import AUTHORITIES_INSIDE, PIP_INSIDE, build
from appliance.podman import Podman
from appliance.quadlet import command, generated
from daemons import DaemonProcess
from hubs import TIMEOUT_S, read, rendered, reply
from reference_clips import TRANSCRIPT, speech_file
from roots import ROOT
from sound_servers import PulseServer, recording
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeVoice

from voxd import __version__

pytestmark = pytest.mark.appliance

TEXT = "The washing machine is done. So is the dryer."
VOICE = "espeak-en-gb"
LONG = "One sentence that takes a while, so that somebody can ask for an end while it is being said in the house."


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    with Podman(tmp_path_factory.mktemp("podman")) as own:
        yield own


@pytest.fixture(scope="module")
def image(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(podman, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def unit() -> str:
    made, said = generated()
    assert [line for line in said.splitlines() if "Loading source" not in line] == []
    return made


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseServer]:
    server = PulseServer(tmp_path_factory.mktemp("pulse"))
    server.start()
    server.folder.chmod(0o755)  # for the container's user
    yield server
    server.kill()


@pytest.fixture(scope="module")
def container(
    podman: Podman, image: str, unit: str, sound: PulseServer, tmp_path_factory: pytest.TempPathFactory
) -> Container:
    """One for all tests of this file, in their order."""
    ours = Container(podman, image, unit, tmp_path_factory.mktemp("container"), sound)
    ours.start()
    return ours


def test_the_quadlet_unit_satisfies_podmans_generator_and_systemd(unit: str) -> None:
    options = " ".join(command(unit))
    for wanted in ("--read-only", "--user 10200:10200", "--cap-drop all", "--security-opt=no-new-privileges"):
        assert wanted in options
    assert "Type=notify" in unit


def test_its_drop_in_gives_an_nvidia_card_by_cdi() -> None:
    made, said = generated("cuda.conf")
    assert [line for line in said.splitlines() if "Loading source" not in line] == []
    assert "--device nvidia.com/gpu=all" in " ".join(command(made))
    assert command(made)[-1] == "localhost/voxd:cuda"


def test_the_image_holds_what_it_runs_and_nothing_it_was_built_with(podman: Podman, image: str) -> None:
    mounted = f"cat {PIP_INSIDE} {AUTHORITIES_INSIDE}"  # empty files, as Podman needs places to mount at
    writable = "find /opt /etc /var -xdev -perm /6022 -type f"
    look = f"command -v gcc pip; {mounted}; ls -d /source /wheels /build /locks; {writable}"
    found = podman.run("run", "--rm", "--user=0", "--network=none", "--entrypoint=sh", image, "-c", look, check=False)
    assert found.stdout == ""
    alone = podman.run("run", "--rm", "--network=none", image, "check", "--settings-only")
    assert "are valid" in alone.stdout
    labels = json.loads(podman.run("image", "inspect", image).stdout)[0]["Labels"]
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


async def test_read_only_and_non_root_it_speaks_over_wyoming_as_voxd_does_outside(
    container: Container, tmp_path: Path
) -> None:
    async with AsyncTcpClient("127.0.0.1", container.wyoming_port) as client:
        await client.write_event(Describe().event())
        (program,) = Info.from_event(await read(client)).tts
        assert (program.name, program.version) == ("voxd", __version__)
        assert VOICE in {voice.name for voice in program.voices}
        await client.write_event(Synthesize(TEXT, voice=SynthesizeVoice(name=VOICE)).event())
        formats, pcm = await reply(client)
    with DaemonProcess(tmp_path / "outside") as outside:
        rate_hz, expected = await rendered(outside, TEXT, VOICE, TIMEOUT_S)
    assert formats == {(rate_hz, 2, 1)}
    assert pcm == expected


def test_it_may_do_nothing_and_writes_only_to_its_volumes(container: Container) -> None:
    assert container.run("id", "-u").stdout.strip() == "10200"
    status = Path(f"/proc/{container.daemon_pid}/status").read_text()
    told = dict(line.split(":\t", 1) for line in status.splitlines())
    assert {told[name] for name in ("CapPrm", "CapEff", "CapBnd")} == {"0" * 16}
    assert told["NoNewPrivs"] == "1"
    for place in ("/", "/etc/voxd", "/opt/voxd/bin", "/usr/bin", "/var/lib"):
        assert "ead-only" in container.run("touch", f"{place}/x", check=False).stderr, place
    for place in ("/var/lib/voxd", "/var/cache/voxd", "/run/voxd", "/tmp"):
        container.run("sh", "-c", f"touch {place}/x && rm {place}/x")


def test_its_first_process_buries_orphans(container: Container) -> None:
    container.run("sh", "-c", "sleep 0.1 & exec true")
    zombies = "grep -hs '^State:.Z' /proc/[0-9]*/status"
    container.run_until(lambda: container.run("sh", "-c", zombies, check=False).stdout == "")


def test_its_settings_are_read_again(container: Container) -> None:
    container.configure({"wyoming": {"port": container.wyoming_port, "max_text_chars": 1000}})
    container.reload()
    container.run_until(lambda: "Configuration read again" in container.log)


def test_a_stop_finishes_the_sentence_and_the_next_container_has_its_state(
    container: Container, sound: PulseServer, tmp_path: Path
) -> None:
    with recording(sound, tmp_path / "heard") as recorder:
        container.run("voxd", "say", "--no-wait", LONG)
        container.run_until(lambda: any(recorder.heard()))
        container.stop()
        heard = np.frombuffer(recorder.stop(), np.int16)
    assert np.flatnonzero(heard)[-1] - np.flatnonzero(heard)[0] > 4 * sound.rate_hz, "it was cut off"
    container.start()
    (told,) = json.loads(container.run("voxd", "history", "--json").stdout)
    assert (told["text"], told["state"]) == (LONG, "finished")


def test_who_hangs_is_unhealthy_and_killed(container: Container) -> None:
    container.stop()
    container.start("--health-retries=1")
    assert container.judge_health()
    os.kill(container.daemon_pid, signal.SIGSTOP)
    assert not container.judge_health()
    container.run_until(lambda: not container.is_there)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the container's user may read, with a tiny model and a recording of mum."""
    folder = tmp_path_factory.mktemp("model")
    command = [sys.executable, "-m", "checkpoints", str(folder / "voxcpm"), "voxcpm"]
    subprocess.run(command, cwd=ROOT / "tests", check=True, timeout=120)
    speech_file(folder / "mum.wav")
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True, timeout=10)
    return folder


async def test_of_the_locks_for_the_cpu_an_image_is_made_in_which_engines_are_children_and_clone_voices(
    podman: Podman, unit: str, sound: PulseServer, model: Path, tmp_path: Path
) -> None:
    image = build(podman, tmp_path, "cpu")
    house = Container(podman, image, unit, tmp_path / "house", sound)
    espeak, voxcpm = {"type": "espeak"}, {"type": "voxcpm", "model": "/model/voxcpm"}
    house.configure({"engines": {"espeak": espeak, "voxcpm": voxcpm}, "voices": {"mum": {"engine": "voxcpm"}}})
    house.start(f"--volume={model}:/model:ro")
    house.run_until(lambda: "engine voxcpm        ready" in house.run("voxd", "status").stdout)
    clip = ("--reference", "/model/mum.wav", "--transcript", TRANSCRIPT, "--consent", "herself")
    house.run("voxd", "voices", "enroll", "mum", *clip)
    async with AsyncTcpClient("127.0.0.1", house.wyoming_port) as client:
        await client.write_event(Synthesize(TEXT, voice=SynthesizeVoice(name="mum")).event())
        formats, pcm = await reply(client)
    assert formats == {(44_100, 2, 1)}
    assert len(pcm) > 44_100
    house.stop()
