"""The official client of OpenAI speaks, streams and lists against voxd; every format holds the same sound."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import openai
import pytest
import pytest_asyncio
from http_houses import Client, house_served
from miniature_house import MiniatureHouse
from numpy.typing import NDArray
from openai import AsyncOpenAI
from waiting import until

from voxd.audio.pcm import samples
from voxd.audio.wav import parse
from voxd.frontends.http.encoders import Encoders
from voxd.frontends.http.sound_formats import FORMATS
from voxd.lib.ffmpeg import wav_of
from voxd.model.audio import AudioFormat, Chunk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "Dinner is ready. Come to the table."
ENCODED = {"mp3": "mp3", "opus": "ogg", "aac": "aac", "flac": "flac"}
"""And what ffmpeg reads them as."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    async with house_served(tmp_path_factory.mktemp("house")) as (house, client):
        house.engine.chunks = 12
        house.engine.traits = replace(house.engine.traits, changes_rate=True, styles=frozenset({"calm"}))
        yield house, client


@pytest.fixture(scope="module")
def house(served: tuple[MiniatureHouse, Client]) -> MiniatureHouse:
    return served[0]


@pytest.fixture(scope="module")
def client(served: tuple[MiniatureHouse, Client]) -> Client:
    return served[1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def official(client: Client) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{client.url}/v1", api_key="none", max_retries=0, timeout=30) as made:
        yield made


def decoded(sound: bytes, name: str) -> Chunk:
    """Any format as samples."""
    if name == "pcm":
        return Chunk(AudioFormat(24_000), sound)
    return parse(sound if name == "wav" else wav_of(sound, ENCODED[name], 60))


def spectrum(chunk: Chunk) -> NDArray[np.float64]:
    """The power in each 50 Hz up to 5 kHz, to a sum of one."""
    power = np.abs(np.fft.rfft(samples(chunk)[:, 0].astype(np.float64))) ** 2
    at_hz = np.fft.rfftfreq(chunk.frames, 1 / chunk.format.rate_hz)
    bands, _ = np.histogram(at_hz, bins=100, range=(0, 5000), weights=power)
    return np.asarray(bands / np.linalg.norm(bands))


@pytest.mark.parametrize("name", list(FORMATS))
async def test_each_format_decoded_again_is_the_sound_of_the_wav(official: AsyncOpenAI, name: str) -> None:
    wav = await official.audio.speech.create(model="tts-1", voice="sine-anna", input=TEXT, response_format="wav")
    other: Any = name
    made = await official.audio.speech.create(model="tts-1", voice="sine-anna", input=TEXT, response_format=other)
    assert made.response.headers["content-type"] == FORMATS[name].media_type
    plain, again = parse(wav.content), decoded(made.content, name)
    assert plain.duration_s > 1
    assert again.duration_s == pytest.approx(plain.duration_s, abs=0.1)
    assert again.format.channels == 1
    assert spectrum(again) @ spectrum(plain) > 0.98
    assert decoded(made.content, name).pcm.strip(b"\0")


async def test_the_client_streams_the_sound_while_it_is_made(official: AsyncOpenAI, house: MiniatureHouse) -> None:
    house.engine.gate = asyncio.Event()
    first, second = asyncio.Event(), asyncio.Event()

    async def streamed() -> bytes:
        sound = b""
        text = "This is streamed. And this comes later."
        async with official.audio.speech.with_streaming_response.create(
            model="tts-1", voice="sine-bert", input=text, response_format="pcm"
        ) as answer:
            assert answer.headers["x-sample-rate"] == "24000"
            async for part in answer.iter_bytes(1024):
                sound += part
                first.set()
        second.set()
        return sound

    listening = asyncio.create_task(streamed())
    await until(lambda: house.engine.speaking)
    assert not first.is_set()
    house.engine.gate.set()
    sound = await listening
    house.engine.gate = None
    assert Chunk(AudioFormat(24_000), sound).duration_s == pytest.approx(2 * 12 * 1024 / 22050, abs=0.01)


async def test_the_first_sound_comes_before_the_last_is_made(official: AsyncOpenAI, house: MiniatureHouse) -> None:
    house.engine.chunk_delay_s = 0.02
    async with official.audio.speech.with_streaming_response.create(
        model="tts-1", voice="sine-anna", input="The first sound is early.", response_format="wav"
    ) as answer:
        parts = answer.iter_bytes()
        first = await anext(parts)
        assert house.engine.speaking, "it was whole before anything was sent"
        rest = b"".join([part async for part in parts])
    house.engine.chunk_delay_s = 0.0
    assert parse(first + rest).duration_s == pytest.approx(12 * 1024 / 22050, abs=0.001)


async def test_the_client_streams_events(official: AsyncOpenAI) -> None:
    plain = await official.audio.speech.create(model="voxd", voice="sine-anna", input=TEXT, response_format="pcm")
    async with official.audio.speech.with_streaming_response.create(
        model="voxd", voice="sine-anna", input=TEXT, response_format="pcm", stream_format="sse"
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in answer.iter_lines()]
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [line.removeprefix("event: ") for line in lines if line.startswith("event: ")] == [
        event["type"] for event in events
    ]
    deltas = [event for event in events if event["type"] == "speech.audio.delta"]
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == plain.content
    assert events[-1]["type"] == "speech.audio.done"
    assert events[-1]["usage"]["total_tokens"] == 0


async def test_a_failure_in_the_middle_is_an_event_or_a_broken_answer(
    official: AsyncOpenAI, house: MiniatureHouse
) -> None:
    house.engine.fails_after = 8
    speech = official.audio.speech.with_streaming_response
    more: Any = {"model": "tts-1", "voice": "sine-anna", "response_format": "pcm"}
    async with speech.create(input="This one breaks off.", stream_format="sse", **more) as answer:
        lines = [line async for line in answer.iter_lines() if line.startswith("data: ")]
    last = json.loads(lines[-1].removeprefix("data: "))
    assert (last["type"], last["error"]["message"]) == ("speech.audio.error", "The sine broke off")
    with pytest.raises(Exception, match=r"incomplete|closed|peer|disconnect"):
        async with speech.create(input="And so does this one.", **more) as answer:
            await answer.read()
    house.engine.fails_after = None


@pytest.mark.parametrize("name", ["wav", "mp3"])
async def test_a_failure_before_the_first_sound_is_an_error_of_the_server(
    official: AsyncOpenAI, house: MiniatureHouse, name: Any
) -> None:
    house.engine.fails_after = 0
    with pytest.raises(openai.InternalServerError, match="The sine broke off") as failed:
        await official.audio.speech.create(model="tts-1", voice="sine-anna", input=f"{name}.", response_format=name)
    house.engine.fails_after = None
    assert failed.value.type == "server_error"


async def test_the_client_lists_models_and_voices(official: AsyncOpenAI) -> None:
    models = await official.models.list()
    assert [model.id for model in models.data] == ["voxd", "sine"]
    assert (await official.models.retrieve("sine")).owned_by == "voxd"
    with pytest.raises(openai.NotFoundError):
        await official.models.retrieve("gpt-9")
    voices: Any = await official.get("/audio/voices", cast_to=object)
    assert [voice["id"] for voice in voices["voices"]] == ["sine-anna", "sine-bert"]
    assert voices["data"] == voices["voices"]
    assert voices["voices"][1]["language"] == "de-DE"


@pytest.mark.parametrize(
    ("changed", "status", "param", "code", "word"),
    [
        ({"voice": "alloy"}, 400, "voice", "unknown_voice", "alloy"),
        ({"voice": {"id": "voice_123"}}, 400, "voice", "unknown_voice", "voice_123"),
        ({"model": "gpt-9"}, 404, "model", "model_not_found", "gpt-9"),
        ({"input": ""}, 400, "input", "bad_request", "input"),
        ({"input": "x" * 20_001}, 400, "input", "bad_request", "20000"),
        ({"input": "..."}, 400, None, "nothing_to_say", "spoken"),
        ({"response_format": "ogg"}, 400, "response_format", "bad_request", "opus"),
        ({"speed": 0.25}, 400, "speed", "bad_request", "0.5 to 2.0"),
        ({"speed": 4}, 400, "speed", "bad_request", "0.5 to 2.0"),
        ({"instructions": "Speak like a pirate."}, 400, "instructions", "bad_request", "style"),
        ({"instructions": "happy"}, 400, None, "bad_request", "calm"),
        ({"stream_format": "chunks"}, 400, "stream_format", "bad_request", "sse"),
        ({"sample_rate": 8000}, 400, None, "bad_request", "sample_rate"),
        ({"pitch": 2}, 400, None, "bad_request", "pitch"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_openais_shape(
    client: Client, changed: dict[str, Any], status: int, param: str | None, code: str, word: str
) -> None:
    asked = {"model": "tts-1", "voice": "sine-anna", "input": TEXT, **changed}
    got = await client.post("/v1/audio/speech", json=asked)
    assert got.status == status
    error = got.json["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code)
    assert word in error["message"]
    assert error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")


async def test_an_engine_named_as_model_speaks_with_its_own_voices(client: Client) -> None:
    asked = {"input": TEXT, "response_format": "wav"}
    own = await client.post("/v1/audio/speech", json=asked | {"model": "sine"})
    german = await client.post("/v1/audio/speech", json=asked | {"model": "sine", "language": "de"})
    bert = await client.post("/v1/audio/speech", json=asked | {"voice": {"id": "sine-bert"}})
    assert (own.status, german.status) == (200, 200)
    assert parse(german.body).pcm == parse(bert.body).pcm
    nobody = await client.post("/v1/audio/speech", json=asked | {"model": "sine", "voice": "mum"})
    assert nobody.json["error"]["code"] == "unknown_voice"


async def test_speed_style_and_sample_rate_are_those_asked_for(client: Client, house: MiniatureHouse) -> None:
    asked = {"input": "Speed.", "response_format": "wav"}
    plain = parse((await client.post("/v1/audio/speech", json=asked)).body)
    fast = parse((await client.post("/v1/audio/speech", json=asked | {"speed": 2.0})).body)
    calm = await client.post("/v1/audio/speech", json=asked | {"instructions": "calm"})
    narrow = parse((await client.post("/v1/audio/speech", json=asked | {"sample_rate": 8000})).body)
    assert fast.pcm != plain.pcm
    assert calm.status == 200
    assert narrow.format.rate_hz == 8000
    assert narrow.duration_s == pytest.approx(plain.duration_s, abs=0.001)


async def test_a_client_that_leaves_ends_synthesis_and_encoder(client: Client, house: MiniatureHouse) -> None:
    house.engine.gate = asyncio.Event()
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    body = b'{"input": "Nobody waits for this.", "response_format": "opus"}'
    writer.write(
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    await until(lambda: house.engine.speaking)
    writer.close()
    await until(lambda: not house.engine.speaking)
    house.engine.gate = None
    assert (await client.post("/v1/audio/speech", json={"input": "Next."})).status == 200


def a_sound(seconds: int = 1) -> Sequence[Chunk]:
    return [Chunk(AudioFormat(22050), b"\x00\x10" * 22050)] * seconds


async def coming(chunks: Sequence[Chunk]) -> AsyncIterator[Chunk]:
    for chunk in chunks:
        yield chunk


async def test_a_missing_ffmpeg_is_told_with_its_package() -> None:
    encoders = Encoders(program="no-such-ffmpeg")
    with pytest.raises(Exception, match=r"mp3 is made by ffmpeg, .*apt install ffmpeg"):
        await anext(encoders.encoded(coming(a_sound()), FORMATS["mp3"]))


async def test_what_is_too_much_to_encode_is_refused_and_nothing_outlives_its_reader() -> None:
    encoders = Encoders(at_once=1)
    first = encoders.encoded(coming(a_sound(60)), FORMATS["flac"])
    assert await anext(first)
    with pytest.raises(Exception, match="at once"):
        await anext(encoders.encoded(coming(a_sound()), FORMATS["flac"]))
    await first.aclose()
    again = [piece async for piece in encoders.encoded(coming(a_sound()), FORMATS["flac"])]
    assert b"".join(again).startswith(b"fLaC")
