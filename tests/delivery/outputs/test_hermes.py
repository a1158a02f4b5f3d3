"""Promises of MQTT audio servers (Hermes) as outputs, at a real broker."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest
from audio_servers import AudioServer, audio_server
from broker_fixtures import broker, lasting_broker
from brokers import Broker, BrokerOptions
from sounds import noise, pieces_of, sound_of, tone
from waiting import until

from voxd.delivery.lookout import Lookout
from voxd.delivery.outputs.hermes import HermesOutput
from voxd.delivery.outputs.wav_pieces import wav_pieces
from voxd.errors import EngineError, OutputError
from voxd.model.audio import Chunk, Seam
from voxd.settings import HermesOutputSettings, MqttSettings

__all__ = ["broker", "lasting_broker"]

RATE_HZ = 22_050
MakeOutput = Callable[..., HermesOutput]


@pytest.fixture
async def make() -> AsyncIterator[MakeOutput]:
    """Makes outputs for the site kitchen that are stopped at the end."""
    made: list[HermesOutput] = []

    def output(port: int, margin_s: float = 5.0) -> HermesOutput:
        broker = MqttSettings(port=port)
        made.append(HermesOutput("kitchen", HermesOutputSettings(site="kitchen"), broker, "voxd-test", margin_s))
        return made[-1]

    yield output
    for each in made:
        await each.stop()


def seam() -> Seam:
    return Seam(noise(0.1, RATE_HZ).format, bytes(2 * RATE_HZ // 10))


async def test_every_sample_is_played_and_waited_for(broker: Broker, make: MakeOutput) -> None:
    sound = noise(0.4, RATE_HZ)
    with audio_server(broker.port, AudioServer(late_s=0.2)) as server:
        output = make(broker.port)
        await output.start()
        began = time.monotonic()
        await output.play(sound_of(*pieces_of(sound, 7001)))
        assert time.monotonic() - began >= 0.6
        assert server.pcm == sound.pcm
        assert server.played[-1].format == sound.format


@pytest.mark.realtime
async def test_sentences_are_files_and_the_next_is_ready_when_one_is_over(broker: Broker, make: MakeOutput) -> None:
    one, two = noise(0.3, RATE_HZ), noise(0.3, RATE_HZ, seed=2)
    with audio_server(broker.port, AudioServer()) as server:
        await make(broker.port).play(sound_of(*pieces_of(one, 2000), seam(), *pieces_of(two, 2000)))
        assert [chunk.pcm for chunk in server.played] == [one.pcm, two.pcm]
        assert server.begun_at[1] - server.begun_at[0] < 0.3 + 0.15


async def test_long_sentences_are_cut_where_they_are_quiet() -> None:
    loud, quiet = noise(5.5, 8000), tone(0.04, 8000, 0.0)
    whole = loud.pcm + quiet.pcm + loud.pcm
    pieces = [piece async for piece in wav_pieces(sound_of(Chunk(loud.format, whole)), None)]
    assert b"".join(piece.pcm for piece in pieces) == whole
    assert len(loud.pcm) < len(pieces[0].pcm) <= len(loud.pcm + quiet.pcm)
    assert max(piece.duration_s for piece in pieces) <= 6.0


async def test_no_piece_is_larger_than_the_broker_takes(tmp_path: Path, make: MakeOutput) -> None:
    with (
        Broker(tmp_path / "broker", BrokerOptions(extra="max_packet_size 20000")) as broker,
        audio_server(broker.port, AudioServer()) as server,
    ):
        sound = noise(1.0, RATE_HZ)
        await make(broker.port).play(sound_of(sound))
        assert server.pcm == sound.pcm
        assert len(server.played) > 2
        assert max(len(chunk.pcm) for chunk in server.played) < 20_000


@pytest.mark.realtime
async def test_one_that_never_says_that_it_has_played_counts_as_heard_and_is_waited_for_once(
    broker: Broker, make: MakeOutput, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "voxd")
    with audio_server(broker.port, AudioServer(answer="nothing")) as server:
        output = make(broker.port, margin_s=0.6)
        took_s = []
        for _ in range(2):
            began = time.monotonic()
            await output.play(sound_of(noise(0.3, RATE_HZ)))
            took_s.append(time.monotonic() - began)
        assert took_s[0] >= 0.9 > took_s[1] >= 0.3
        assert server.pcm == noise(0.3, RATE_HZ).pcm * 2
    assert "does not say when it has played" in caplog.text


async def test_a_word_about_somebody_elses_sound_is_none_about_ours(broker: Broker, make: MakeOutput) -> None:
    with audio_server(broker.port, AudioServer(answer="wrong id")):
        began = time.monotonic()
        await make(broker.port, margin_s=0.5).play(sound_of(noise(0.2, RATE_HZ)))
        assert time.monotonic() - began >= 0.7


async def test_a_word_without_an_id_is_taken_for_ours(broker: Broker, make: MakeOutput) -> None:
    with audio_server(broker.port, AudioServer(answer="no id")):
        began = time.monotonic()
        await make(broker.port, margin_s=20.0).play(sound_of(noise(0.2, RATE_HZ)))
        assert time.monotonic() - began < 5


async def test_one_that_says_so_at_once_is_not_flooded(broker: Broker, make: MakeOutput) -> None:
    with audio_server(broker.port, AudioServer(answer="at once")) as server:
        await make(broker.port).play(sound_of(noise(1.0, RATE_HZ), seam(), noise(0.1, RATE_HZ)))
        assert server.begun_at[1] - server.begun_at[0] > 0.5


async def test_what_it_complains_of_is_told(broker: Broker, make: MakeOutput) -> None:
    with (
        audio_server(broker.port, AudioServer(answer="error")),
        pytest.raises(OutputError, match=r"kitchen \(site kitchen\) failed: the audio server answers: no sound card"),
    ):
        await make(broker.port).play(sound_of(noise(0.1, RATE_HZ)))


async def test_where_no_audio_server_listens_that_is_told(broker: Broker, make: MakeOutput) -> None:
    output = make(broker.port)
    for asked in (output.start(), output.play(sound_of(noise(0.1, RATE_HZ)))):
        with pytest.raises(OutputError, match="no audio server listens for the site kitchen"):
            await asked
    with audio_server(broker.port, AudioServer()):
        await output.start()


async def test_where_there_is_no_broker_that_is_told(make: MakeOutput) -> None:
    output = make(1)
    for asked in (output.start(), output.look(), output.play(sound_of(noise(0.1, RATE_HZ)))):
        with pytest.raises(OutputError, match="failed: the broker: nothing listens there"):
            await asked


async def test_cancelled_nothing_more_is_begun_and_the_next_sound_is_played(broker: Broker, make: MakeOutput) -> None:
    left = asyncio.Event()

    async def long() -> AsyncGenerator[Chunk, None]:
        try:
            for _ in range(20):
                yield noise(0.5, RATE_HZ)
                yield seam()
        finally:
            left.set()

    with audio_server(broker.port, AudioServer()) as server:
        output = make(broker.port)
        playing = asyncio.create_task(output.play(long()))
        await until(lambda: server.played)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(playing, 1)
        await output.play(sound_of(noise(0.1, RATE_HZ)))
        assert [chunk.duration_s for chunk in server.played] == [0.5, 0.1]
    await asyncio.wait_for(left.wait(), 1)


async def test_a_sound_that_fails_is_no_failure_of_the_audio_server(broker: Broker, make: MakeOutput) -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield noise(0.1, RATE_HZ)
        yield seam()
        raise EngineError("gone")

    with audio_server(broker.port, AudioServer()) as server:
        with pytest.raises(EngineError):
            await make(broker.port).play(failing())
        assert server.pcm == noise(0.1, RATE_HZ).pcm


async def test_a_broker_that_dies_meanwhile_is_told_and_nothing_is_played_late(
    lasting_broker: Broker, make: MakeOutput
) -> None:
    told: list[str] = []
    broker = lasting_broker
    output = make(broker.port)
    lookout = Lookout(lambda _, reason: told.append(reason), look_every_s=0.05)
    with audio_server(broker.port, AudioServer()) as server:
        await lookout.start([output])
        playing = asyncio.create_task(output.play(sound_of(noise(3.0, RATE_HZ))))
        await until(lambda: server.pcm)
        broker.kill()
        with pytest.raises(OutputError, match="the broker: the connection broke"):
            await asyncio.wait_for(playing, 5)
        await until(lambda: len(told) == 1)
        broker.start()
        await until(lambda: told[1:] == [""], 20)
        assert len(server.played) <= 3
        await lookout.stop()
