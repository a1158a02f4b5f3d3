"""The announcement satellite on the whole daemon: heard, told in time, and never lost once it was taken over."""

import asyncio
import time
import wave
from pathlib import Path

import pytest
from announcements import Events, say, wait_until_online
from announcing_hub import RATE_HZ, announcing_hub
from brokers import Broker, free_port
from daemons import DaemonProcess
from sound_servers import PulseServer, recording
from sounds import noise

pytestmark = pytest.mark.journey

AS_IT_CAME = {"loudness_lufs": None, "fade_ms": 0}


def satellite(folder: Path, port: int, broker: Broker, *, output: str, **more: object) -> DaemonProcess:
    """A daemon whose satellite is at that port, and that plays sounds as they come."""
    settings = {
        "satellite": {"port": port},
        "zones": {"home": {"outputs": output}},
        "sound": AS_IT_CAME,
        "announcements": {"cut_off": {"normal": "always"}},
    }
    return DaemonProcess(folder, mqtt_port=broker.port, settings=settings, **more)  # type: ignore[arg-type]  # its options


@pytest.mark.realtime
def test_announce_is_heard_sample_for_sample_and_returns_when_it_was(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    port, sound_server = free_port(), PulseServer(tmp_path / "pulse", rate_hz=RATE_HZ)
    sound_server.start()
    sound = noise(2.0, RATE_HZ)
    environment = sound_server.environment
    try:
        with satellite(tmp_path / "voxd", port, broker, output="device", environment=environment):
            wait_until_online(broker.port)
            with recording(sound_server, tmp_path / "heard.raw") as recorder:
                began = time.monotonic()
                in_time = asyncio.run(_announced(port, sound.pcm))
                took_s = time.monotonic() - began
                events.until("finished", source="satellite")
                assert sound.pcm in recorder.heard()
            assert in_time, "Home Assistant waits half a second longer than the sound lasts"
            assert 2.0 <= took_s < 2.6
    finally:
        sound_server.kill()


async def _announced(port: int, pcm: bytes) -> bool:
    async with announcing_hub(port) as hub:
        return await hub.announce(pcm)


def test_two_at_once_by_satellite_and_mqtt_are_both_heard(tmp_path: Path, broker: Broker, events: Events) -> None:
    port, sound = free_port(), noise(0.5, RATE_HZ)

    async def both() -> None:
        async with announcing_hub(port) as hub:
            announcing = asyncio.create_task(hub.announce(sound.pcm))
            await asyncio.to_thread(say, broker.port, "Dinner is ready.")
            await announcing

    with satellite(tmp_path / "voxd", port, broker, output="file") as daemon:
        wait_until_online(broker.port)
        asyncio.run(both())
        ended = [events.until("finished")["source"] for _ in range(2)]
        assert sorted(ended) == ["mqtt", "satellite"]
        heard = [_pcm(file) for file in daemon.recordings()]
        assert len(heard) == 2
        assert heard[ended.index("satellite")].strip(b"\0") == sound.pcm


def test_a_sound_under_way_survives_kill_9_and_leaves_nothing_behind(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    port, sound_server = free_port(), PulseServer(tmp_path / "pulse", rate_hz=RATE_HZ)
    sound_server.start()
    sound = noise(2.0, RATE_HZ)
    environment = sound_server.environment

    async def killed_while_playing() -> None:
        async with announcing_hub(port) as hub:
            announcing = asyncio.create_task(hub.announce(sound.pcm))
            await asyncio.to_thread(events.until, "playing")
            daemon.kill()
            await asyncio.gather(announcing, return_exceptions=True)

    try:
        with satellite(tmp_path / "voxd", port, broker, output="device", environment=environment) as daemon:
            wait_until_online(broker.port)
            asyncio.run(killed_while_playing())
            received = daemon.state / "received"
            (kept,) = received.iterdir()
            assert kept.stat().st_mode & 0o777 == 0o600
            (received / "left-behind.wav").write_bytes(b"half")
            with recording(sound_server, tmp_path / "heard.raw") as recorder:
                daemon.start()
                assert events.until("finished")["source"] == "satellite"
                assert sound.pcm in recorder.heard()
            assert list(received.iterdir()) == [kept], "what nobody needs was swept out at the start"
    finally:
        sound_server.kill()


def _pcm(file: Path) -> bytes:
    with wave.open(str(file)) as opened:
        pcm: bytes = opened.readframes(opened.getnframes())
    return pcm
