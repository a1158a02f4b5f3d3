"""The shapes of other speech services: each request is answered as scripts written for those expect it."""

import asyncio
import base64
import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from cloning import CloningSine, wish
from http_houses import Client, Got, house_served
from miniature_house import MiniatureHouse
from waiting import until

from voxd.frontends.http.kept_sounds import KeptSounds

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOUD = {"Accept": "audio/wav"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json, text/plain, */*"}
HELLO = {"text": "Hello there."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[MiniatureHouse, Client]]:
    """One house for all: none of the requests changes it."""
    async with house_served(tmp_path_factory.mktemp("house"), [CloningSine()]) as (house, client):
        await house.voice_desk.enrol(wish("my_voice", b"my recording"))
        yield house, client


@pytest.fixture(scope="module")
def client(served: tuple[MiniatureHouse, Client]) -> Client:
    return served[1]


def opened(wav: bytes) -> wave.Wave_read:
    return wave.Wave_read(io.BytesIO(wav))


def frames(wav: bytes) -> int:
    return opened(wav).getnframes()


def is_wav(got: Got) -> bool:
    assert got.headers["content-type"] == "audio/wav"
    return frames(got.body) > 1000


@pytest.mark.parametrize(
    ("path", "sent", "headers", "answered"),
    [
        ("/tts", HELLO, {}, "audio_base64"),
        ("/tts", HELLO, BROWSER, "audio_base64"),
        ("/tts", HELLO, LOUD, "wav"),
        ("/tts", HELLO | {"lang": "en", "style": "news", "sample_rate": 44100}, {}, "audio_base64"),
        ("/tts", HELLO | {"spk": "my_voice"}, {}, "wav"),
        ("/tts", HELLO | {"audio_file": "/app/data/references/my_voice.wav"}, {}, "wav"),
        ("/tts", HELLO | {"spk": "custom_speaker", "audio_file": "/app/data/references/my_voice.wav"}, {}, "wav"),
        ("/tts", HELLO | {"spk": "my_voice"}, JSON, "audio_base64"),
        ("/api/tts", HELLO, {}, "audio"),
        ("/api/tts", HELLO, BROWSER, "audio"),
        ("/api/tts", HELLO | {"spk": "my_voice"}, {}, "audio"),
        ("/api/tts", HELLO, LOUD, "wav"),
    ],
)
async def test_json_is_answered_in_the_shape_of_its_page(
    client: Client, path: str, sent: dict[str, Any], headers: dict[str, str], answered: str
) -> None:
    got = await client.post(path, json=sent, headers=headers)
    assert got.status == 200, got.body
    if answered == "wav":
        assert is_wav(got)
        return
    assert got.headers["content-type"] == "application/json"
    wav = base64.b64decode(got.json[answered])
    seconds = frames(wav) / opened(wav).getframerate()
    assert got.json["duration"] == pytest.approx(seconds, abs=0.001)
    assert got.json["latency"] >= 0
    assert opened(wav).getframerate() == sent.get("sample_rate", 22050)
    assert set(got.json) - {"remark"} == {answered, "duration", "latency"}


async def test_a_style_that_the_voice_lacks_is_remarked(client: Client) -> None:
    got = await client.post("/tts", json=HELLO | {"style": "news"})
    assert "leave style out" in got.json["remark"]


@pytest.mark.parametrize("path", ["/tts", "/api/tts"])
@pytest.mark.parametrize("sent", [{}, {"text": ""}, {"text": "  \n"}, {"text": None}])
async def test_an_empty_text_is_answered_in_two_words(client: Client, path: str, sent: dict[str, Any]) -> None:
    got = await client.post(path, json=sent)
    assert (got.status, got.json) == (400, {"error": "Empty text"})


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        (HELLO | {"spk": "nobody"}, 400, "nobody"),
        (HELLO | {"lang": "klingon!"}, 400, "lang"),
        (HELLO | {"lang": "zh", "spk": "sine-anna"}, 400, "zh"),
        (HELLO | {"sample_rate": 1}, 400, "sample_rate"),
        (HELLO | {"speed": 9}, 400, "speed"),
        (HELLO | {"txet": "x"}, 400, "text"),
        ({"text": "x" * 20_001}, 400, "20000"),
        ({"text": ["a"]}, 400, "text"),
        ({"text": "..."}, 400, "spoken"),
    ],
)
async def test_what_cannot_be_done_is_an_error_in_words(
    client: Client, sent: dict[str, Any], status: int, word: str
) -> None:
    got = await client.post("/tts", json=sent)
    assert got.status == status
    assert set(got.json) == {"error"}
    assert word in got.json["error"]


async def test_a_failure_of_the_engine_is_a_500_in_words(served: tuple[MiniatureHouse, Client]) -> None:
    house, client = served
    house.engine.fails_after = 2
    got = await client.post("/api/tts", json=HELLO)
    house.engine.fails_after = None
    assert (got.status, got.json) == (500, {"error": "The sine broke off"})


@pytest.mark.parametrize(
    "path",
    [
        "/app/data/references/my_voice.wav",
        "my_voice.wav",
        "my_voice",
        "C:\\voices\\MY_VOICE.WAV",
        "../../../my_voice.mp3",
        "file:///my_voice.wav",
    ],
)
async def test_a_path_stands_for_the_clip_of_that_name(client: Client, path: str) -> None:
    assert is_wav(await client.post("/tts", json=HELLO | {"audio_file": path}))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/shadow",
        "/proc/self/environ",
        "..",
        "/",
        ".",
        "my_voice.wav/..",
        "my_voice\x00.wav",
        "%2e%2e%2fmy_voice.wav\n",
        "x" * 4000,
    ],
)
async def test_a_path_is_never_opened(client: Client, path: str) -> None:
    got = await client.post("/tts", json=HELLO | {"audio_file": path})
    assert got.status == 400
    assert "root:" not in got.json["error"]


def a_form(clip: bytes | None = None, **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData(fields, default_to_multipart=True)
    if clip is not None:
        form.add_field("audio", clip, filename="../../clip.wav", content_type="audio/wav")
    return form


@pytest.mark.parametrize("clip", [None, b"somebody's recording"])
async def test_a_form_is_answered_with_an_address_that_gives_the_sound(client: Client, clip: bytes | None) -> None:
    got = await client.post("/api/tts", data=a_form(clip, text="Hello there.", transcript="Hello"))
    assert got.status == 200, got.body
    assert got.json["url"].startswith("/api/renderings/")
    assert is_wav(await client.get(got.json["url"]))
    assert (await client.get("/api/renderings/guessed.wav")).status == 404


async def test_a_clip_of_a_form_is_spoken_in_and_then_forgotten(served: tuple[MiniatureHouse, Client]) -> None:
    house, client = served
    plain = await client.post("/tts", data=a_form(text="Hello there."), headers=LOUD)
    cloned = await client.post(
        "/tts", data=a_form(b"a voice", text="Hello there.", transcript="Hello, it is me"), headers=LOUD
    )
    assert is_wav(plain)
    assert is_wav(cloned)
    assert cloned.body != plain.body
    assert [voice.name for voice in house.register.voices] == ["my_voice"]
    bad = await client.post("/api/tts", data=a_form(b"bad", text="Hello.", transcript="Hello, it is me"))
    assert (bad.status, bad.json["error"]) == (400, "This is not a sound file of any kind that voxd knows")


async def test_plain_forms_and_bare_texts_are_understood(client: Client) -> None:
    assert is_wav(await client.post("/tts", data={"text": "Hello", "sample_rate": "16000"}, headers=LOUD))
    assert is_wav(await client.post("/tts", data="Hello", headers=LOUD | {"Content-Type": "text/plain"}))
    curl = LOUD | {"Content-Type": "application/x-www-form-urlencoded"}
    for sent in (b'{"text": "Hello"}', b"Hello there", b"text=Hello%20there&lang=en"):
        assert is_wav(await client.post("/tts", data=sent, headers=curl)), sent
    for wrong in (b"text=a&text=b", b"text=\xff", b"&".join([b"a=b"] * 100)):
        assert (await client.post("/tts", data=wrong, headers=curl)).status == 400
    assert (await client.post("/tts", json={"text": "x" * 300_000})).status == 413
    other = await client.post("/tts", data=b"<text>Hello</text>", headers={"Content-Type": "application/xml"})
    assert other.status == 415
    assert (await client.post("/tts", json=HELLO, headers={"Accept": "image/png"})).status == 406


async def test_a_sound_is_kept_for_a_while_and_not_too_many() -> None:
    now = [0.0]
    kept = KeptSounds(600.0, bytes_max=10, clock=lambda: now[0])
    first, second = kept.keep(b"12345678"), kept.keep(b"12")
    assert (kept.get(first), kept.get(second)) == (b"12345678", b"12")
    third = kept.keep(b"1")
    assert kept.get(first) is None
    now[0] = 599.0
    assert kept.get(third) == b"1"
    now[0] = 600.0
    assert kept.get(third) is None


async def test_a_client_that_leaves_ends_what_is_made_for_it(served: tuple[MiniatureHouse, Client]) -> None:
    house, client = served
    house.engine.gate = asyncio.Event()
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    body = b'{"text": "Nobody hears this."}'
    writer.write(b"POST /tts HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    await until(lambda: house.engine.speaking)
    writer.close()
    await until(lambda: not house.engine.speaking)
    house.engine.gate = None
    assert house.engine.cancelled == 1
