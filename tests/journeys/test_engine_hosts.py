"""Engine hosts as the owner meets them: at the start, in check and status, and when one of them is killed."""

import asyncio
import os
import re
import signal
import time
import wave
from pathlib import Path
from typing import Any

import pytest
import yaml
from daemons import DaemonProcess
from hubs import rendered
from processes import children, command

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
ESPEAK = {"espeak": {"type": "espeak"}}
LOADED_WITHIN_S = 30.0


def daemon(
    folder: Path, *, others: dict[str, Any] = ESPEAK, voice: str = "espeak-en-us", **options: Any
) -> DaemonProcess:
    """A daemon with an engine `sine` in a host of its own."""
    sine = {"type": "python", "model": "models_for_tests:SineModel", "options": options}
    settings = {"engines": {**others, "sine": sine}, "speech": {"voice": voice}, "cache": {"enabled": False}}
    return DaemonProcess(folder / "voxd", settings=settings, environment={"PYTHONPATH": str(TESTS)})


def until_ready(made: DaemonProcess) -> dict[str, Any]:
    told = made.run_until(lambda status: status["engines"]["sine"]["state"] == "ready", LOADED_WITHIN_S)
    engine: dict[str, Any] = told["engines"]["sine"]
    return engine


def hosts_of(made: DaemonProcess) -> list[int]:
    return [pid for pid in children(made.process.pid) if b"engine" in command(pid)]


def test_the_daemon_is_ready_at_once_where_another_engine_can_speak(tmp_path: Path) -> None:
    with daemon(tmp_path, load_s=3.0) as made:
        assert made.status()["engines"]["sine"]["state"] == "loading"
        made.wait_for_notice("STATUS=Ready, sine is loading")
        made.wait_for_notice("STATUS=Ready")
        assert made.status()["engines"]["espeak"] == {"state": "ready", "reason": ""}


def test_it_waits_for_the_only_engine_there_is(tmp_path: Path) -> None:
    with daemon(tmp_path, others={}, voice="sine-anna", load_s=1.0) as made:
        assert made.status()["engines"]["sine"]["state"] == "ready"
        assert "no voice" not in made.log


def test_check_loads_the_model_and_times_a_sentence(tmp_path: Path) -> None:
    done = daemon(tmp_path).run_verb("check")
    line = next(line for line in done.stdout.splitlines() if "engine sine" in line)
    assert line.startswith("ok ")
    assert "cpu (float32), 123 MB, sine sine 24000; first sound after" in line
    assert re.search(r"[1-9][0-9.]* s of sound in [0-9.]+ s \(real-time factor [0-9.]+\)", line)


def test_check_and_status_ask_the_running_daemon(tmp_path: Path) -> None:
    with daemon(tmp_path) as made:
        until_ready(made)
        assert re.findall("The engine sine is .*", made.log) == ["The engine sine is ready on cpu (float32)"]
        before = hosts_of(made)
        done = made.run_verb("check")
        assert re.search(r"ok +engine sine +cpu \(float32\), 123 MB, .*real-time factor", done.stdout), done.stdout
        assert re.search(r"ok +voices +the default voice speaks", done.stdout), done.stdout
        assert hosts_of(made) == before
        told = made.run_verb("status").stdout
        assert re.search(r"house +idle \(voxd ", told), told
        assert re.search(r"engine sine +ready\n +cpu \(float32\), 123 MB, sine sine 24000\n +embeddings: 0 held", told)


def test_check_tries_an_engine_that_the_running_daemon_does_not_have_yet(tmp_path: Path) -> None:
    with daemon(tmp_path) as made:
        until_ready(made)
        before = made.config.read_text()
        engine = {"type": "python", "model": "models_for_tests:SineModel", "options": {"trouble": "LOAD_FAILS"}}
        made.config.write_text(yaml.safe_dump(yaml.safe_load(before) | {"engines": {"new": engine}}))
        done = made.run_verb("check")
    assert re.search(r"problem +engine new +The sine is not in the mood", done.stdout), done.stdout


def test_check_tells_why_a_model_cannot_be_loaded(tmp_path: Path) -> None:
    done = daemon(tmp_path, trouble="LOAD_FAILS").run_verb("check")
    assert re.search(r"problem +engine sine +The sine is not in the mood", done.stdout), done.stdout
    assert "not in the mood" not in done.stderr, "it is told once"
    assert done.returncode == 1


def test_say_without_a_daemon_loads_the_model_first(tmp_path: Path) -> None:
    made, file = daemon(tmp_path, load_s=1.0), tmp_path / "hello.wav"
    done = made.run_verb("say", "--voice", "sine-bert", "-o", str(file), "Hello.")
    assert (done.returncode, "Loading sine" in done.stderr) == (0, True), done.stderr
    with wave.open(str(file)) as sound:
        assert sound.getframerate() == 24_000


def test_a_status_without_a_daemon_says_so(tmp_path: Path) -> None:
    done = daemon(tmp_path).run_verb("status")
    assert done.returncode == 1
    assert "No daemon listens on" in done.stderr


def test_a_killed_host_comes_back_and_none_outlives_its_daemon(tmp_path: Path) -> None:
    with daemon(tmp_path) as made:
        until_ready(made)
        first = hosts_of(made)[0]
        os.kill(first, signal.SIGKILL)
        made.run_until(lambda status: status["engines"]["sine"]["state"] != "ready")
        until_ready(made)
        assert asyncio.run(rendered(made, "Good morning.", "sine-anna"))[0] == 24_000
        second = hosts_of(made)[0]
        assert second != first
        made.kill()
        until_gone(second)


def test_a_host_whose_model_holds_everything_up_does_not_outlive_its_daemon(tmp_path: Path) -> None:
    log = tmp_path / "asked"
    with daemon(tmp_path, trouble="LOAD_HOLDS", log=str(log)) as made:
        end_s = time.monotonic() + LOADED_WITHIN_S
        while not log.exists():
            assert time.monotonic() < end_s, made.log
            time.sleep(0.05)
        (host,) = hosts_of(made)
        made.kill()
        until_gone(host)


def until_gone(pid: int) -> None:
    end_s = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end_s, "the host outlives its daemon"
        time.sleep(0.05)
