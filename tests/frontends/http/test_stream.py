"""/api/stream: a text goes in while it is written, its sound comes back; bounded in every direction."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from http_houses import Client, house_served
from miniature_house import MiniatureHouse
from waiting import until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voxd.audio.wav import parse
from voxd.frontends.http.shown_token import shown_token
from voxd.lib.ffmpeg import wav_of
from voxd.model.audio import AudioFormat, Chunk

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR = {"X-Forwarded-For": "192.0.2.7"}
TOKEN = "a-secret-for-rendering-0123"
SPEAKER = "a-secret-for-speaking-01234"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    folder = tmp_path_factory.mktemp("house")
    tokens = [
        {"file": a_file(folder, TOKEN), "scopes": ["render"]},
        {"file": a_file(folder, SPEAKER), "scopes": ["speak"]},
    ]
    settings: dict[str, Any] = {"tokens": tokens, "stream_idle_s": 20.0}
    async with house_served(folder, rate={"per_s": None}, **settings) as found:
        yield found


@pytest.fixture(scope="module")
def house(served: tuple[MiniatureHouse, Client]) -> MiniatureHouse:
    return served[0]


@pytest.fixture(scope="module")
def client(served: tuple[MiniatureHouse, Client]) -> Client:
    return served[1]


def a_file(folder: Path, token: str) -> Path:
    file = folder / token
    file.write_text(token)
    return file


def streamed(client: Client, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{client.port}/api/stream", open_timeout=20, **options)


async def say(line: ClientConnection, *frames: dict[str, Any]) -> None:
    for frame in frames:
        await line.send(json.dumps(frame))


async def heard(line: ClientConnection) -> tuple[list[dict[str, Any]], bytes]:
    """What is told until a text is over, and all sound of it."""
    told: list[dict[str, Any]] = []
    sound = b""
    async with asyncio.timeout(20):
        while not (told and {"done", "error"} & set(told[-1])):
            frame = await line.recv()
            if isinstance(frame, bytes):
                sound += frame
            else:
                told.append(json.loads(frame))
    return told, sound


async def test_a_text_in_fragments_is_spoken_sentence_by_sentence(client: Client, house: MiniatureHouse) -> None:
    async with streamed(client) as line:
        await say(line, {"voice": "sine-anna"}, {"text": "Dinner is "}, {"text": "ready. And the"})
        head = json.loads(await line.recv())
        first = await line.recv()
        assert head == {"audio": {"format": "pcm", "encoding": "s16le", "rate_hz": 22050, "channels": 1}}
        assert isinstance(first, bytes)
        await say(line, {"text": " table is laid."}, {"end": True})
        told, rest = await heard(line)
    assert first + rest == house.pcm("Dinner is ready.") + house.pcm("And the table is laid.")
    assert set(told[-1]["done"]) == {"duration_s", "first_audio_s"}
    assert told[-1]["done"]["duration_s"] == pytest.approx(2 * 4096 / 22050, abs=0.001)


async def test_one_frame_may_say_everything_and_the_next_text_follow(client: Client, house: MiniatureHouse) -> None:
    async with streamed(client) as line:
        for words in ("One.", "Another."):
            await say(line, {"voice": "sine-anna", "format": "pcm", "text": words, "end": True})
            _, sound = await heard(line)
            assert sound == house.pcm(words)
        await say(line, {"voice": "nobody", "text": "Hello.", "end": True})
        told, _ = await heard(line)
        assert told[0]["code"] == "unknown_voice"
        await say(line, {"text": "After a failure.", "end": True})
        assert (await heard(line))[1] == house.pcm("After a failure.")


async def test_what_is_whole_is_spoken_after_a_pause_and_anything_when_flushed(
    client: Client, house: MiniatureHouse
) -> None:
    async with streamed(client) as line:
        await say(line, {"text": "It is late now."})
        await line.recv()
        assert await line.recv()
        await say(line, {"text": "well then"}, {"flush": True})
        await until(lambda: "well then" in house.engine.spoken)
        await say(line, {"end": True})
        assert "done" in (await heard(line))[0][-1]


async def test_opus_and_other_rates_hold_the_same_sound(client: Client) -> None:
    async with streamed(client) as line:
        text = {"text": "How does it sound? " * 4, "end": True}
        await say(line, text)
        _, plain = await heard(line)
        await say(line, {"format": "opus", **text})
        told, opus = await heard(line)
        await say(line, {"sample_rate": 16000, **text})
        also_told, narrow = await heard(line)
    duration_s = Chunk(AudioFormat(22050), plain).duration_s
    assert told[0]["audio"]["media_type"] == "audio/ogg; codecs=opus"
    assert parse(wav_of(opus, "ogg", 60)).duration_s == pytest.approx(duration_s, abs=0.1)
    assert also_told[0]["audio"]["rate_hz"] == 16000
    assert Chunk(AudioFormat(16000), narrow).duration_s == pytest.approx(duration_s, abs=0.01)


async def test_a_cancelled_text_is_silent_and_the_next_one_is_spoken(client: Client, house: MiniatureHouse) -> None:
    house.engine.gate = asyncio.Event()
    async with streamed(client) as line:
        await say(line, {"text": "Nobody wants to hear this.", "end": True})
        await until(lambda: house.engine.speaking)
        await say(line, {"cancel": True}, {"cancel": True})
        told, sound = await heard(line)
        assert (told, sound) == ([{"done": {"duration_s": 0.0, "cancelled": True}}], b"")
        await until(lambda: not house.engine.speaking)
        house.engine.gate = None
        await say(line, {"text": "But this.", "end": True})
        assert (await heard(line))[1] == house.pcm("But this.")


async def test_a_client_that_leaves_ends_the_synthesis(client: Client, house: MiniatureHouse) -> None:
    house.engine.gate = asyncio.Event()
    async with streamed(client) as line:
        await say(line, {"text": "Is anybody there? I am leaving."})
        await until(lambda: house.engine.speaking)
    await until(lambda: not house.engine.speaking)
    house.engine.gate = None


@pytest.mark.parametrize(
    ("frames", "code", "word"),
    [
        (["hello"], 1008, "JSON object"),
        (["[1]"], 1008, "JSON object"),
        (['{"text": '], 1008, "JSON"),
        ([b"\0\0"], 1008, "text frames"),
        (['{"txet": "a"}'], 1008, "did you mean text"),
        (['{"text": 1}'], 1008, "text must be"),
        (['{"end": "yes"}'], 1008, "true or false"),
        (['{"rate": 9}'], 1008, "0.5 to 2.0"),
        (['{"format": "mp3"}'], 1008, "opus"),
        (['{"format": "opus", "sample_rate": 8000}'], 1008, "sample_rate"),
        (['{"cancel": true, "text": "a"}'], 1008, "alone"),
        (['{"voice": "nobody"}'], 1008, "nobody"),
        (['{"text": "a"}', '{"voice": "sine-anna"}'], 1008, "first frame"),
        ([json.dumps({"text": "x" * 15_000})] * 2, 1008, "20000"),
    ],
)
async def test_what_is_wrong_is_told_and_the_socket_closed(
    client: Client, frames: list[str | bytes], code: int, word: str
) -> None:
    async with streamed(client) as line:
        for frame in frames:
            await line.send(frame)
        told, _ = await heard(line)
        assert word in told[-1]["error"]
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_a_frame_that_is_too_long_is_not_read(client: Client) -> None:
    async with streamed(client) as line:
        await line.send(json.dumps({"text": "x" * 100_000}))
        with pytest.raises(ConnectionClosed) as closed:
            await heard(line)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_failing_engine_is_told(client: Client, house: MiniatureHouse) -> None:
    house.engine.fails_after = 2
    async with streamed(client) as line:
        await say(line, {"text": "This breaks off. And more would come"})
        told, _ = await heard(line)
        assert told[-1] == {"error": "The sine broke off", "code": "engine_failed"}
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
    house.engine.fails_after = None
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "evil.example"}, 421),
        (FAR, 401),
        (FAR | {"Authorization": "Bearer wrong-wrong-wrong-wrong"}, 401),
        (FAR | {"Authorization": f"Bearer {SPEAKER}"}, 403),
    ],
)
async def test_who_may_not_is_refused_before_the_handshake(
    client: Client, headers: dict[str, str], status: int
) -> None:
    host = headers.get("Host")
    more: dict[str, Any] = {"additional_headers": {key: value for key, value in headers.items() if key != "Host"}}
    url = f"ws://{host or '127.0.0.1'}:{client.port}/api/stream"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, host="127.0.0.1", **more):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["error"]


async def test_a_page_shows_its_token_as_a_subprotocol(client: Client, house: MiniatureHouse) -> None:
    coded = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
    page: Any = {"origin": f"http://127.0.0.1:{client.port}", "additional_headers": FAR}
    async with streamed(client, subprotocols=["voxd", f"voxd.token.{coded}"], **page) as line:
        assert line.subprotocol == "voxd"
        await say(line, {"text": "From a page.", "end": True})
        assert (await heard(line))[1] == house.pcm("From a page.")
    assert shown_token({"sec-websocket-protocol": "voxd, voxd.token.!!"}) is None


async def test_whoever_asks_without_a_websocket_is_told_what_it_is(client: Client) -> None:
    got = await client.get("/api/stream")
    assert (got.status, got.json["code"]) == (426, "upgrade_required")


async def test_a_socket_that_says_nothing_is_closed(tmp_path: Path) -> None:
    async with house_served(tmp_path, stream_idle_s=0.1) as (_, client), streamed(client) as line:
        assert json.loads(await line.recv())["code"] == "idle"
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_too_many_texts_are_refused_as_too_many_requests_are(tmp_path: Path) -> None:
    async with house_served(tmp_path, rate={"per_s": 0.001, "burst": 2}) as (_, client), streamed(client) as line:
        for _ in range(2):
            await say(line, {"text": "Hello.", "end": True})
            await heard(line)
        await say(line, {"text": "Hello.", "end": True})
        assert (await heard(line))[0] == [{"error": "You ask too often (http.rate); try again later", "code": "busy"}]


async def test_a_slow_reader_is_held_up_and_then_let_go(tmp_path: Path) -> None:
    async with house_served(tmp_path, write_timeout_s=0.5) as (house, client):
        house.engine.chunks, house.engine.chunk_frames = 400, 8192
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(
            b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's have it
        writer.write(masked(b'{"text": "So much.", "end": true}'))
        await until(lambda: house.engine.speaking)
        await until(lambda: not house.engine.speaking, timeout_s=10)
        assert house.engine.cancelled == 1
        writer.close()


def masked(text: bytes) -> bytes:
    return b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text


async def test_200_sockets_at_once_are_served(client: Client, house: MiniatureHouse) -> None:
    async def one(number: int) -> bool:
        async with streamed(client) as line:
            await say(line, {"text": f"I am number {number}.", "end": True})
            told, sound = await heard(line)
        return "done" in told[-1] and len(sound) == 2 * 4096

    house.engine.spoken.clear()
    announced = [asyncio.create_task(one(number)) for number in range(200)]
    assert all(await asyncio.gather(*announced))
    assert len(house.engine.spoken) == 200


async def test_more_sockets_than_there_is_room_for_are_refused_in_a_sentence(tmp_path: Path) -> None:
    async with house_served(tmp_path, max_connections_per_address=5) as (_, client):
        lines = [await streamed(client) for _ in range(5)]
        with pytest.raises(InvalidStatus) as refused:
            await streamed(client)
        assert refused.value.response.status_code == 503
        for line in lines:
            await line.close()
        async with streamed(client):
            pass
