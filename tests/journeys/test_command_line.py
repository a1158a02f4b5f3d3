"""The command line beside a running daemon and without one."""

import json
import socket
import wave
from pathlib import Path

import pytest
import yaml
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


def test_check_tells_a_problem_for_a_certificate_that_is_not_there(alone: DaemonProcess) -> None:
    config = yaml.safe_load(alone.config.read_text())
    config["wyoming"]["tls"] = {"cert_file": "/no/such.crt", "key_file": "/no/such.key"}
    alone.config.write_text(yaml.safe_dump(config))
    done = alone.run_verb("check")
    assert done.returncode == 1
    assert "/no/such.crt cannot be read: No such file or directory (wyoming.tls)" in done.stdout


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


def test_an_alarm_is_repeated_until_it_is_acknowledged(daemon: DaemonProcess) -> None:
    said = daemon.run_verb("say", "--priority", "alarm", "Water in the cellar")
    assert said.returncode == 0, said.stderr
    assert "voxd ack" in said.stdout, "it was heard, and how to end it is told"
    (id_,) = [line.split()[1] for line in daemon.run_verb("status").stdout.splitlines() if line.startswith("alarm")]
    assert daemon.run_verb("ack").stdout == f"Acknowledged {id_}\n"
    assert "alarm" not in daemon.run_verb("status").stdout
    assert daemon.run_verb("ack").stdout == "No alarm waits to be acknowledged\n"
    last = daemon.run_verb("history").stdout.splitlines()[-1]
    assert "Water in the cellar" in last
    assert "finished" in last


def test_what_is_paused_waits_until_it_is_resumed_or_dropped(daemon: DaemonProcess) -> None:
    assert daemon.run_verb("pause", "--zone", "home").stdout == "Paused\n"
    for text in ("one", "two"):
        assert daemon.run_verb("say", "--no-wait", text).returncode == 0
    assert "zone home            is paused" in daemon.run_verb("status").stdout
    assert "2 waiting" in daemon.run_verb("status").stdout
    dropped = daemon.run_verb("clear").stdout
    assert dropped.startswith("Dropped ")
    assert daemon.run_verb("resume").returncode == 0
    assert daemon.run_verb("clear").stdout == "Nothing waits\n"
    assert daemon.recordings() == []


def test_who_is_not_to_be_disturbed_hears_only_what_passes(daemon: DaemonProcess) -> None:
    assert daemon.run_verb("dnd", "on", "--zone", "home", "--passes", "high").stdout == (
        "Priority high and above is all that is heard in home\n"
    )
    said = daemon.run_verb("say", "Dinner")
    assert said.returncode == 1
    assert "suppressed" in said.stderr
    assert daemon.run_verb("say", "--priority", "high", "The door").returncode == 0
    assert daemon.run_verb("dnd", "off").stdout == "All is heard again everywhere\n"
    assert daemon.run_verb("say", "Dinner").returncode == 0


def test_what_was_heard_last_is_said_again(daemon: DaemonProcess) -> None:
    assert "Nothing was heard there yet" in daemon.run_verb("replay").stderr
    daemon.run_verb("say", "Once more")
    assert daemon.run_verb("replay").stdout.startswith("Said again as ")


def test_the_history_is_told_to_people_and_programs(daemon: DaemonProcess) -> None:
    daemon.run_verb("say", "--replaces", "door", "The door\x1b[31m is open")
    shown = daemon.run_verb("history", "--state", "finished", "--limit", "1").stdout
    assert "The door [31m is open" in shown, "what others said commands no terminal"
    (told,) = json.loads(daemon.run_verb("history", "--json").stdout)
    assert (told["text"], told["state"], told["engine"]) == ("The door\x1b[31m is open", "finished", "espeak")
    wrong = daemon.run_verb("history", "--state", "done")
    assert wrong.returncode == 1
    assert "must be one of accepted" in wrong.stderr


def test_an_order_about_nothing_there_is_a_sentence(daemon: DaemonProcess) -> None:
    for order in (("stop", "nobody"), ("ack", "nobody"), ("stop", "--zone", "moon"), ("dnd", "on", "--zone", "moon")):
        done = daemon.run_verb(*order)
        assert done.returncode == 1, order
        assert done.stderr.startswith("voxd: There is no "), order
    assert daemon.run_verb("stop").stdout == "Nothing is being said, and nothing waits\n"
    assert daemon.run_verb("skip").stdout == "Nothing is being said\n"


@pytest.mark.parametrize("order", [("ack",), ("stop",), ("pause",), ("dnd", "on"), ("history",), ("status",)])
def test_without_a_daemon_an_order_says_so(alone: DaemonProcess, order: tuple[str, ...]) -> None:
    done = alone.run_verb(*order)
    assert done.returncode == 1
    assert "No daemon listens on" in done.stderr
    assert "voxd run" in done.stderr


def test_the_chimes_are_listed_without_a_daemon(alone: DaemonProcess) -> None:
    listed = alone.run_verb("chimes")
    assert listed.returncode == 0, listed.stderr
    assert "siren" in listed.stdout
    assert "alarm announcements: siren" in listed.stdout


def test_status_tells_programs_all_that_is_known(daemon: DaemonProcess) -> None:
    told = json.loads(daemon.run_verb("status", "--json").stdout)
    assert told == daemon.status()


def test_a_backup_of_a_running_daemon_is_restored_once_it_has_ended(daemon: DaemonProcess, tmp_path: Path) -> None:
    daemon.run_verb("say", "Before the backup")
    archive = str(tmp_path / "voxd.tar.gz")
    made = daemon.run_verb("backup", archive)
    assert (made.returncode, made.stderr) == (0, "")
    daemon.run_verb("say", "After the backup")
    refused = daemon.run_verb("restore", archive)
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    daemon.stop()
    assert daemon.run_verb("restore", archive).returncode == 0
    daemon.start()
    history = daemon.run_verb("history").stdout
    assert "Before the backup" in history
    assert "After the backup" not in history
