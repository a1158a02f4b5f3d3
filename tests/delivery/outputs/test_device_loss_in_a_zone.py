"""Promises of a zone with two devices when one is unplugged or wedges: it is told, and the other goes on."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sound_servers import PulseServer, alsa_config_for, alsa_config_of_sinks, recording
from sounds import noise, samples_of, sound_of, without_silence

from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import OutputError
from voxd.model.identifiers import ZoneId
from voxd.settings import DeviceOutputSettings, PlaybackSettings

pytestmark = pytest.mark.realtime

WATCHFUL = PlaybackSettings(stalled_after_ms=400, latency_ms=250, lead_out_ms=100)
SOUND = noise(3.0)
GIVE_UP_S = 1.0
HOUSE = ZoneId("house")
PARTS = {"kitchen": "front-left,front-right", "hall": "rear-left,rear-right"}
AS_HALL = [f"channel_map={PARTS['hall']}", f"master_channel_map={PARTS['hall']}"]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(servers: ExitStack, server: PulseServer) -> PulseServer:
    servers.callback(server.kill)
    server.start()
    return server


def a_zone() -> tuple[Router, dict[str, DeviceOutput]]:
    outputs = {
        name: DeviceOutput(name, DeviceOutputSettings(device=name), WATCHFUL, give_up_s=GIVE_UP_S) for name in PARTS
    }
    return Router({HOUSE: Zone(HOUSE, tuple(outputs.values()))}), outputs


async def test_one_of_two_wedges_and_the_other_is_heard_whole_and_the_loss_is_told(
    servers: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen, hall = (started(servers, PulseServer(tmp_path / name)) for name in PARTS)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(alsa_config_for(tmp_path / "both", kitchen, hall)))
    router, _ = a_zone()
    await router.start()
    try:
        with recording(kitchen, tmp_path / "heard") as recorder:
            async with asyncio.timeout(20):
                playing = asyncio.create_task(router.play((HOUSE,), lambda: sound_of(SOUND)))
                await asyncio.sleep(1.5)
                hall.freeze()
                told = (await playing).missed
            await asyncio.sleep(0.1)
        assert without_silence(recorder.stop()) == SOUND.pcm
        assert len(told) == 1
        assert "The sound device of hall does not work" in told[0]
        assert set(router.lost()) == {"hall"}
    finally:
        hall.thaw()
        await router.stop()


def columns(pcm: bytes) -> NDArray[np.int16]:
    samples = samples_of(pcm)
    return samples[: len(samples) // 4 * 4].reshape(-1, 4)


async def test_one_of_two_is_unplugged_which_is_noticed_in_a_second_and_it_is_found_when_plugged_in_again(
    servers: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = started(servers, PulseServer(tmp_path / "pulse", channels=4, parts=PARTS))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(alsa_config_of_sinks(tmp_path / "both", server, *PARTS)))
    router, outputs = a_zone()
    await router.start()
    try:
        with recording(server, tmp_path / "heard") as recorder:
            async with asyncio.timeout(20):
                playing = asyncio.create_task(router.play((HOUSE,), lambda: sound_of(SOUND)))
                await asyncio.sleep(1.5)
                unplug(server, "hall")
                unplugged_at = len(columns(recorder.heard()))
                assert "hall" in (await playing).missed[0]
                with pytest.raises(OutputError, match="hall"):
                    await outputs["hall"].start()
            await outputs["kitchen"].play(sound_of(alone := noise(0.3, seed=2)))
            await asyncio.sleep(0.1)
            heard = columns(recorder.heard())
            assert alone.pcm in heard[:, 0].tobytes()  # nothing of the hall is mixed into it any more
            elsewhere = np.flatnonzero(heard[:, 2])[-1] - unplugged_at  # where PulseAudio moved it to: everywhere
            assert elsewhere < 1.6 * server.rate_hz  # LOOK_EVERY_S, what the device held, and the recorder
            server.control("load-module", "module-remap-sink", "sink_name=hall", "master=vox", "remix=no", *AS_HALL)
            await outputs["hall"].start()
            await outputs["hall"].play(sound_of(again := noise(0.3, seed=3)))
            await asyncio.sleep(0.1)
        heard = columns(recorder.stop())
        assert again.pcm in heard[:, 2].tobytes()
        assert again.pcm not in heard[:, 0].tobytes()
    finally:
        await router.stop()


def unplug(server: PulseServer, sink: str) -> None:
    modules = server.control("list", "short", "modules").splitlines()
    server.control("unload-module", next(line.split()[0] for line in modules if f"sink_name={sink} " in line))
