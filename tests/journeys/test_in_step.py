"""Two outputs on one clock: two remap sinks on one null sink with four channels, all of them in one capture."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sound_servers import PulseServer, alsa_config_of_sinks, recording

from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.model.audio import AudioFormat, Chunk, Seam
from voxd.model.identifiers import ZoneId
from voxd.settings import DeviceOutputSettings, PlaybackSettings

pytestmark = pytest.mark.journey

RATE_HZ = 48_000
SENTENCE_S, SEAM_S = 3.0, 0.15
SINKS = {"kitchen": "front-left,front-right", "hall": "rear-left,rear-right"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    server = PulseServer(tmp_path / "pulse", RATE_HZ, channels=4, parts=SINKS)
    server.start()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(alsa_config_of_sinks(tmp_path / "asoundrc", server, *SINKS)))
    yield server
    server.kill()


def passage(duration_s: float) -> list[Chunk]:
    """Sentences of noise, all different, with seams between them."""
    random, form = np.random.default_rng(1), AudioFormat(RATE_HZ)
    chunks: list[Chunk] = []
    for _ in range(round(duration_s / (SENTENCE_S + SEAM_S))):
        sentence = random.integers(1, 16_000, round(SENTENCE_S * RATE_HZ)).astype("<i2").tobytes()
        chunks += [Chunk(form, sentence), Seam(form, bytes(round(SEAM_S * RATE_HZ) * 2))]
    return chunks[:-1]


def lag_frames(one: NDArray[np.int16], other: NDArray[np.int16]) -> int:
    """By how many frames the other is later, where they are most alike (cross-correlation)."""
    size = len(one) + len(other)
    alike = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    at = int(np.argmax(alike))
    return at - size if at > size // 2 else at


async def lags_ms(server: PulseServer, file: Path, duration_s: float) -> list[float]:
    """By how much the hall is later than the kitchen, second by second of one capture."""
    names = [ZoneId(name) for name in SINKS]
    sinks = {
        name: Zone(name, (DeviceOutput(name, DeviceOutputSettings(device=name), PlaybackSettings()),)) for name in names
    }
    router, chunks = Router(sinks), passage(duration_s)
    await router.start()
    try:
        with recording(server, file) as recorder:
            async with asyncio.timeout(duration_s + 20):
                await router.play(tuple(names), lambda: _given(chunks))
            await asyncio.sleep(0.2)
            heard = np.frombuffer(recorder.stop(), dtype="<i2")
    finally:
        await router.stop()
    heard = heard[: len(heard) // 4 * 4].reshape(-1, 4)
    begin, end = (int(np.flatnonzero(heard[:, 0])[at]) for at in (0, -1))
    windows = range(begin, end - RATE_HZ, RATE_HZ)
    return [lag_frames(heard[at : at + RATE_HZ, 0], heard[at : at + RATE_HZ, 2]) * 1000 / RATE_HZ for at in windows]


async def _given(chunks: list[Chunk]) -> AsyncGenerator[Chunk, None]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("duration_s", [20, pytest.param(60, marks=pytest.mark.soak)])
async def test_two_outputs_on_one_clock_begin_within_20_ms_and_do_not_drift(
    duration_s: int, server: PulseServer, tmp_path: Path
) -> None:
    lags = await lags_ms(server, tmp_path / "heard", duration_s)
    assert len(lags) >= duration_s - 3
    assert abs(lags[0]) < 20
    assert max(lags) - min(lags) < 1
