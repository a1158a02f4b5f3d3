"""The whole daemon with loudspeakers elsewhere: lost and found, stood in for, ducked around."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from announcements import BASE, Events, say, wait_until_online
from audio_servers import AudioServer, audio_server
from brokers import Broker, Peer, free_port
from daemons import DaemonProcess
from satellites import FakeSatellite
from waiting import until

pytestmark = pytest.mark.journey

SENTENCE = "The washing machine is done."
PLAIN = {"loudness_lufs": None}


def state_until(broker: Broker, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The retained state as soon as it is as wanted."""
    with Peer(broker.port) as peer:
        peer.subscribe(f"{BASE}/state")
        return dict(json.loads(peer.until(lambda told: wanted(json.loads(told.payload)), 20.0).payload))


async def test_what_is_for_a_lost_satellite_waits_and_is_heard_when_that_is_back(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    there = FakeSatellite()
    there.port = free_port()
    output = {"type": "satellite", "host": "127.0.0.1", "port": there.port}
    settings = {"zones": {"kitchen": {"outputs": output}}, "sound": PLAIN}
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as daemon:
        await asyncio.to_thread(wait_until_online, broker.port)
        lost = await asyncio.to_thread(state_until, broker, lambda state: bool(state["lost"]))
        assert "Connection refused" in lost["lost"]["kitchen"]
        await asyncio.to_thread(say, broker.port, SENTENCE)
        assert (await asyncio.to_thread(events.until, "queued"))["event_type"] == "queued"
        await there.arrive()
        try:
            told = await asyncio.to_thread(events.until, "warning")
            assert told["reason"] == "kitchen can be heard again"
            await asyncio.to_thread(events.until, "finished")
            assert len(there.heard.pcm) > 2 * 22_050
            await asyncio.to_thread(state_until, broker, lambda state: not state["lost"])
            assert daemon.log.count("kitchen cannot be heard") == 1
            assert daemon.log.count("kitchen can be heard again") == 1
        finally:
            await there.leave()
            await asyncio.to_thread(daemon.stop)


def test_what_a_zone_cannot_hear_is_heard_in_its_stand_in_and_that_is_told(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    pipe = {"type": "snapcast", "pipe": str(tmp_path / "nobody-made-it")}
    settings = {
        "zones": {"attic": {"outputs": pipe, "stand_in": "hall"}, "hall": {"outputs": "file"}},
        "announcements": {"zones": "attic"},
        "sound": PLAIN,
    }
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as daemon:
        wait_until_online(broker.port)
        say(broker.port, SENTENCE)
        finished = events.until("finished")
        assert "What attic could not hear was played in hall" in finished["reason"]
        assert [file.name.partition("-")[0] for file in daemon.recordings()] == ["hall"]


def test_a_group_with_an_mqtt_audio_server_at_the_same_broker(tmp_path: Path, broker: Broker, events: Events) -> None:
    zones = {"cellar": {"outputs": {"type": "hermes", "site": "cellar"}}, "hall": {"outputs": "file"}}
    settings = {"zones": zones, "groups": {"down": ["cellar", "hall"]}, "sound": PLAIN}
    with (
        audio_server(broker.port, AudioServer("cellar")) as server,
        DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as daemon,
    ):
        wait_until_online(broker.port)
        say(broker.port, json.dumps({"text": SENTENCE, "zones": ["down"]}))
        events.until("finished")
        assert len(server.pcm) > 2 * 22_050
        assert len(daemon.recordings()) == 1


async def test_music_that_a_crash_left_turned_down_is_turned_up_at_the_next_start(
    tmp_path: Path, broker: Broker
) -> None:
    told = tmp_path / "told"
    ducking = {"before": ["sh", "-c", f"echo down >>{told}"], "after": ["sh", "-c", f"echo up >>{told}"]}
    there = FakeSatellite()
    await there.arrive()
    outputs = {"type": "satellite", "host": "127.0.0.1", "port": there.port}
    settings = {"zones": {"kitchen": {"outputs": outputs, "ducking": ducking}}, "sound": PLAIN}
    daemon = DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings)
    await asyncio.to_thread(daemon.start)
    try:
        await asyncio.to_thread(wait_until_online, broker.port)
        await asyncio.to_thread(say, broker.port, SENTENCE * 5)
        await until(lambda: there.heard.pcm, 20)
        assert told.read_text() == "down\n"
        await asyncio.to_thread(daemon.kill)
        await asyncio.to_thread(daemon.start)
        await until(lambda: "up" in told.read_text(), 20)
        assert told.read_text().startswith("down\nup\n")
    finally:
        await asyncio.to_thread(daemon.__exit__)
        await there.leave()
