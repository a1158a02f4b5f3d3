"""What every output promises, whichever it is."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sound_servers import PulseServer, recording
from sounds import noise, pieces_of, sound_of, tone, without_silence

from voxd.audio.wav import parse
from voxd.delivery.output import Output
from voxd.delivery.outputs.table import output_for
from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.settings import DeviceOutputSettings, FileOutputSettings, PlaybackSettings

LAG_S = 0.15
"""What a recorder may lag behind."""

Heard = Callable[[], bytes]
"""The PCM of all that was played until now, with silence wherever."""

DEVICE, AUTO, FILE = DeviceOutputSettings(type="device"), DeviceOutputSettings(), FileOutputSettings()


def output_in(folder: Path, zone: DeviceOutputSettings) -> Output:
    return output_for("hall", zone, PlaybackSettings(latency_ms=250, lead_out_ms=100), folder / "files")


@contextmanager
def at_the_sink(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    server = PulseServer(folder / "pulse")
    server.start()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    try:
        with recording(server, folder / "heard") as recorder:
            yield recorder.heard
    finally:
        server.kill()


@contextmanager
def in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    (folder / "empty").write_text("\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(folder / "empty"))
    yield lambda: b"".join(parse(file.read_bytes()).pcm for file in sorted((folder / "files").glob("*.wav")))


@pytest.fixture(
    params=[(DEVICE, at_the_sink), (AUTO, at_the_sink), (AUTO, in_the_folder), (FILE, in_the_folder)],
    ids=["device", "auto with a device", "auto without a device", "file"],
)
async def rig(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Output, Heard]]:
    """A started output, and what can be heard of it."""
    zone, listening = request.param
    with listening(tmp_path, monkeypatch) as heard:
        output = output_in(tmp_path, zone)
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
