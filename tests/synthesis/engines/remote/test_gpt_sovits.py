"""GPT-SoVITS: its requests, weights, clips and quirks, against a server that behaves as api_v2.py does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import ValidationError
from sounds import tone
from speech_servers.gpt_sovits_server import FakeGptSovits, gpt_sovits_server
from waiting import until

from voxd.audio.wav import wav_bytes
from voxd.errors import BadRequestError, ProtocolError
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import GptSovitsSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.gpt_sovits.api import Api
from voxd.synthesis.engines.remote.gpt_sovits.language_codes import code
from voxd.synthesis.engines.remote.gpt_sovits.loaded import Loaded
from voxd.synthesis.engines.remote.gpt_sovits.server import GptSovitsServer
from voxd.synthesis.engines.remote.gpt_sovits.speakers import Weights
from voxd.synthesis.engines.remote.table import remote_engine

MODES = ("off", "fragments", "tokens", "chunks")
STREAMED = MODES[1:]
TEXT = "The washing machine has finished, and nobody heard it."


class House:
    """The server, its disk in a folder, and two speakers with clips there: anna, and bert with weights of his own."""

    def __init__(self, server: FakeGptSovits, disk: Path) -> None:
        self.server = server
        self.disk = disk
        self.opened: list[GptSovitsServer] = []
        server.mounts = {"/data": disk}
        server.weights |= {"bert.ckpt": "v2", "bert.pth": "v2"}
        for name, pitch_hz in (("anna", 200.0), ("bert", 300.0), ("angry", 400.0)):
            (disk / f"{name}.wav").write_bytes(wav_bytes(tone(4.0, 16_000, pitch_hz)))
        self.options: dict[str, object] = {
            "url": server.url,
            "gpt_weights": "gpt.ckpt",
            "sovits_weights": "sovits.pth",
            "speakers": {
                "anna": {
                    "clip": "/data/anna.wav",
                    "transcript": "Hello,\nI am Anna",
                    "styles": {"angry": {"clip": "/data/angry.wav", "transcript": "你好", "language": "zh"}},
                },
                "bert": {"clip": "/data/bert.wav", "gpt_weights": "bert.ckpt", "sovits_weights": "bert.pth"},
            },
        }

    def asks(self, **options: object) -> GptSovitsServer:
        """Our side of it."""
        settings = GptSovitsSettings.model_validate(self.options | options)
        self.opened.append(GptSovitsServer(self.server.url, settings))
        return self.opened[-1]

    def asked(self, *paths: str) -> list[str]:
        """What it was asked for at those paths."""
        return [what for path, what in self.server.asked if path in paths]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with gpt_sovits_server() as server:
        house = House(server, tmp_path)
        yield house
        for opened in house.opened:
            await opened.close()


def sentence(
    text: str = TEXT, speaker: str = "anna", language: str = "en", rate: float = 1.0, style: str = ""
) -> Sentence:
    """What is to be said."""
    voice = Voice(VoiceId("test"), "gpt_sovits", speaker, (language,), style=style)
    return Sentence(text, voice, language, rate)


async def heard(server: GptSovitsServer, asked: Sentence) -> Chunk:
    """All of its sound."""
    async with aclosing(server.speak(asked)) as sound:
        chunks = [chunk async for chunk in sound]
    return Chunk(chunks[0].format, b"".join(chunk.pcm for chunk in chunks))


@pytest.mark.parametrize("mode", MODES)
async def test_a_sentence_is_spoken_in_every_streaming_mode(house: House, mode: str) -> None:
    server = house.asks(streaming=mode)
    sound = await heard(server, sentence())
    assert sound.format.rate_hz == 32_000
    assert sound.duration_s == pytest.approx(0.02 * len(TEXT) + 0.6, abs=0.05), "two fragments, a pause behind each"
    assert house.server.spoken[-1].fields["streaming_mode"] == MODES.index(mode)


async def test_the_request_holds_clip_transcript_languages_and_rate(house: House) -> None:
    server = house.asks(extra={"top_k": 5, "text_split_method": "cut0", "media_type": "ogg"})
    await heard(server, sentence("你好, world", language="zh-CN", rate=1.5))
    fields = house.server.spoken[-1].fields
    assert fields == {
        "text": "你好, world",
        "text_lang": "zh",
        "ref_audio_path": "/data/anna.wav",
        "prompt_text": "Hello, I am Anna",
        "prompt_lang": "en",
        "speed_factor": 1.5,
        "media_type": "wav",
        "streaming_mode": 1,
        "top_k": 5,
        "text_split_method": "cut0",
    }


async def test_a_style_is_another_clip_of_the_speaker_and_an_unknown_one_is_refused_by_name(house: House) -> None:
    server = house.asks()
    await heard(server, sentence(style="angry"))
    fields = house.server.spoken[-1].fields
    assert (fields["ref_audio_path"], fields["prompt_text"], fields["prompt_lang"]) == ("/data/angry.wav", "你好", "zh")
    assert (await server.learn()).styles == {"angry"}
    with pytest.raises(BadRequestError, match='no style "sad"; there is angry'):
        await heard(server, sentence(style="sad"))


async def test_weights_are_switched_for_a_voice_that_has_its_own_and_back_for_others(house: House) -> None:
    server = house.asks()
    for speaker in ("anna", "anna", "bert", "bert", "anna"):
        await heard(server, sentence(speaker=speaker))
    assert [(said.gpt, said.sovits) for said in house.server.spoken] == [
        *[("gpt.ckpt", "sovits.pth")] * 2,
        *[("bert.ckpt", "bert.pth")] * 2,
        ("gpt.ckpt", "sovits.pth"),
    ]
    assert house.asked("/set_gpt_weights") == ["gpt.ckpt", "bert.ckpt", "gpt.ckpt"], "each only when it is another"
    assert house.asked("/set_sovits_weights") == ["sovits.pth", "bert.pth", "sovits.pth"]


async def test_a_clip_is_encoded_anew_by_other_weights(house: House) -> None:
    speakers = {
        "anna": {"clip": "/data/anna.wav"},
        "trained": {"clip": "/data/anna.wav", "sovits_weights": "bert.pth"},
    }
    server = house.asks(speakers=speakers)
    for speaker in ("anna", "trained", "anna"):
        await heard(server, sentence(speaker=speaker))
    assert [said.clip_sovits for said in house.server.spoken] == [said.sovits for said in house.server.spoken]


async def test_without_weights_in_the_settings_those_of_the_server_are_left_alone(house: House) -> None:
    speakers = {"anna": {"clip": "/data/anna.wav"}}
    server = house.asks(gpt_weights=None, sovits_weights=None, speakers=speakers)
    await heard(server, sentence())
    assert not house.asked("/set_gpt_weights", "/set_sovits_weights")
    assert (await server.learn()).program == "GPT-SoVITS v2"


async def test_a_server_that_was_started_anew_is_told_its_weights_again(house: House) -> None:
    server = house.asks()
    await heard(server, sentence(speaker="bert"))
    house.server.fails = 1
    with pytest.raises(ProtocolError):
        await heard(server, sentence(speaker="bert"))
    house.server.restart()
    await heard(server, sentence(speaker="bert"))
    said = house.server.spoken[-1]
    assert (said.gpt, said.sovits, said.clip_sovits) == ("bert.ckpt", "bert.pth", "bert.pth")


async def test_what_nobody_has_heard_of_for_long_may_have_been_started_anew_with_its_own_weights(house: House) -> None:
    now_s, bert = 0.0, Weights("bert.ckpt", "bert.pth")
    api = Api(house.server.url, GptSovitsSettings())
    loaded = Loaded(api, clock=lambda: now_s)
    for passed_s in (0.0, 10.0, 10.0):
        now_s += passed_s
        loaded.note_answer()
        await loaded.weights(bert)
    assert house.asked("/set_gpt_weights", "/set_sovits_weights") == ["bert.ckpt", "bert.pth"], "once"
    house.server.restart()
    now_s += 60.0
    loaded.note_answer()
    await loaded.weights(bert)
    assert (house.server.gpt, house.server.sovits) == ("bert.ckpt", "bert.pth")
    await api.close()


async def test_weights_that_the_server_does_not_have_are_refused_by_name(house: House) -> None:
    del house.server.weights["bert.pth"]
    server = house.asks()
    with pytest.raises(
        BadRequestError, match=r"cannot load the weights bert.pth .a path on its own disk.: .*No such file"
    ):
        await heard(server, sentence(speaker="bert"))
    await heard(server, sentence(speaker="anna"))
    assert house.server.spoken[-1].gpt == "gpt.ckpt", "it may have had half of them"


def test_weights_of_some_voices_need_those_to_go_back_to() -> None:
    speakers = {"anna": {"clip": "a.wav"}, "bert": {"clip": "b.wav", "gpt_weights": "bert.ckpt"}}
    with pytest.raises(ValidationError, match=r"give gpt_weights of the engine, too: speakers\.bert has its own"):
        GptSovitsSettings.model_validate({"speakers": speakers})
    GptSovitsSettings.model_validate({"speakers": {"bert": speakers["bert"]}})
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        GptSovitsSettings(concurrency=2)


@pytest.mark.parametrize("mode", MODES)
async def test_the_silent_second_with_status_200_is_a_failure(house: House, mode: str) -> None:
    server = house.asks(streaming=mode)
    house.server.fails = 1
    with pytest.raises(ProtocolError, match="it failed, and says so with a second of silence"):
        await heard(server, sentence())
    assert await heard(server, sentence()), "the next one is not harmed"


@pytest.mark.parametrize("mode", STREAMED)
async def test_a_connection_lost_in_the_middle_is_a_failure_after_what_was_heard(house: House, mode: str) -> None:
    server = house.asks(streaming=mode)
    house.server.breaks_after = 1
    sound = server.speak(sentence())
    chunks = [await anext(sound)]
    with pytest.raises((ProtocolError, OSError)):
        chunks += [chunk async for chunk in sound]
    assert any(chunk.pcm for chunk in chunks)


@pytest.mark.parametrize("mode", ["off", "fragments"])
async def test_a_clip_that_the_server_cannot_use_is_refused_with_its_path_and_the_reason(
    house: House, mode: str
) -> None:
    speakers = {"gone": {"clip": "/data/gone.wav"}, "long": {"clip": "/data/long.wav"}}
    (house.disk / "long.wav").write_bytes(wav_bytes(tone(11.0, 16_000)))
    server = house.asks(speakers=speakers, streaming=mode)
    with pytest.raises(BadRequestError, match=r"cannot use the clip /data/gone.wav.*No such file"):
        await heard(server, sentence(speaker="gone"))
    with pytest.raises(BadRequestError, match=r"cannot use the clip /data/long.wav.*3~10"):
        await heard(server, sentence(speaker="long"))


async def test_what_the_server_refuses_is_told_in_its_words(house: House) -> None:
    house.server.is_old = True
    server = house.asks(streaming="chunks")
    with pytest.raises(BadRequestError, match="it refuses: streaming_mode: Input should be a valid boolean"):
        await heard(server, sentence())


async def test_a_server_of_another_kind_is_told_apart(house: House) -> None:
    house.server.url += "/api"
    elsewhere = house.asks()
    with pytest.raises(ProtocolError, match=r"404 .*is it api_v2\.py of GPT-SoVITS\?"):
        await elsewhere.learn()


async def test_its_speakers_speak_all_languages_of_the_model(house: House) -> None:
    server = house.asks()
    anna, bert = (await server.learn()).speakers
    assert (anna.name, anna.languages) == ("anna", ("en", "zh", "ja", "ko", "yue"))
    assert bert.name == "bert"
    house.server.weights["sovits.pth"] = "v1"
    old = house.asks(gpt_weights=None, sovits_weights=None, speakers={"anna": {"clip": "/data/anna.wav"}})
    learned = await old.learn()
    assert learned.program == "GPT-SoVITS v1"
    assert learned.speakers[0].languages == ("en", "zh", "ja")
    with pytest.raises(BadRequestError, match='GPT-SoVITS v1 does not speak "ko" but zh, en, ja'):
        await heard(old, sentence(language="ko"))


async def test_a_model_that_must_know_its_clip_is_not_asked_without_a_transcript(house: House) -> None:
    house.server.weights["sovits.pth"] = "v4"
    server = house.asks()
    assert (await heard(server, sentence(speaker="anna"))).format.rate_hz == 48_000
    house.server.weights["bert.pth"] = "v3"
    with pytest.raises(BadRequestError, match="GPT-SoVITS v3 must know all that is said"):
        await heard(server, sentence(speaker="bert"))
    house.server.weights["bert.pth"] = "v2"
    server = house.asks()
    assert await heard(server, sentence(speaker="bert")), "weights of another version need none"


@pytest.mark.parametrize("mode", ["off", "fragments"])
async def test_a_first_sound_may_take_longer_than_those_after_it(house: House, mode: str) -> None:
    options = {**house.options, "streaming": mode, "chunk_timeout_s": 0.2, "first_sound_timeout_s": 5.0}
    engine = remote_engine("gpt_sovits", GptSovitsSettings.model_validate(options))
    await engine.start()
    house.server.gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, house.server.gate.set)
    async with aclosing(engine.speak(sentence())) as sound:
        assert any([chunk.pcm async for chunk in sound])
    await engine.stop()


async def test_one_request_at_a_time_is_made_and_nobody_restarts_it(house: House) -> None:
    server = house.asks()
    await asyncio.gather(*(heard(server, sentence(speaker=speaker)) for speaker in ("anna", "bert", "anna", "bert")))
    assert house.server.most_at_once == 1
    assert all(said.clip_sovits == said.sovits for said in house.server.spoken)
    assert not house.asked("/control")


@pytest.mark.parametrize("mode", ["off", "fragments"])
async def test_a_server_that_is_busy_with_our_sentence_is_not_taken_for_a_dead_one(house: House, mode: str) -> None:
    server = house.asks(streaming=mode)
    before = await server.learn()
    house.server.gate = asyncio.Event()
    speaking = asyncio.create_task(heard(server, sentence()))
    await until(lambda: house.server.spoken)
    async with asyncio.timeout(1.0):
        assert await server.learn() == before
    house.server.gate.set()
    assert await speaking


@pytest.mark.parametrize("mode", MODES)
async def test_a_sentence_that_is_left_leaves_the_next_one_unharmed(house: House, mode: str) -> None:
    server = house.asks(streaming=mode)
    await heard(server, sentence())
    house.server.gate = asyncio.Event()
    speaking = asyncio.create_task(heard(server, sentence(speaker="bert")))
    await until(lambda: len(house.server.spoken) == 2)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    following = asyncio.create_task(heard(server, sentence()))
    house.server.gate.set()
    assert await following
    said = house.server.spoken[-1]
    assert (said.sovits, said.clip_sovits) == ("sovits.pth", "sovits.pth")


@pytest.mark.parametrize(
    "text", ["word" * 2000, "no mark in all of this " * 100, "没有标点" * 300, "one\x00two \ud83d"]
)
async def test_a_text_that_goes_on_without_a_mark_is_broken_up_for_it(house: House, text: str) -> None:
    server = house.asks()
    assert (await heard(server, sentence(text))).duration_s > 0


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en-GB", "Good morning", "en"),
        ("en", "This says 你好", "auto"),
        ("zh-CN", "今天是 Monday", "zh"),
        ("zh-TW", "早安", "zh"),
        ("zh-HK", "早晨", "yue"),
        ("yue-Hant-HK", "早晨", "yue"),
        ("yue", "早晨 おはよう", "auto_yue"),
        ("ja", "おはよう 今日", "ja"),
        ("zh", "おはよう", "auto"),
        ("ko-KR", "안녕하세요", "ko"),
        ("ja", "안녕하세요", "auto"),
        ("und", "Hello", "auto"),
    ],
)
def test_a_language_has_the_code_that_reads_all_of_the_text(language: str, text: str, expected: str) -> None:
    assert code(language, text) == expected


def test_the_first_models_know_fewer_languages() -> None:
    assert code("zh-HK", "早晨", "v1") == "zh"
    with pytest.raises(BadRequestError, match='GPT-SoVITS v1 does not speak "ko" but zh, en, ja'):
        code("ko", "안녕하세요", "v1")
