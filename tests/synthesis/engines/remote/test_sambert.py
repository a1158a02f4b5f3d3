"""Servers around Sambert-HifiGAN: each asked in its own way by settings alone, and its sound found wherever it is."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

import pytest
from aiohttp import web
from engines_for_tests import sentence, voice
from speech_servers import sambert_server as servers
from speech_servers.sambert_server import Asked, FakeSambert, sambert_server
from waiting import until

from voxd.errors import BadRequestError, ProtocolError, VoxdError
from voxd.model.audio import Chunk
from voxd.settings.engines import SambertSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.sambert.answers import sound_in
from voxd.synthesis.engines.remote.sambert.server import SambertServer
from voxd.synthesis.engines.remote.table import remote_engine

ZHITIAN = voice("sambert", "zhitian_emo", "zh-CN")
TEXT = "洗衣机已经洗完了。"
LONG = "洗衣机已经洗完了，请把衣服拿出来；厨房里的水也开了，" * 40
MP3 = b"ID3\x04\0\0\0\0\0\0" + bytes(range(256)) * 4


@pytest.fixture
async def fake() -> AsyncIterator[FakeSambert]:
    async with sambert_server() as server:
        yield server


async def chunks(fake: FakeSambert, asked: Sentence, **options: object) -> list[Chunk]:
    server = SambertServer(fake.url, SambertSettings.model_validate({"url": fake.url, **options}))
    try:
        async with aclosing(server.speak(asked)) as sound:
            return [chunk async for chunk in sound]
    finally:
        await server.close()


async def pcm(fake: FakeSambert, asked: Sentence | None = None, **options: object) -> bytes:
    return b"".join(chunk.pcm for chunk in await chunks(fake, asked or sentence(TEXT, ZHITIAN), **options))


async def failure(fake: FakeSambert, kind: type[VoxdError] = ProtocolError, **options: object) -> str:
    with pytest.raises(kind) as failed:
        await pcm(fake, None, **options)
    return str(failed.value)


def own(fake: FakeSambert, voice_: str = "zhitian_emo", emotion: str = "") -> bytes:
    """The samples that the server makes of TEXT."""
    return fake.wav(Asked(TEXT, voice_, emotion))[44:]


SHAPES = {
    "audio": servers.json_with("audio"),
    "audio_base64, duration and latency": servers.complete,
    "a data URI within": servers.nested,
    "base64 alone": servers.bare,
    "a WAV as body": servers.body,
    "a body of no kind": servers.unnamed,
    "a name nobody thought of": servers.json_with("yuyin"),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_sound_is_found_in_whatever_shape_it_comes_without_being_told_where(
    fake: FakeSambert, shape: str
) -> None:
    fake.answers = SHAPES[shape]
    assert await pcm(fake) == own(fake)
    assert fake.requests == [{"text": TEXT, "voice": "zhitian_emo"}]


@pytest.mark.parametrize("path", ["/api/tts", "/tts"])
async def test_both_servers_of_the_documents_work_by_their_url_alone(fake: FakeSambert, path: str) -> None:
    fake.answers = servers.complete if path == "/tts" else servers.json_with("audio")
    fake.url = fake.url.replace("/api/tts", path)
    assert await pcm(fake) == own(fake)


async def test_the_fuller_request_of_the_documents_is_a_matter_of_settings(fake: FakeSambert) -> None:
    options = {
        "fields": {"voice": None, "emotion": "style", "language": "lang"},
        "extra": {"sample_rate": 44100},
        "styles": ["news"],
    }
    asked = sentence(TEXT, replace(ZHITIAN, style="news"))
    assert await pcm(fake, asked, **options)
    assert fake.requests == [{"text": TEXT, "style": "news", "lang": "zh", "sample_rate": 44100}]


async def test_a_server_that_reads_a_form_is_sent_one(fake: FakeSambert) -> None:
    assert await pcm(fake, body="form", extra={"top": 1}) == own(fake)
    assert fake.requests == [{"text": TEXT, "voice": "zhitian_emo", "top": "1"}]


async def test_the_places_that_the_owner_names_are_where_the_sound_is(fake: FakeSambert) -> None:
    first, second = own(fake), fake.wav(Asked("不", "x", ""))
    both = {"results": [{"wav": base64.b64encode(fake.wav(Asked(TEXT, "zhitian_emo", ""))).decode()}]}
    fake.answers = lambda _: web.json_response({"preview": base64.b64encode(second).decode(), **both})
    assert await pcm(fake) == second[44:]
    assert await pcm(fake, sound=["audio", "results.0.wav"]) == first
    assert "nothing is at data.audio" in await failure(fake, sound=["data.audio"])


async def test_a_style_is_an_emotion_in_a_field_or_in_ssml(fake: FakeSambert) -> None:
    happy = sentence(TEXT, replace(ZHITIAN, style="happy"))
    assert await pcm(fake, happy) == own(fake, emotion="happy")
    assert await pcm(fake, happy, ssml=True, intensity=1.5) == own(fake, emotion="happy 1.5")
    assert fake.requests[0] == {"text": TEXT, "voice": "zhitian_emo", "emotion": "happy"}
    ssml = f'<speak voice="zhitian_emo"><emotion category="happy" intensity="1.5">{TEXT}</emotion></speak>'
    assert fake.requests[1] == {"text": ssml}
    with pytest.raises(BadRequestError, match='no style "furious"'):
        await pcm(fake, sentence(TEXT, replace(ZHITIAN, style="furious")))


@pytest.mark.parametrize("text", ['1 < 2 & "3" > 0', "<speak voice='x'>hm</speak>", "a\0b\x0b\ud83d", "]]></speak>"])
async def test_no_text_is_taken_for_ssml_that_is_not_ours(fake: FakeSambert, text: str) -> None:
    assert await pcm(fake, sentence(text, ZHITIAN))
    assert "<" not in fake.requests[0]["text"]
    assert await pcm(fake, sentence(text, ZHITIAN), ssml=True)
    assert fake.asked[1].voice == "zhitian_emo"
    assert "".join(fake.asked[1].text.split()) == "".join(
        char for char in text.replace("\ud83d", "?") if char.isprintable() and not char.isspace()
    )


async def test_the_rate_goes_to_the_server_only_where_that_has_a_field_for_it(fake: FakeSambert) -> None:
    quick = sentence(TEXT, ZHITIAN, 2.0)
    usual = await pcm(fake)
    assert await pcm(fake, quick) == usual
    assert len(await pcm(fake, quick, fields={"rate": "speed"})) < len(usual)
    assert fake.requests[-1]["speed"] == 2.0
    for fields, changes in (({}, False), ({"rate": "speed"}, True)):
        server = SambertServer(fake.url, SambertSettings.model_validate({"fields": fields}))
        assert (await server.learn()).changes_rate is changes
        await server.close()


async def test_a_long_text_is_asked_for_in_parts_and_heard_as_one(fake: FakeSambert) -> None:
    heard = await chunks(fake, sentence(LONG, ZHITIAN), text_max_chars=100)
    asked = [request["text"] for request in fake.requests]
    assert "".join(asked) == LONG
    assert all(len(part) <= 100 for part in asked)
    assert all(part[-1] in "，；" for part in asked), "each ends with a clause"
    parts = [fake.wav(Asked(part, "zhitian_emo", ""))[44:] for part in asked]
    assert b"".join(chunk.pcm for chunk in heard) == b"".join(parts)


async def test_the_first_part_is_heard_before_the_others_are_asked_for(fake: FakeSambert) -> None:
    server = SambertServer(fake.url, SambertSettings(text_max_chars=100))
    async with aclosing(server.speak(sentence(LONG, ZHITIAN))) as sound:
        assert (await anext(sound)).pcm
        assert len(fake.requests) == 1
    await server.close()


async def test_the_next_part_is_made_while_the_first_is_heard(fake: FakeSambert) -> None:
    engine = remote_engine("sambert", SambertSettings.model_validate({"url": fake.url, "text_max_chars": 100}))
    await engine.start()
    async with aclosing(engine.speak(sentence(LONG, ZHITIAN))) as sound:
        assert (await anext(sound)).pcm
        await until(lambda: len(fake.requests) > 1)
    assert fake.most_at_once == 1, "a sentence takes no more of the server than one request"
    await engine.stop()


async def test_parts_in_two_formats_are_an_error(fake: FakeSambert) -> None:
    fake.rates_hz = [16_000, 24_000]
    with pytest.raises(ProtocolError, match="changes the format"):
        await pcm(fake, sentence(LONG, ZHITIAN), text_max_chars=600)


REFUSALS: dict[str, tuple[int, object, str]] = {
    "an error": (500, {"error": "CUDA out of memory"}, "CUDA out of memory"),
    "a code with HTTP 200": (200, {"code": 500, "message": "model not loaded"}, "model not loaded"),
    "a status with HTTP 200": (200, {"status": "error", "msg": "boom"}, "boom"),
    "an error with HTTP 200": (200, {"error": "voice not found", "audio": ""}, "voice not found"),
    "nothing at all": (200, {}, "words in place of sound"),
    "an address": (200, {"audio_url": "http://elsewhere/out.wav"}, "is not fetched"),
    "a path": (200, {"code": 0, "data": {"audio": "/static/out.wav"}}, r"not fetched: .* \(/static/out.wav\)"),
    "a damaged base64": (200, {"audio": "UklGR!!!" + "A" * 500}, "damaged: it is no base64"),
    "an mp3": (200, {"audio": base64.b64encode(MP3).decode()}, "it sends mp3; voxd asks for wav"),
    "an mp3 as data URI": (200, {"audio": "data:audio/mpeg;base64,SUQz"}, "it sends mpeg; voxd asks for wav"),
    "half a WAV": (200, {"audio": base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()}, "ends in the head"),
    "a missing page": (404, "<h1>Not Found</h1>", r"takes no texts at that path \(404\): see url"),
    "a page": (200, "<html><title>TTS</title>Welcome</html>", "words in place of sound: TTS Welcome"),
    "nobody": (401, {"error": "Unauthorized"}, "token_file"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_what_is_no_sound_is_told_in_a_sentence(fake: FakeSambert, refusal: str) -> None:
    status, answer, told = REFUSALS[refusal]
    text = answer if isinstance(answer, str) else json.dumps(answer)
    fake.refuses = lambda: web.Response(status=status, text=text, content_type="text/html")
    with pytest.raises(ProtocolError, match=told):
        await pcm(fake)
    assert len(fake.requests) == 1, "nobody else was asked, nor anything twice"


async def test_an_answer_without_end_is_left_at_its_bound(fake: FakeSambert) -> None:
    fake.endless = True
    assert "more than 33554432 bytes" in await failure(fake)


async def test_an_empty_text_is_a_refusal_that_no_other_server_makes_better(fake: FakeSambert) -> None:
    fake.refuses = lambda: web.json_response({"error": "Empty text"}, status=400)
    assert "Empty text" in await failure(fake, BadRequestError)


async def test_its_health_is_whether_anybody_answers_and_costs_no_synthesis(fake: FakeSambert) -> None:
    server = SambertServer(fake.url, SambertSettings())
    for fake.probe_status in (200, 400, 404, 405, 500):
        learned = await server.learn()
    assert learned.speakers[0].name == "zhitian_emo"
    assert "happy" in learned.styles
    for fake.probe_status in (401, 502, 503):
        with pytest.raises(ProtocolError):
            await server.learn()
    assert fake.probes == 8
    assert not fake.requests
    await server.close()


async def test_a_server_that_is_told_no_emotions_has_no_styles(fake: FakeSambert) -> None:
    server = SambertServer(fake.url, SambertSettings.model_validate({"fields": {"emotion": None}}))
    assert not (await server.learn()).styles
    await server.close()


@pytest.mark.parametrize(
    "spoil",
    [lambda text: text.rstrip("="), lambda text: text.replace("+", "-").replace("/", "_"), lambda text: f"\n {text} "],
    ids=["unpadded", "for URLs", "with white space"],
)
def test_base64_in_its_dialects_is_read(spoil: Callable[[str], str]) -> None:
    wav = FakeSambert().wav(Asked(TEXT, "a", "b"))
    assert sound_in(json.dumps({"audio": spoil(base64.b64encode(wav).decode())}).encode()) == wav


def test_what_strangers_answer_is_a_protocol_error_or_bytes() -> None:
    odd = [b"", b"null", b"[]", b"[[[[[[[[[]]]]]]]]]", b"[" * 100_000, b'{"audio": 5}', b'{"data": [1, {"a": null}]}']
    odd += [b"\xff" * 500, b'"\\ud800"', b"data:;base64,", b"data:" + b";a" * 200, b"A" * 5000, b"-" * 5000]
    for body in odd:
        try:
            assert isinstance(sound_in(body), bytes)
        except ProtocolError as error:
            assert str(error)  # noqa: PT017  either outcome is allowed
    assert all(a != b for a, b in pairwise(odd))
