"""What every output promises, whichever it is. A further output is one line in RIGS."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from audio_servers import AudioServer, audio_server
from brokers import Broker
from pcm_readers import read_pipe, tcp_source
from satellites import satellite
from sound_servers import PulseServer, recording
from sounds import noise, pieces_of, sound_of, tone, without_silence

from voxd.audio.wav import parse
from voxd.delivery.output import Output
from voxd.delivery.outputs.snapcast import SnapcastOutput
from voxd.delivery.outputs.table import output_for
from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.settings import (
    DeviceOutputSettings,
    FileOutputSettings,
    HermesOutputSettings,
    MqttSettings,
    OutputSettings,
    PlaybackSettings,
    SatelliteOutputSettings,
    SnapcastOutputSettings,
)

LAG_S = 0.15
"""What a recorder may lag behind."""
RATE_HZ = 48_000

Heard = Callable[[], bytes]
"""The PCM of all that was played until now, with silence wherever."""
Rig = tuple[Output, Heard]
MakeRig = Callable[[Path, pytest.MonkeyPatch], AbstractAsyncContextManager[Rig]]

DEVICE, AUTO, FILE = DeviceOutputSettings(type="device"), DeviceOutputSettings(), FileOutputSettings()


def output_in(folder: Path, settings: OutputSettings, broker_port: int = 1) -> Output:
    playback = PlaybackSettings(latency_ms=250, lead_out_ms=100)
    return output_for("hall", settings, playback, folder / "files", mqtt=MqttSettings(port=broker_port), node="tests")


def at_the_sink(settings: OutputSettings) -> MakeRig:
    @asynccontextmanager
    async def rig(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
        server = PulseServer(folder / "pulse")
        server.start()
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        try:
            with recording(server, folder / "heard") as recorder:
                yield output_in(folder, settings), recorder.heard
        finally:
            server.kill()

    return rig


def in_the_folder(settings: OutputSettings) -> MakeRig:
    @asynccontextmanager
    async def rig(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
        (folder / "empty").write_text("\n")
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(folder / "empty"))

        def heard() -> bytes:
            return b"".join(parse(file.read_bytes()).pcm for file in sorted((folder / "files").glob("*.wav")))

        yield output_in(folder, settings), heard

    return rig


@asynccontextmanager
async def at_a_satellite(folder: Path, _: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    async with satellite() as there:
        settings = SatelliteOutputSettings(host="127.0.0.1", port=there.port, rate_hz=RATE_HZ)
        yield output_in(folder, settings), lambda: bytes(there.heard.pcm)


@asynccontextmanager
async def at_an_audio_server(folder: Path, _: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    with Broker(folder / "broker") as broker, audio_server(broker.port, AudioServer("hall")) as server:
        yield output_in(folder, HermesOutputSettings(site="hall"), broker.port), lambda: server.pcm


@asynccontextmanager
async def at_a_snapcast_source(_folder: Path, _: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    async with tcp_source() as source:
        settings = SnapcastOutputSettings(port=source.port, channels=1, rate_hz=RATE_HZ)
        yield SnapcastOutput("hall", settings, buffer_s=0.05), lambda: bytes(source.pcm)


@asynccontextmanager
async def at_a_snapcast_pipe(folder: Path, _: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    os.mkfifo(folder / "fifo")
    with read_pipe(folder / "fifo") as pcm:
        settings = SnapcastOutputSettings(pipe=folder / "fifo", channels=1, rate_hz=RATE_HZ)
        yield SnapcastOutput("hall", settings, buffer_s=0.05), lambda: bytes(pcm)


RIGS: dict[str, MakeRig] = {
    "device": at_the_sink(DEVICE),
    "auto with a device": at_the_sink(AUTO),
    "auto without a device": in_the_folder(AUTO),
    "file": in_the_folder(FILE),
    "satellite": at_a_satellite,
    "hermes": at_an_audio_server,
    "snapcast": at_a_snapcast_source,
    "snapcast pipe": at_a_snapcast_pipe,
}


RECORDED = {"device", "auto with a device"}
"""The rigs that are heard at the sink of a sound server."""


@pytest.fixture(
    params=[
        pytest.param(make, id=name, marks=[pytest.mark.realtime] if name in RECORDED else [])
        for name, make in RIGS.items()
    ]
)
async def rig(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Output, Heard]]:
    """A started output, and what can be heard of it."""
    async with request.param(tmp_path, monkeypatch) as (output, heard):
        await output.start()
        yield output, heard
        await output.stop()


async def test_every_sample_is_played_however_the_sound_is_cut(rig: tuple[Output, Heard]) -> None:
    output, heard = rig
    sound = noise(0.3)
    await output.play(sound_of(*pieces_of(sound, 7001)))
    await asyncio.sleep(LAG_S)
    assert without_silence(heard()) == sound.pcm


async def test_sounds_are_played_whole_and_one_after_the_other_even_if_asked_for_at_once(
    rig: tuple[Output, Heard],
) -> None:
    output, heard = rig
    sounds = [noise(0.2, seed=1), noise(0.2, seed=2)]
    await asyncio.gather(*(output.play(sound_of(*pieces_of(sound, 4800))) for sound in sounds))
    await asyncio.sleep(LAG_S)
    assert all(sound.pcm in heard() for sound in sounds)


async def test_chunks_may_change_their_format_on_the_way(rig: tuple[Output, Heard]) -> None:
    output, heard = rig
    await output.play(sound_of(noise(0.1), tone(0.1, 22050), noise(0.1, seed=2)))
    await asyncio.sleep(LAG_S)
    whole = without_silence(heard())
    assert whole.startswith(noise(0.1).pcm)
    assert whole.endswith(noise(0.1, seed=2).pcm)
    assert abs(len(whole) // 2 - 14400) <= 2


async def test_nothing_is_played_of_a_sound_without_samples(rig: tuple[Output, Heard]) -> None:
    output, heard = rig
    await output.play(sound_of(Chunk(noise(0.1).format, b"")))
    await output.play(sound_of())
    assert without_silence(heard()) == b""


async def test_a_failure_of_the_sound_is_passed_on_and_the_next_sound_is_played(
    rig: tuple[Output, Heard],
) -> None:
    output, heard = rig

    async def failing() -> AsyncGenerator[Chunk, None]:
        yield tone(0.1)
        raise EngineError("The engine gave up")

    with pytest.raises(EngineError, match="gave up"):
        await output.play(failing())
    await output.play(sound_of(noise(0.1)))
    await asyncio.sleep(LAG_S)
    assert noise(0.1).pcm in heard()


async def test_cancelled_it_stops_taking_from_the_sound_and_plays_the_next(rig: tuple[Output, Heard]) -> None:
    output, heard = rig
    waits = asyncio.Event()
    left = asyncio.Event()

    async def stuck() -> AsyncGenerator[Chunk, None]:
        try:
            yield tone(0.2)
            waits.set()
            await asyncio.sleep(60)
        finally:
            left.set()

    playing = asyncio.create_task(output.play(stuck()))
    await asyncio.wait_for(waits.wait(), 5)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(playing, 1)
    assert left.is_set()
    await output.play(sound_of(noise(0.1)))
    await asyncio.sleep(LAG_S)
    assert noise(0.1).pcm in heard()


async def test_it_can_be_stopped_and_started_again(rig: tuple[Output, Heard]) -> None:
    output, heard = rig
    await output.stop()
    await output.stop()
    await output.start()
    await output.play(sound_of(noise(0.1)))
    await asyncio.sleep(LAG_S)
    assert noise(0.1).pcm in heard()
