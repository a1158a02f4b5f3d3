"""Announcements over MQTT, from mosquitto_pub to the sink, through crashes on both sides."""

import json
import signal
import socket
import sqlite3
import time
import wave
from pathlib import Path

import pytest
from announcements import BASE, Events, say, wait_until_online
from brokers import Broker, BrokerOptions, Peer, free_port
from daemons import NODE, DaemonProcess
from sound_servers import PulseServer, recording

pytestmark = pytest.mark.journey

ESPEAK_RATE_HZ = 22_050


def cached_clips(daemon: DaemonProcess) -> list[bytes]:
    """The PCM of every clip in the phrase cache."""
    clips = []
    for file in (daemon.cache / "phrases").rglob("*.wav"):
        with wave.open(str(file)) as clip:
            clips.append(clip.readframes(clip.getnframes()))
    return clips


def journal_rows(daemon: DaemonProcess) -> dict[str, str]:
    """The state of every announcement in the journal."""
    connection = sqlite3.connect(f"file:{daemon.state}/journal.sqlite?mode=ro", uri=True)
    try:
        return dict(connection.execute("SELECT id, state FROM announcements").fetchall())
    finally:
        connection.close()


@pytest.mark.realtime
def test_a_published_sentence_is_heard_sample_for_sample(tmp_path: Path, broker: Broker, events: Events) -> None:
    sound_server = PulseServer(tmp_path / "pulse", rate_hz=ESPEAK_RATE_HZ)
    sound_server.start()
    settings = {"zones": {"home": {"outputs": "device"}}}
    try:
        with DaemonProcess(
            tmp_path / "voxd", mqtt_port=broker.port, settings=settings, environment=sound_server.environment
        ) as daemon:
            wait_until_online(broker.port)
            with recording(sound_server, tmp_path / "heard.raw") as recorder:
                say(broker.port, "The washing machine is done", topic=f"voxd/{NODE}/say", qos=0)
                events.until("finished")
                heard = recorder.heard()
            clips = [clip for clip in cached_clips(daemon) if clip.strip(b"\0") in heard]
            assert len(clips) == 1, "exactly one cached clip is what was heard"
            assert clips[0] in heard, "nothing is clipped at either end"
            assert not heard.replace(clips[0], b"").strip(b"\0"), "nothing else was heard"
            assert len(clips[0]) > ESPEAK_RATE_HZ
    finally:
        sound_server.kill()


def test_every_step_is_told_in_order(daemon: DaemonProcess, broker: Broker, events: Events) -> None:
    say(broker.port, json.dumps({"text": "Dinner is ready", "id": "dinner", "zones": "home", "volume": 50}))
    told = [events.next()["event_type"] for _ in range(5)]
    assert told == ["accepted", "queued", "synthesizing", "playing", "finished"]
    assert len(daemon.recordings()) == 1


def test_a_bad_payload_is_refused_and_the_next_is_served(daemon: DaemonProcess, broker: Broker, events: Events) -> None:
    say(broker.port, '{"text": "Hello", "colour": "blue"}')
    refused = events.until("refused")
    assert "colour" in refused["reason"]
    say(broker.port, "Hello")
    events.until("finished")
    assert journal_rows(daemon)[refused["id"]] == "refused"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"text": "x", "voice": "nobody"}, "nobody"),
        ({"text": "x", "zones": ["cellar"]}, "cellar"),
        ({"text": "x", "chime": "no-such"}, "no-such"),
        ({"text": "🎉"}, "nothing"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(
    daemon: DaemonProcess, broker: Broker, events: Events, payload: dict[str, object], reason: str
) -> None:
    say(broker.port, json.dumps(payload))
    assert reason in events.until("refused")["reason"]


def test_the_same_id_is_spoken_once(daemon: DaemonProcess, broker: Broker, events: Events) -> None:
    for _ in range(3):
        say(broker.port, json.dumps({"text": "Once", "id": "once"}))
    say(broker.port, json.dumps({"text": "After", "id": "after"}))
    events.until("finished", id="after")
    assert len(daemon.recordings()) == 2


def test_after_the_brokers_crash_the_daemon_reconnects_and_speaks_what_comes_next(
    daemon: DaemonProcess, broker: Broker
) -> None:
    broker.kill()
    broker.start()
    with Peer(broker.port) as peer:
        again = Events(peer)
        wait_until_online(broker.port)
        say(broker.port, json.dumps({"text": "Back again", "id": "back"}))
        again.until("finished", id="back")
    assert daemon.process.poll() is None
    assert daemon.log.count("Traceback") == 0


def test_what_is_published_while_the_daemon_is_down_is_spoken_once_when_it_returns(
    daemon: DaemonProcess, broker: Broker, events: Events
) -> None:
    daemon.kill()
    say(broker.port, json.dumps({"text": "While you were away", "id": "away"}))
    daemon.start()
    events.until("finished", id="away")
    say(broker.port, json.dumps({"text": "And now", "id": "now"}))
    events.until("finished", id="now")
    assert len(daemon.recordings()) == 2


def test_a_burst_of_four_thousand_is_accounted_for(tmp_path: Path) -> None:
    count = 4000
    with Broker(tmp_path / "broker", BrokerOptions(max_queued=0)) as broker, Peer(broker.port) as listener:
        events = Events(listener)
        unlimited = {"mqtt": {"port": broker.port, "rate": {"per_s": None}}}
        with DaemonProcess(tmp_path / "voxd", settings=unlimited) as daemon, Peer(broker.port) as publisher:
            wait_until_online(broker.port)
            long_text = "This sentence keeps the engine busy for a while. " * 40
            say(broker.port, json.dumps({"text": long_text, "id": "busy"}))
            events.until("synthesizing", id="busy")
            wanted = {f"burst-{number}" for number in range(count)}
            payloads = [json.dumps({"text": f"Announcement {id_}", "id": id_}) for id_ in sorted(wanted)]
            publisher.publish_many(f"{BASE}/say/burst", payloads)
            end_s = time.monotonic() + 60
            while not (
                wanted <= (rows := journal_rows(daemon)).keys() and list(rows.values()).count("accepted") <= 500
            ):
                assert time.monotonic() < end_s, "all of them are known, and the queue is bounded"
                time.sleep(0.2)
            assert "cancelled" in rows.values(), "the oldest gave way"
            assert "refused" not in rows.values()
            assert "Traceback" not in daemon.log
            daemon.kill()


def test_a_stop_finishes_the_sentence_and_keeps_the_rest(daemon: DaemonProcess, broker: Broker, events: Events) -> None:
    say(broker.port, json.dumps({"text": "First. Second. Third.", "id": "one"}))
    say(broker.port, json.dumps({"text": "Later", "id": "two"}))
    events.until("accepted", id="two")
    assert daemon.stop() == 0
    daemon.start()
    ended = {events.until("finished")["id"]}
    if ended != {"one", "two"} and "two" not in ended:
        ended.add(events.until("finished", id="two")["id"])
    assert "two" in ended
    assert set(journal_rows(daemon).values()) <= {"finished"}


def test_a_reload_takes_the_rules_of_zones_and_announcements_over(
    daemon: DaemonProcess, broker: Broker, events: Events
) -> None:
    quiet = {"hours": "00:00-00:00", "passes": "alarm"}
    daemon.configure(broker.port, {"zones": {"home": {"outputs": "file", "quiet": quiet}}})
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_notice("READY=1")
    say(broker.port, json.dumps({"text": "Dinner", "id": "dinner", "priority": "high"}))
    events.until("suppressed", id="dinner", reason="Quiet hours 00:00-00:00 in home")
    assert "takes effect at the next restart" not in daemon.log


def test_a_reload_takes_the_new_configuration_over_and_keeps_the_old_one_where_it_has_mistakes(
    daemon: DaemonProcess, broker: Broker, events: Events
) -> None:
    daemon.configure(broker.port, {"voices": {"butler": {"engine": "espeak", "speaker": "en-gb"}}})
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_notice("RELOADING=1")
    daemon.wait_for_notice("READY=1")
    say(broker.port, json.dumps({"text": "Very good", "voice": "butler", "id": "butler"}))
    events.until("finished", id="butler")
    daemon.configure(broker.port, {"colour": "blue"})
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_notice("READY=1")
    assert "colour: is no option" in daemon.log
    say(broker.port, json.dumps({"text": "Still here", "voice": "butler", "id": "still"}))
    events.until("finished", id="still")


def test_a_reload_moves_and_closes_a_door(daemon: DaemonProcess, broker: Broker) -> None:
    old, new = daemon.wyoming_port, free_port()
    for settings, listening in (({"port": new}, {new}), ({"enabled": False}, set()), ({"port": old}, {old})):
        daemon.configure(broker.port, {"wyoming": settings})
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_notice("RELOADING=1")
        daemon.wait_for_notice("READY=1")
        assert {port for port in (old, new) if _listens(port)} == listening


def test_a_door_that_could_not_be_opened_is_tried_again_by_the_next_reload(
    daemon: DaemonProcess, broker: Broker
) -> None:
    """Though what has changed is the section of another door, which was opened."""
    port, there = free_port(), "127.0.0.2"

    def reload(**wyoming: object) -> None:
        wanted = {"port": daemon.wyoming_port} | wyoming
        daemon.configure(broker.port, {"wyoming": wanted, "satellite": {"port": port}})
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_notice("RELOADING=1")
        daemon.wait_for_notice("READY=1")

    reload()
    assert _listens(port)
    with socket.create_server((there, port)):
        reload(host=there)
        assert f"cannot listen on {there}:{port}" in daemon.log
        assert _listens(daemon.wyoming_port, there)
    reload(host=there)
    assert _listens(port, there)
    assert not _listens(port)


def _listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def test_state_and_availability_are_retained_and_true(daemon: DaemonProcess, broker: Broker) -> None:
    with Peer(broker.port) as peer:
        peer.subscribe(f"{BASE}/state", f"{BASE}/availability")
        retained = {arrival.topic: bytes(arrival.payload) for arrival in (peer.next(), peer.next())}
        assert retained[f"{BASE}/availability"] == b"online"
        state = json.loads(retained[f"{BASE}/state"])
        assert (state["state"], state["waiting"]) == ("idle", 0)
        daemon.kill()
        peer.until(lambda arrival: bytes(arrival.payload) == b"offline")


def test_a_second_daemon_with_the_same_folders_says_so_and_ends(daemon: DaemonProcess) -> None:
    second = daemon.run_verb("run")
    assert second.returncode == 1
    assert "Another voxd uses" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_daemon_holds_neither_torch_nor_scipy_nor_portaudio(
    daemon: DaemonProcess, broker: Broker, events: Events
) -> None:
    say(broker.port, "It is 21.5 °C at 10:30")
    events.until("finished")
    mapped = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    assert "numpy" in mapped
    assert not [word for word in ("libtorch", "/scipy/", "libportaudio") if word in mapped]


def test_the_watchdog_is_fed_while_all_is_well(tmp_path: Path, broker: Broker) -> None:
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, environment={"WATCHDOG_USEC": "1000000"}) as daemon:
        for _ in range(3):
            daemon.wait_for_notice("WATCHDOG=1")
        broker.stop()
        for _ in range(3):
            daemon.wait_for_notice("WATCHDOG=1")
        daemon.signal(signal.SIGTERM)
        daemon.wait_for_notice("STOPPING=1")
        assert daemon.wait() == 0
