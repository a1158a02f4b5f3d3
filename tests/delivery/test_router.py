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
from voxd.delivery.ducking import Ducking
from voxd.delivery.ensemble import Ensemble
from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import EngineError, OutputError, UnknownZoneError
from voxd.model.audio import Chunk
from voxd.model.identifiers import ZoneId
from voxd.settings import DeviceOutputSettings, DuckingSettings, PlaybackSettings

HALL, KITCHEN, ATTIC = ZoneId("hall"), ZoneId("kitchen"), ZoneId("attic")
EVERYWHERE = ZoneId("*")
SOUND = noise(0.1)


class MemoryOutput:
    """Hears everything at once, unless it is deaf."""

    def __init__(self, name: str, deaf: bool = False) -> None:
        self.name, self.deaf = name, deaf
        self.started = False
        self.heard = b""
        self.asked = 0

    async def start(self) -> None:
        self._need_ears()
        self.started = True

    async def stop(self) -> None:
        self.started = False

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        self.asked += 1
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
        played = await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
        assert played.missed == ("hall is lost: hall is deaf",)
    assert hearing.heard == SOUND.pcm * 2
    assert router.lost() == {"hall": "hall is deaf"}
    deaf.deaf = False
    await until(lambda: not router.lost())
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert deaf.heard == SOUND.pcm
    said = [record.getMessage() for record in caplog.records]
    assert said == ["hall cannot be heard: hall is deaf", "hall can be heard again"]
    await router.stop()


async def test_a_lost_output_delays_nobody_who_can_be_reached() -> None:
    lost, hearing = MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN)
    router = house(lost, hearing)
    await router.start()
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert lost.asked == 0
    await router.stop()


async def test_where_nobody_else_can_be_reached_lost_outputs_are_tried() -> None:
    lost = MemoryOutput(HALL, deaf=True)
    router = house(lost)
    await router.start()
    lost.deaf = False
    assert (await router.play((HALL,), lambda: sound_of(SOUND))).missed == ()
    assert lost.heard == SOUND.pcm
    assert router.lost() == {}
    await router.stop()


async def test_in_a_zone_with_several_outputs_the_others_play_on_when_one_is_lost() -> None:
    deaf, hearing = MemoryOutput("hall", deaf=True), MemoryOutput("hall-2")
    router = Router({HALL: Zone(HALL, (deaf, hearing), stand_in=KITCHEN), KITCHEN: Zone(KITCHEN, (hearing,))})
    assert (await router.play((HALL,), lambda: sound_of(SOUND))).missed == ("hall is deaf",)
    assert hearing.heard == SOUND.pcm
    await router.stop()


class Singer(MemoryOutput):
    """Keeps step, and notes with whom; it began at that moment, in seconds."""

    ensemble: Ensemble | None = None
    began: float | None = None

    async def play_in_step(self, sound: AsyncIterator[Chunk], ensemble: Ensemble) -> None:
        self.ensemble = ensemble
        with ensemble.part(self.name) as part:
            part.note(self.began)
            await self.play(sound)


async def test_outputs_that_keep_step_share_one_ensemble_wherever_they_are() -> None:
    hall, kitchen, file, lost = Singer("hall"), Singer("kitchen"), MemoryOutput("hall-2"), Singer("attic", deaf=True)
    zones = {HALL: Zone(HALL, (hall, file)), KITCHEN: Zone(KITCHEN, (kitchen,)), ATTIC: Zone(ATTIC, (lost,))}
    router = Router(zones)
    await router.start()
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert hall.ensemble is not None
    assert hall.ensemble is kitchen.ensemble
    assert lost.ensemble is None
    assert hall.heard == kitchen.heard == file.heard == SOUND.pcm
    await router.stop()


async def test_how_far_they_were_apart_is_told_where_two_of_them_know() -> None:
    hall, kitchen = Singer("hall"), Singer("kitchen")
    assert (await house(hall, kitchen).play((EVERYWHERE,), lambda: sound_of(SOUND))).apart_ms is None
    hall.began, kitchen.began = 5.0, 5.0125
    assert (await house(hall, kitchen).play((EVERYWHERE,), lambda: sound_of(SOUND))).apart_ms == 12.5
    assert (await house(hall, kitchen).play((HALL,), lambda: sound_of(SOUND))).apart_ms is None


async def test_the_moment_is_told_in_which_the_last_output_is_through() -> None:
    deaf, hall, kitchen = MemoryOutput(ATTIC, deaf=True), MemoryOutput(HALL), MemoryOutput(KITCHEN)
    told: list[tuple[bytes, ...]] = []
    router = house(deaf, hall, kitchen)
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND), heard=lambda: told.append((hall.heard, kitchen.heard)))
    assert told == [(SOUND.pcm, SOUND.pcm)]
    await router.stop()


async def test_who_plays_alone_keeps_step_with_nobody() -> None:
    hall = Singer("hall")
    await house(hall).play((HALL,), lambda: sound_of(SOUND))
    assert (hall.ensemble, hall.heard) == (None, SOUND.pcm)


async def test_a_group_stands_for_its_zones(outputs: tuple[MemoryOutput, ...]) -> None:
    zones = {ZoneId(o.name): Zone(ZoneId(o.name), (o,)) for o in outputs}
    router = Router(zones, {ZoneId("up"): (ATTIC,), ZoneId("all"): (ATTIC, HALL)})
    assert router.resolve((ZoneId("up"), KITCHEN)) == (KITCHEN, ATTIC)
    assert router.resolve((ZoneId("all"), ATTIC)) == (HALL, ATTIC)
    with pytest.raises(UnknownZoneError, match="the zones are: hall, kitchen, attic; the groups are: up, all"):
        router.resolve((ZoneId("down"),))


def with_stand_ins(*outputs: MemoryOutput, **stand_ins: ZoneId) -> Router:
    return Router({ZoneId(o.name): Zone(ZoneId(o.name), (o,), stand_ins.get(o.name)) for o in outputs})


async def test_where_no_output_of_a_zone_can_play_its_stand_in_does_and_that_is_told() -> None:
    deaf, hearing = MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN)
    router = with_stand_ins(deaf, hearing, hall=KITCHEN)
    assert (await router.play((HALL,), lambda: sound_of(SOUND))).missed == (
        "hall is deaf",
        "What hall could not hear was played in kitchen",
    )
    assert hearing.heard == SOUND.pcm
    await router.stop()


async def test_a_stand_in_may_have_one_too_and_the_volume_is_that_of_where_it_plays() -> None:
    outputs = MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN, deaf=True), MemoryOutput(ATTIC)
    router = with_stand_ins(*outputs, hall=KITCHEN, kitchen=ATTIC)
    await router.play((HALL,), lambda: sound_of(SOUND), lambda zone: 25 if zone == ATTIC else 100)
    assert outputs[2].heard == gain(SOUND, 25).pcm
    await router.stop()


async def test_a_stand_in_that_hears_it_already_does_not_hear_it_twice() -> None:
    outputs = MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN, deaf=True), MemoryOutput(ATTIC)
    router = with_stand_ins(*outputs, hall=ATTIC, kitchen=ATTIC)
    await router.play((HALL, KITCHEN), lambda: sound_of(SOUND))
    await router.play((EVERYWHERE,), lambda: sound_of(SOUND))
    assert outputs[2].heard == SOUND.pcm * 2
    await router.stop()


async def test_stand_ins_in_a_circle_come_to_an_end() -> None:
    router = with_stand_ins(MemoryOutput(HALL, deaf=True), MemoryOutput(KITCHEN, True), hall=KITCHEN, kitchen=HALL)
    with pytest.raises(OutputError, match="hall is deaf; kitchen is deaf"):
        await router.play((HALL,), lambda: sound_of(SOUND))
    await router.stop()


async def test_a_sound_that_fails_is_not_tried_in_a_stand_in() -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield SOUND
        raise EngineError("gone")

    hall, kitchen = MemoryOutput(HALL), MemoryOutput(KITCHEN)
    with pytest.raises(EngineError):
        await with_stand_ins(hall, kitchen, hall=KITCHEN).play((HALL,), failing)
    assert kitchen.asked == 0


async def test_a_zone_is_ducked_before_its_first_sound(tmp_path: Path) -> None:
    told = tmp_path / "told"
    settings = DuckingSettings(
        before=("sh", "-c", f"sleep 0.2; echo before >>{told}"), after=("sh", "-c", f"echo after >>{told}")
    )
    hall = MemoryOutput(HALL)
    router = Router({HALL: Zone(HALL, (hall,), ducking=Ducking("hall", settings, tmp_path / "marker", linger_s=0.01))})
    await router.start()
    ducked_first: list[bool] = []

    async def sound() -> AsyncGenerator[Chunk, None]:
        yield SOUND
        ducked_first.append(told.exists())
        yield SOUND

    await router.play((HALL,), sound)
    assert ducked_first == [True]
    await router.stop()
    assert told.read_text() == "before\nafter\n"


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


@pytest.mark.realtime
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


@pytest.mark.realtime
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
