"""The life of voxd as a unit of systemd: READY, killed, hung, read again, stopped, and its doors open all the while."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from announcements import BASE, Events
from appliance.machine import Machine
from appliance.speaking import RECORDINGS, WYOMING_PORT, SpeakingMachine
from brokers import Peer
from sound_servers import wait_until
from sounds import without_silence
from wyoming.info import Describe, Info

from voxd.audio.wav import parse

pytestmark = pytest.mark.appliance

WATCHDOG_S = 8
HANG = "import signal, time; signal.signal(signal.SIGUSR1, lambda *_, sleep=time.sleep: sleep(3600))\n"
"""Has the loop of every Python hang that gets SIGUSR1: a .pth file is executed when Python starts."""
SENTENCE = "Somebody has left the garage door open since a quarter past nine and it is beginning to rain in the yard"
CLIENTS_EVERY_S = 0.05
CLIENT_TIMEOUT_S = 20.0
RESTARTED_MAX_S, RESTART_PAUSE_S = 2.0, 0.5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[SpeakingMachine]:
    """voxd runs as its unit, with a shorter watchdog, and can be made to hang."""
    with Machine(tmp_path_factory.mktemp("machine"), layers=[installed]) as machine:
        home = SpeakingMachine(machine)
        home.set_up()
        home.drop_in("voxd.service", f"[Service]\nWatchdogSec={WATCHDOG_S}\n")
        machine.write("/opt/voxd/current/lib/python3.11/site-packages/hang.pth", HANG)
        machine.run("systemctl", "enable", "--now", "voxd")
        yield home


@pytest.fixture
def peer(home: SpeakingMachine) -> Iterator[Peer]:
    with home.peer() as peer:
        yield peer


def say(peer: Peer, text: str) -> None:
    peer.publish(f"{BASE}/say", text)


def wait_until_online(peer: Peer) -> None:
    peer.subscribe(f"{BASE}/availability")
    peer.until(lambda arrival: bytes(arrival.payload) == b"online", 20.0)


@contextmanager
def speaking(home: SpeakingMachine, file: Path) -> Iterator[Events]:
    """SENTENCE is being heard as the block begins, and was heard to its end when it ends, sample for sample."""
    known = len(home.recordings())
    with home.loudspeaker.recording(file):
        with home.peer() as peer:
            wait_until_online(peer)
            events = Events(peer)
            say(peer, SENTENCE)
            events.until("playing")
            yield events
        (written,) = home.recordings()[known:]
        sound = without_silence(parse(written.read_bytes()).pcm)
        wait_until(lambda: sound in file.read_bytes(), "everything was heard")


async def described(home: SpeakingMachine, port: int = WYOMING_PORT) -> None:
    """A client asks what voxd is, and is told."""
    async with asyncio.timeout(CLIENT_TIMEOUT_S), home.hub(port) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None, "voxd has closed the connection"
        assert Info.is_type(event.type)


def test_the_unit_reaches_ready_and_does_so_at_boot(home: SpeakingMachine) -> None:
    assert home.machine.show("voxd", "ActiveState", "StatusText") == {"ActiveState": "active", "StatusText": "Ready"}
    home.machine.reboot()
    home.active_since(0.0)
    assert home.machine.show("voxd", "NRestarts")["NRestarts"] == "0"
    assert home.machine.run("systemctl", "is-system-running").stdout.strip() == "running"


@pytest.mark.realtime
def test_an_announcement_is_heard_sample_for_sample(home: SpeakingMachine, tmp_path: Path) -> None:
    """PortAudio's callbacks are unharmed by the hardening."""
    with speaking(home, tmp_path / "heard") as events:
        events.until("finished")


@pytest.mark.realtime
def test_a_killed_daemon_is_back_within_two_seconds(home: SpeakingMachine, tmp_path: Path) -> None:
    killed_s = home.signal("KILL")
    took_s = home.active_since(killed_s) - killed_s
    if machine_is_busy():
        took_s = RESTART_PAUSE_S + home.processor_time_s()  # what it would take alone
    assert took_s < RESTARTED_MAX_S
    with speaking(home, tmp_path / "heard") as events:
        events.until("finished")


def machine_is_busy() -> bool:
    """Whether others wait for a processor, too."""
    return os.getloadavg()[0] > len(os.sched_getaffinity(0))


def test_a_hung_loop_is_ended_by_the_watchdog_within_its_limit_and_begun_again(home: SpeakingMachine) -> None:
    hung_s = home.signal("USR1")
    home.active_since(hung_s)
    assert f"Watchdog timeout (limit {WATCHDOG_S}s)" in home.machine.journal("voxd")
    ended_s = int(home.machine.show("voxd", "InactiveEnterTimestampMonotonic")["InactiveEnterTimestampMonotonic"]) / 1e6
    assert 0 < ended_s - hung_s < WATCHDOG_S + RESTARTED_MAX_S


@pytest.mark.realtime
def test_reload_takes_new_settings_and_keeps_the_sentence_playing(home: SpeakingMachine, tmp_path: Path) -> None:
    pid, port = home.main_pid(), WYOMING_PORT + 1
    with speaking(home, tmp_path / "heard") as events:
        home.configure({"wyoming": {"host": "0.0.0.0", "port": port}})
        home.machine.run("systemctl", "reload", "voxd")
        asyncio.run(described(home, port))  # the new settings hold once reload has returned
        assert events.next()["event_type"] == "finished"
    assert home.main_pid() == pid
    home.configure({})
    home.machine.run("systemctl", "reload", "voxd")


def test_a_reload_with_a_mistake_keeps_what_runs_and_is_told_in_the_journal(home: SpeakingMachine) -> None:
    home.configure({"wyoming": {"prot": 10_200}})
    home.machine.run("systemctl", "reload", "voxd")
    asyncio.run(described(home))
    told = home.machine.journal("voxd").splitlines()
    (line,) = [line for line in told if "The configuration was not taken over" in line]
    assert "prot" in home.machine.journal("voxd")
    assert "voxd.daemon" not in line, "the level and the module are fields of the journal's"
    home.configure({})


@pytest.mark.realtime
def test_stop_finishes_the_sentence(home: SpeakingMachine, tmp_path: Path) -> None:
    with speaking(home, tmp_path / "heard") as events:
        home.machine.run("systemctl", "stop", "voxd")
        assert events.next()["event_type"] == "finished"
    assert home.machine.show("voxd", "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    home.machine.run("systemctl", "start", "voxd")


async def clients_until(home: SpeakingMachine, over: asyncio.Event) -> int:
    """Clients come one after the other until it is over, and each is served; gives how many."""
    clients: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:
        while not over.is_set():
            clients.append(group.create_task(described(home)))
            await asyncio.sleep(CLIENTS_EVERY_S)
    return len(clients)


@pytest.mark.parametrize("verb", ["restart", "kill"])
async def test_wyoming_clients_wait_through_a_restart_instead_of_failing(home: SpeakingMachine, verb: str) -> None:
    over = asyncio.Event()
    before_s = time.monotonic()
    if verb == "kill":
        home.signal("KILL")  # who was connected is cut off; who comes now waits
    async with asyncio.TaskGroup() as group:
        served = group.create_task(clients_until(home, over))
        if verb == "restart":
            await asyncio.to_thread(home.machine.run, "systemctl", "restart", "voxd")
        await asyncio.to_thread(home.active_since, before_s)
        over.set()
    assert served.result() > 10


def test_with_the_socket_unit_a_client_starts_voxd_and_waits_for_it(home: SpeakingMachine) -> None:
    home.drop_in("voxd.socket", f"[Socket]\nListenStream=\nListenStream=0.0.0.0:{WYOMING_PORT}\n")
    home.machine.run("systemctl", "stop", "voxd")
    home.machine.run("systemctl", "start", "voxd.socket")
    assert home.main_pid() == 0
    asyncio.run(described(home))
    assert home.main_pid() != 0
    home.machine.run("systemctl", "restart", "voxd")
    asyncio.run(described(home))
    home.machine.run("systemctl", "stop", "voxd.socket")
    asyncio.run(described(home))


@pytest.mark.parametrize("running", [True, False])
def test_what_nobody_needs_any_more_is_freed_daily_whether_voxd_runs_or_not(
    home: SpeakingMachine, running: bool
) -> None:
    home.machine.run("systemctl", "start" if running else "stop", "voxd")
    home.machine.run("systemctl", "start", "voxd-tidy.timer")
    home.machine.run("systemctl", "start", "voxd-tidy.service")
    assert home.machine.show("voxd-tidy.service", "Result", "ExecMainStatus") == {
        "Result": "success",
        "ExecMainStatus": "0",
    }
    assert home.machine.path(RECORDINGS).is_dir()
    home.machine.run("systemctl", "start", "voxd")
