"""The command line beside a running daemon and without one."""

import socket
import wave
from pathlib import Path

import pytest
from brokers import Broker
from daemons import DaemonProcess

pytestmark = pytest.mark.journey


@pytest.fixture
def alone(tmp_path: Path, broker: Broker) -> DaemonProcess:
    """The configuration of a daemon that does not run."""
    return DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port)


def seconds(file: Path) -> float:
    with wave.open(str(file)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def test_say_returns_once_it_was_heard(daemon: DaemonProcess) -> None:
    done = daemon.run_verb("say", "Good", "morning")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(daemon.recordings()) == 1


def test_say_reads_standard_input(daemon: DaemonProcess) -> None:
    assert daemon.run_verb("say", "-", input_="From a pipe").returncode == 0
    assert len(daemon.recordings()) == 1


def test_say_plays_by_itself_where_no_daemon_runs(alone: DaemonProcess) -> None:
    done = alone.run_verb("say", "All alone")
    assert done.returncode == 0, done.stderr
    assert len(alone.recordings()) == 1


@pytest.mark.parametrize("runs", [True, False])
def test_a_rendering_becomes_a_whole_wav_file(
    runs: bool, alone: DaemonProcess, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    voxd = request.getfixturevalue("daemon") if runs else alone
    file = tmp_path / "out.wav"
    done = voxd.run_verb("say", "-o", str(file), "--voice", "espeak-de", "Guten Morgen. Wie geht es?")
    assert done.returncode == 0, done.stderr
    assert 1.0 < seconds(file) < 10.0
    assert not list(tmp_path.glob(".out.wav*"))


def test_mistakes_are_sentences_and_the_exit_code_is_1(daemon: DaemonProcess, tmp_path: Path) -> None:
    done = daemon.run_verb("say", "--voice", "espeak-en-uss", "Hello")
    assert done.returncode == 1
    assert "espeak-en-us" in done.stderr
    assert "Traceback" not in done.stderr
    done = daemon.run_verb("say", "-o", str(tmp_path / "no/such/folder/x.wav"), "Hello")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_wrong_usage_has_the_exit_code_2(alone: DaemonProcess) -> None:
    assert alone.run_verb("cache", "polish").returncode == 2


def test_check_finds_everything_in_order(alone: DaemonProcess) -> None:
    done = alone.run_verb("check")
    assert done.returncode == 0, done.stdout + done.stderr
    things = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"settings", "state", "cache", "broker", "wyoming", "engine", "voices", "devices"} <= things
    assert "only this machine reaches it" in done.stdout


def test_check_warns_of_a_broker_that_would_drop_announcements(tmp_path: Path) -> None:
    from brokers import BrokerOptions

    with Broker(tmp_path / "default", BrokerOptions(max_queued=1000)) as broker:
        done = DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port).run_verb("check")
    assert done.returncode == 0
    assert "keeps only 1000 announcements" in done.stdout
    assert "max_queued_messages 0" in done.stdout


def test_check_tells_a_problem_for_a_broker_that_is_away(alone: DaemonProcess, broker: Broker) -> None:
    broker.stop()
    done = alone.run_verb("check")
    assert done.returncode == 1
    assert "problem  broker" in done.stdout
    assert "nothing listens there" in done.stdout


def test_check_tells_a_problem_for_a_port_that_somebody_else_has(alone: DaemonProcess) -> None:
    with socket.create_server(("127.0.0.1", alone.wyoming_port)):
        done = alone.run_verb("check")
    assert done.returncode == 1
    assert "cannot be listened on: Address already in use" in done.stdout


def test_check_lists_every_mistake_of_the_configuration(alone: DaemonProcess) -> None:
    alone.config.write_text("colour: blue\nmqtt: {port: 0}\n")
    done = alone.run_verb("check")
    assert done.returncode == 1
    assert f"{alone.config}:1: colour: is no option" in done.stderr
    assert f"{alone.config}:2: mqtt.port: must be at least 1, not 0" in done.stderr


def test_voices_and_devices_are_listed(alone: DaemonProcess) -> None:
    voices = alone.run_verb("voices", "--language", "de")
    assert voices.returncode == 0
    assert "espeak-de" in voices.stdout
    assert "espeak-fr" not in voices.stdout
    assert alone.run_verb("devices").returncode in (0, 1)


def test_the_cache_is_counted_and_cleared(daemon: DaemonProcess) -> None:
    daemon.run_verb("say", "Keep this")
    assert not daemon.run_verb("cache", "stats").stdout.startswith("0 clips")
    assert daemon.run_verb("cache", "clear").returncode == 0
    assert daemon.run_verb("cache", "stats").stdout.startswith("0 clips")
