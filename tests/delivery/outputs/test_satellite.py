"""Promises of Wyoming satellites as outputs: heard to the end or told why not, never at the wrong speed."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator

import numpy as np
import pytest
from brokers import silent_server
from satellites import FakeSatellite, Quirks, satellite
from sounds import noise, pieces_of, samples_of, sound_of, tone
from waiting import until

from voxd.delivery.lookout import Lookout
from voxd.delivery.outputs.satellite import SatelliteOutput
from voxd.errors import EngineError, OutputError
from voxd.model.audio import Chunk
from voxd.settings import SatelliteOutputSettings

RATE_HZ = 22_050


def output_to(there: FakeSatellite, timeout_s: float = 5.0, margin_s: float = 0.3) -> SatelliteOutput:
    return SatelliteOutput(
        "kitchen",
        SatelliteOutputSettings(host="127.0.0.1", port=there.port, connect_timeout_s=timeout_s),
        played_margin_s=margin_s,
    )


@pytest.mark.parametrize("kind", ["satellite", "snd"])
async def test_every_sample_comes_at_the_satellites_rate_and_played_is_waited_for(kind: str) -> None:
    sound = noise(0.4, RATE_HZ)
    async with satellite(Quirks(played_after_s=0.2, kind=kind)) as there:
        output = output_to(there, margin_s=5.0)
        await output.start()
        began = time.monotonic()
        await output.play(sound_of(*pieces_of(sound, 7001)))
        assert there.heard.stops == 1
        assert time.monotonic() - began >= 0.2
        assert bytes(there.heard.pcm) == sound.pcm
        assert there.heard.formats == [(RATE_HZ, 2, 1)]


async def test_sound_of_another_rate_is_resampled_for_satellites_do_not() -> None:
    async with satellite() as there:
        await output_to(there).play(sound_of(tone(0.5, 48_000)))
        heard = samples_of(bytes(there.heard.pcm))
    assert there.heard.formats == [(RATE_HZ, 2, 1)]
    assert abs(len(heard) - 11025) <= 2
    crossings = ((heard[:-1] < 0) & (heard[1:] >= 0)).sum()
    assert abs(crossings - 220) <= 2, "440 Hz for half a second, no chipmunk"


async def test_a_server_that_tells_its_rate_gets_that() -> None:
    async with satellite(Quirks(kind="snd", rate_hz=16_000)) as there:
        await output_to(there).play(sound_of(tone(0.2)))
    assert there.heard.formats == [(16_000, 2, 1)]


async def test_at_most_half_a_second_is_sent_ahead_so_that_it_can_fall_silent() -> None:
    sound = noise(1.5, RATE_HZ)
    async with satellite() as there:
        output = output_to(there, margin_s=5.0)
        await output.play(sound_of(sound))
        first = there.heard.arrived_at[0][0]
        for at, length in there.heard.arrived_at:
            assert length / 2 / RATE_HZ - (at - first) < 0.65
        assert there.heard.arrived_at[-1][0] - first < 1.5


async def test_cancelled_it_closes_the_connection_and_sends_nothing_more() -> None:
    async with satellite() as there:
        output = output_to(there)
        playing = asyncio.create_task(output.play(sound_of(noise(20, RATE_HZ))))
        await until(lambda: len(there.heard.pcm) > RATE_HZ // 2)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(playing, 1)
        await until(lambda: there.heard.open == 0)
        assert len(there.heard.pcm) < 2 * RATE_HZ * 1.5
        there.heard.pcm.clear()
        await output.play(sound_of(noise(0.1, RATE_HZ)))
        assert bytes(there.heard.pcm) == noise(0.1, RATE_HZ).pcm


async def test_what_is_broken_off_ends_in_order_and_does_not_click() -> None:
    async with satellite() as there:
        playing = asyncio.create_task(output_to(there).play(sound_of(tone(20, RATE_HZ))))
        await until(lambda: len(there.heard.pcm) > RATE_HZ // 2)
        playing.cancel()
        await asyncio.wait((playing,), timeout=1)
        await until(lambda: there.heard.stops == 1)
    heard = samples_of(bytes(there.heard.pcm)).astype(int)
    assert abs(np.diff(heard)).max() < 2010, "the tone itself goes up and down by 2006 from sample to sample"
    assert heard[-1] == 0


async def test_one_that_never_says_played_counts_as_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with satellite(Quirks(played_after_s=None)) as there:
        await output_to(there, margin_s=0.1).play(sound_of(noise(0.2, RATE_HZ)))
        assert bytes(there.heard.pcm) == noise(0.2, RATE_HZ).pcm
    assert "kitchen does not say when it has played" in caplog.text


async def test_one_that_never_says_played_makes_the_house_wait_once() -> None:
    took_s: list[float] = []
    async with satellite(Quirks(played_after_s=None)) as there:
        output = output_to(there, margin_s=3.0)
        for _ in range(2):
            began = time.monotonic()
            await output.play(sound_of(noise(0.2, RATE_HZ)))
            took_s.append(time.monotonic() - began)
    assert took_s[0] > 3.0
    assert took_s[1] < took_s[0] - 1.0


async def test_a_slow_one_is_waited_for() -> None:
    async with satellite(Quirks(lag_s=0.05)) as there:
        await output_to(there, margin_s=5.0).play(sound_of(noise(0.5, RATE_HZ)))
        assert bytes(there.heard.pcm) == noise(0.5, RATE_HZ).pcm


async def test_one_that_dies_in_the_middle_is_told() -> None:
    async with satellite(Quirks(dies_after_bytes=10_000)) as there:
        with pytest.raises(OutputError, match=r"The satellite of kitchen at 127\.0\.0\.1:[0-9]+ failed"):
            await asyncio.wait_for(output_to(there).play(sound_of(noise(5, RATE_HZ))), 5)


async def test_one_that_wedges_in_the_middle_is_told() -> None:
    async with satellite(Quirks(wedged_after_bytes=10_000)) as there:
        with pytest.raises(OutputError, match=r"told nothing of itself within 0\.3 s"):
            await asyncio.wait_for(output_to(there, timeout_s=0.3, margin_s=0.1).play(sound_of(noise(1, RATE_HZ))), 5)


async def test_one_that_answers_nothing_is_told_before_anything_is_sent() -> None:
    async with satellite(Quirks(mute=True)) as there:
        with pytest.raises(OutputError, match="told nothing of itself"):
            await output_to(there, timeout_s=0.2).start()
        with pytest.raises(OutputError, match="told nothing of itself"):
            await output_to(there, timeout_s=0.2).play(sound_of(noise(1, RATE_HZ)))
        assert not there.heard.pcm


async def test_one_that_another_server_uses_is_told() -> None:
    async with satellite(Quirks(taken=True)) as there:
        output = output_to(there)
        await output.start()
        with pytest.raises(OutputError, match="perhaps another server, such as Home Assistant, uses it"):
            await output.play(sound_of(noise(2, RATE_HZ)))


async def test_a_server_that_plays_nothing_is_told() -> None:
    async with satellite(Quirks(kind="tts")) as there:
        with pytest.raises(OutputError, match="neither a satellite nor a server that plays sound"):
            await output_to(there).start()


async def test_where_nobody_listens_or_speaks_wyoming_that_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    output = SatelliteOutput("kitchen", SatelliteOutputSettings(host="127.0.0.1", port=port))
    with pytest.raises(OutputError, match=f"127.0.0.1:{port} failed: Connection refused"):
        await output.start()
    with silent_server() as port:
        output = SatelliteOutput("kitchen", SatelliteOutputSettings(host="127.0.0.1", port=port, connect_timeout_s=0.2))
        with pytest.raises(OutputError, match=r"told nothing of itself within 0\.2 s"):
            await output.look()


async def test_a_failing_sound_is_no_failure_of_the_satellite() -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield noise(0.1, RATE_HZ)
        raise EngineError("gone")

    async with satellite() as there:
        output = output_to(there)
        with pytest.raises(EngineError):
            await output.play(failing())
        await until(lambda: there.heard.open == 0)


async def test_an_idle_one_that_goes_is_missed_and_found_when_it_is_back() -> None:
    told: list[str] = []
    async with satellite() as there:
        output = output_to(there, timeout_s=1.0)
        lookout = Lookout(lambda _, reason: told.append(reason), look_every_s=0.02)
        await lookout.start([output])
        await there.leave()
        await until(lambda: len(told) == 1)
        assert "Connection refused" in told[0] or "closed the connection" in told[0]
        await there.arrive()
        await until(lambda: told[1:] == [""])
        await lookout.stop()
