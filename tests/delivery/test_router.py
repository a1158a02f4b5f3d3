"""Promises of the router."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest
from sound_servers import PulseServer, alsa_config_for, recording
from sounds import noise, sound_of, without_silence
from waiting import until

from voxd.audio.pcm import gain
from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import EngineError, OutputError, UnknownZoneError
from voxd.model.audio import Chunk
from voxd.model.identifiers import ZoneId
from voxd.settings import DeviceOutputSettings, PlaybackSettings

HALL, KITCHEN, ATTIC = ZoneId("hall"), ZoneId("kitchen"), ZoneId("attic")
EVERYWHERE = ZoneId("*")
SOUND = noise(0.1)


class MemoryOutput:
    """Hears everything at once, unless it is deaf."""

    def __init__(self, name: str, deaf: bool = False) -> None:
        self.name, self.deaf = name, deaf
        self.started = False
        self.heard = b""

    async def start(self) -> None:
        self._need_ears()
        self.started = True

    async def stop(self) -> None:
        self.started = False

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        self._need_ears()
        async for chunk in sound:
            self.heard += chunk.pcm

    def _need_ears(self) -> None:
        if self.deaf:
            raise OutputError(f"{self.name} is deaf")


def house(*outputs: MemoryOutput) -> Router:
    return Router({ZoneId(o.name): Zone(ZoneId(o.name), (o,)) for o in outputs})


@pytest.fixture
def outputs() -> tuple[MemoryOutput, ...]:
    return tuple(MemoryOutput(name) for name in (HALL, KITCHEN, ATTIC))


def test_zones_are_resolved_in_the_order_of_the_settings_and_once(outputs: tuple[MemoryOutput, ...]) -> None:
    router = house(*outputs)
    assert router.resolve((ATTIC, HALL, ATTIC)) == (HALL, ATTIC)
    assert router.resolve((ATTIC, EVERYWHERE)) == (HALL, KITCHEN, ATTIC)
    assert router.resolve(()) == ()


def test_an_unknown_zone_is_refused_by_name_with_the_known_ones(outputs: tuple[MemoryOutput, ...]) -> None:
    with pytest.raises(UnknownZoneError, match="no zone 'cellar'; the zones are: hall, kitchen, attic"):
        house(*outputs).resolve((HALL, ZoneId("cellar")))


async def test_every_zone_hears_the_whole_sound_and_the_others_nothing(
    outputs: tuple[MemoryOutput, ...],
) -> None:
    await house(*outputs).play((KITCHEN, ATTIC), lambda: sound_of(SOUND))
    assert [output.heard for output in outputs] == [b"", SOUND.pcm, SOUND.pcm]


async def test_each_zone_has_a_volume_of_its_own() -> None:
    hall, attic = MemoryOutput(HALL), MemoryOutput(ATTIC)
    await house(hall, attic).play((EVERYWHERE,), lambda: sound_of(SOUND), lambda zone: 25 if zone == HALL else 100)
    assert (hall.heard, attic.heard) == (gain(SOUND, 25).pcm, SOUND.pcm)


async def test_a_deaf_output_silences_no_other_and_is_told_once_and_once_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    deaf, hearing = MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN)
    router = house(deaf, hearing)
    await router.start()
    for _ in range(2):
        await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert hearing.heard == SOUND.pcm * 2
    deaf.deaf = False
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert deaf.heard == SOUND.pcm
    said = [record.getMessage() for record in caplog.records]
    assert said == ["hall cannot be heard: hall is deaf", "hall can be heard again"]


async def test_only_when_nobody_can_hear_it_the_announcement_fails() -> None:
    router = house(MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN, deaf=True))
    with pytest.raises(OutputError, match="hall is deaf; kitchen is deaf"):
        await router.play((EVERYWHERE,), lambda: sound_of(SOUND))


async def test_a_sound_that_fails_is_no_failure_of_the_outputs(outputs: tuple[MemoryOutput, ...]) -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield SOUND
        raise EngineError("gone")

    with pytest.raises(EngineError):
        await house(*outputs).play((EVERYWHERE,), failing)


async def test_every_listener_is_closed_even_when_playing_is_cancelled() -> None:
    closed = 0

    async def endless() -> AsyncGenerator[Chunk, None]:
        nonlocal closed
        try:
            while True:
                yield SOUND
                await asyncio.sleep(0.01)
        finally:
            closed += 1

    playing = asyncio.create_task(house(MemoryOutput(HALL), MemoryOutput(KITCHEN)).play((EVERYWHERE,), endless))
    await asyncio.sleep(0.05)
    playing.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await playing
    assert closed == 2


async def test_all_outputs_are_started_and_stopped(outputs: tuple[MemoryOutput, ...]) -> None:
    router = house(*outputs)
    await router.start()
    assert all(output.started for output in outputs)
    await router.stop()
    assert not any(output.started for output in outputs)


async def test_two_real_zones_play_at_once_while_a_third_has_no_such_device(
    start_pulse: Callable[[int], PulseServer], tmp_path: Path
) -> None:
    server = start_pulse(48000)
    sound = noise(0.5)
    outputs = (
        DeviceOutput(HALL, DeviceOutputSettings(), PlaybackSettings(latency_ms=250)),
        DeviceOutput(ATTIC, DeviceOutputSettings(device="Boombox"), PlaybackSettings()),
        WavFiles(KITCHEN, tmp_path / "files", 5),
    )
    router = Router({ZoneId(output.name): Zone(ZoneId(output.name), (output,)) for output in outputs})
    with recording(server, tmp_path / "heard") as recorder:
        await router.start()
        await router.play((EVERYWHERE,), lambda: sound_of(sound))
        await asyncio.sleep(0.1)
        assert without_silence(recorder.heard()) == sound.pcm
        await router.stop()
    (file,) = (tmp_path / "files").iterdir()
    assert file.read_bytes()[44:] == sound.pcm


async def test_a_zone_whose_server_wedges_neither_silences_nor_delays_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    servers = [PulseServer(tmp_path / zone) for zone in (HALL, ATTIC)]
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(alsa_config_for(tmp_path / "both", *servers)))
    sound = noise(1.0)
    outputs = [
        DeviceOutput(
            zone,
            DeviceOutputSettings(device=zone),
            PlaybackSettings(stalled_after_ms=300, latency_ms=250),
            give_up_s=5.0,
        )
        for zone in (HALL, ATTIC)
    ]
    router = Router({ZoneId(output.name): Zone(ZoneId(output.name), (output,)) for output in outputs})
    for server in servers:
        server.start()
    try:
        with recording(servers[0], tmp_path / "heard") as recorder:
            await router.start()
            playing = asyncio.create_task(router.play((EVERYWHERE,), lambda: sound_of(sound)))
            await asyncio.sleep(0.3)
            servers[1].freeze()
            await until(lambda: without_silence(recorder.heard()) == sound.pcm, 20)
            assert "attic cannot be heard" not in caplog.text, "the hall was heard while the attic was waited for"
            servers[1].kill()
            await asyncio.wait_for(playing, 20)
            assert "attic cannot be heard" in caplog.text
            await router.stop()
    finally:
        for server in servers:
            server.kill()
