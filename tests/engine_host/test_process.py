"""The life of an engine host's process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from daemons import ServiceManager
from engine_hosts import TESTS, TIMEOUT_S, HostProcess, client_of, clip_wav, sine_engine, synthesize
from models_for_tests import heard_pcm_hz, pitch_hz, speaker_hz

from voxd.app import host_place
from voxd.engine_host.exit_codes import ExitCode
from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.wire.wyoming.host_events import Fault, HostState

HEARD_WITHIN_HZ = 8.0
VOXD = str(Path(sys.executable).with_name("voxd"))


def run(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """A host that is expected to end by itself."""
    return subprocess.run([VOXD, "engine", *arguments], input=stdin, capture_output=True, timeout=30, check=False)


async def test_a_host_loads_speaks_and_clones(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine()) as host:
        await host.listening()
        assert host.socket.stat().st_mode & 0o777 == 0o600
        async with client_of(host.socket) as client:
            assert (await client.follow_until(HostState.READY)).speakers == ("anna", "bert")
        async with client_of(host.socket) as client:
            reply = await client.synthesize("Good morning", "bert")
            assert abs(heard_pcm_hz(reply.pcm, reply.rate_hz) - pitch_hz("Good morning", speaker_hz("bert"))) < 8
            assert (await client.embed("mum@1", clip_wav(440))).source == "clip"
            reply = await client.synthesize("Good morning", "mum@1")
            assert abs(heard_pcm_hz(reply.pcm, reply.rate_hz) - pitch_hz("Good morning", 440)) < HEARD_WITHIN_HZ


async def test_after_a_kill_the_next_host_takes_the_socket_and_the_embeddings_over(tmp_path: Path) -> None:
    host = HostProcess(tmp_path, sine_engine(log=str(tmp_path / "asked")))
    with host:
        await host.listening()
        async with client_of(host.socket) as client:
            assert (await client.embed("mum@1", clip_wav(440))).source == "clip"
    assert host.socket.exists()
    with host:
        await host.answering()
        async with client_of(host.socket) as client:
            assert (await client.embed("mum@1", clip_wav(440))).source == "disk"
    assert (tmp_path / "asked").read_text().count("derive") == 1


async def test_a_child_ends_with_its_daemon(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine(load_s=600.0)) as host:
        await host.listening()
        assert host.process.stdin is not None
        host.process.stdin.close()
        assert await host.ended() == ExitCode.GOOD
        assert not host.socket.exists()


@pytest.mark.realtime
async def test_sigterm_ends_a_host_within_a_second_or_so_whatever_its_model_does(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine(trouble="LOAD_HANGS")) as host:
        await host.listening()
        began_s = time.monotonic()
        host.process.send_signal(signal.SIGTERM)
        assert await host.ended() == ExitCode.GOOD
        assert time.monotonic() - began_s < 2.0


async def test_a_lost_device_is_answered_and_ends_the_process(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine()) as host:
        await host.listening()
        async with client_of(host.socket) as watching, client_of(host.socket) as client:
            await watching.follow_until(HostState.READY)
            assert (await client.synthesize("Say STICKY", "anna")).code == Fault.DEVICE_LOST
            assert "device-side assert" in (await watching.told(HostState.FAILED)).reason
        assert await host.ended() == ExitCode.DEVICE_LOST


async def test_a_model_that_hangs_ends_its_process_even_if_no_daemon_does(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine() | {"chunk_timeout_s": 0.2}) as host:
        await host.listening()
        async with client_of(host.socket) as client:
            await client.follow_until(HostState.READY)
        async with client_of(host.socket) as client:
            await client.send(synthesize("Please HANG", "anna"))
            assert await host.ended() == ExitCode.HUNG


async def test_a_model_that_cannot_be_imported_is_a_state_and_not_an_end(tmp_path: Path) -> None:
    with HostProcess(tmp_path, {"type": "python", "model": "nowhere:Model"}) as host:
        await host.listening()
        async with client_of(host.socket) as client:
            assert "nowhere:Model cannot be imported" in (await client.follow_until(HostState.FAILED)).reason
        assert host.process.poll() is None


async def test_a_second_host_at_the_same_socket_says_so_and_leaves_the_first_alone(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine()) as host:
        await host.listening()
        second = run("sine", "--child", stdin=json.dumps(host.settings).encode() + b"\n")
        assert second.returncode == 1
        assert b"Another engine host listens" in second.stderr
        async with client_of(host.socket) as client:
            await client.health()


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("espeak", b"{}", b"lives in the daemon"),
        ("nobody", b"{}", b"is unknown"),
        ("sine", b"", b"gave no settings"),
        ("sine", b'{"engines": 7}', b"gave no settings"),
    ],
)
def test_a_host_that_cannot_begin_says_why(name: str, settings: bytes, said: bytes) -> None:
    done = run(name, "--child", stdin=settings + b"\n")
    assert done.returncode == 1
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_host_runs_no_program_that_lies_where_its_daemon_was_started(tmp_path: Path) -> None:
    settings = Settings()
    place = host_place("nobody", settings, paths_in_force(settings.paths))
    (tmp_path / "voxd").mkdir()
    (tmp_path / "voxd" / "__init__.py").write_text("raise SystemExit('a trap')")
    done = subprocess.run(
        place.command, cwd=tmp_path, input=place.settings, capture_output=True, timeout=30, check=False
    )
    assert b"The engine nobody is unknown" in done.stderr


def test_a_unit_tells_systemd_how_far_it_is(tmp_path: Path) -> None:
    settings = HostProcess(tmp_path, sine_engine()).settings
    config = tmp_path / "voxd.yaml"
    config.write_text(yaml.safe_dump(settings))
    manager = ServiceManager(tmp_path / "notify")
    environment = os.environ | {
        "PYTHONPATH": str(TESTS),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "400000",
    }
    process = subprocess.Popen(
        [VOXD, "engine", "sine", "-c", str(config)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        told: list[str] = []
        while not {"READY=1", "WATCHDOG=1", "STATUS=ready"} <= set(told):
            told.append(manager.told.get(timeout=TIMEOUT_S))
        before = told[: told.index("READY=1")]
        assert any(line.startswith("STATUS=loading") for line in before)
        assert any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in before), "a large model takes its time"
        assert "WATCHDOG=1" not in before, "nobody is watched who holds all of Python up to load libraries"
        process.terminate()
        _, log = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == ExitCode.GOOD
        assert log.count(b"The engine sine is ready") == 1, "a unit has a log of its own"
    finally:
        process.kill()
        process.communicate()
        manager.close()
