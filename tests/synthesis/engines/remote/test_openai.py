"""The engine openai against servers that do what vLLM-Omni, Speaches, Kokoro-FastAPI and OpenAI do."""

from pathlib import Path

import pytest
from speech_servers.openai_pairs import TEXT, clip, pair, pitch_for, pitch_of
from waiting import until

from voxd.audio.wav import wav_bytes
from voxd.errors import BadRequestError, ProtocolError, UnknownVoiceError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote.openai.server import OpenAiServer
from voxd.synthesis.engines.remote.server import CloningSpeechServer


@pytest.mark.parametrize(
    ("flavour", "first", "program"),
    [
        ("vllm-omni", "ryan", "vLLM-Omni openbmb/VoxCPM2"),
        ("kokoro", "af_bella", "Kokoro-FastAPI kokoro"),
        ("speaches", "af_heart", "Speaches speaches-ai/Kokoro-82M-v1.0-ONNX of 1700000000"),
        ("openai", "alloy", "openai tts-1"),
    ],
)
async def test_programs_models_and_voices_are_found_out_by_themselves(flavour: str, first: str, program: str) -> None:
    async with pair(flavour) as both:
        learned = await both.asks.learn()
        assert learned.speakers[0].name == first
        assert learned.program.startswith(program)
        assert learned.changes_rate
        assert learned.clones == (flavour == "vllm-omni")
        assert not both.server.requests, "a look costs no synthesis"


async def test_voices_have_the_languages_that_are_told_or_known_of_kokoro_or_configured() -> None:
    async with pair("speaches", languages=["fr"]) as both:
        languages = {each.name: each.languages for each in (await both.asks.learn()).speakers}
        assert languages == {
            "af_heart": ("en-US",),
            "bm_daniel": ("en-US",),
            "ff_siwis": ("en-US",),
            "thorsten": ("de",),
        }
    async with pair("kokoro") as both:
        languages = {each.name: each.languages for each in (await both.asks.learn()).speakers}
        assert languages == {"af_bella": ("en-US",), "af_heart": ("en-US",), "af_sky": ("en-US",), "jf_alpha": ("ja",)}
    async with pair("vllm-omni", languages=["zh", "en"]) as both:
        assert {each.languages for each in (await both.asks.learn()).speakers} == {("zh", "en")}


@pytest.mark.parametrize("stream", ["auto", "audio", "sse", "off"])
@pytest.mark.parametrize("format_", ["wav", "pcm"])
@pytest.mark.parametrize("flavour", ["vllm-omni", "speaches", "kokoro", "openai"])
async def test_every_way_to_send_the_same_sound_is_heard_alike(flavour: str, format_: str, stream: str) -> None:
    async with pair(flavour, format=format_, stream=stream) as both:
        first = (await both.asks.learn()).speakers[0].name
        chunks = await both.speak(first)
        assert {chunk.format for chunk in chunks} == {AudioFormat(24_000)}
        heard = b"".join(chunk.pcm for chunk in chunks)
        assert len(heard) == round((0.2 + len(TEXT) * 0.01) * 24_000) * 2
        assert pitch_of(heard) == pytest.approx(pitch_for(first.encode()), rel=0.02)


async def test_a_rate_is_given_as_speed_and_not_streamed_where_the_server_cannot() -> None:
    async with pair("vllm-omni") as both:
        quick = sum(chunk.frames for chunk in await both.speak("ryan", rate=2.0))
        usual = sum(chunk.frames for chunk in await both.speak("ryan"))
        assert usual == pytest.approx(2 * quick, abs=2)
        streams = [request.get("stream_format") for request in both.server.requests]
        assert streams == [None, "audio"]
        assert "speed" not in both.server.requests[1]
    async with pair("speaches") as both:
        await both.speak("af_heart", rate=3.5)
        assert both.server.requests[0]["speed"] == 2.0, "beyond that its Kokoro breaks off"


async def test_a_style_becomes_instructions_and_what_is_extra_goes_along() -> None:
    styles = {"calm": "Speak slowly and softly."}
    async with pair("openai", model="gpt-4o-mini-tts", styles=styles) as both:
        assert (await both.asks.learn()).styles == {"calm"}
        await both.speak("sage", style="calm")
        assert both.server.requests[0]["instructions"] == "Speak slowly and softly."
        with pytest.raises(BadRequestError, match='no style "angry"'):
            await both.speak("sage", style="angry")
    async with pair("vllm-omni", extra={"language": "German", "max_new_tokens": 500}) as both:
        await both.speak("ryan", seed=7)
        assert both.server.requests[0].items() >= {"language": "German", "max_new_tokens": 500, "seed": 7}.items()


async def test_kokoros_voices_may_be_mixed() -> None:
    async with pair("kokoro", voices=["af_bella+af_sky", "af_bella+nobody"]) as both:
        assert [each.name for each in (await both.asks.learn()).speakers] == ["af_bella+af_sky", "af_bella+nobody"]
        assert await both.speak("af_bella+af_sky")
        with pytest.raises(UnknownVoiceError, match="nobody"):
            await both.speak("af_bella+nobody")


async def test_each_of_speaches_models_is_asked_for_its_own_voices() -> None:
    async with pair("speaches") as both:
        await both.speak("af_heart")
        assert both.server.requests[0]["model"] == "speaches-ai/Kokoro-82M-v1.0-ONNX"
        both.server.default_voice = True  # piper speaks whatever it is asked for
        await both.speak("thorsten")
        assert both.server.requests[1]["model"] == "speaches-ai/piper-de_DE-thorsten-medium"


async def test_speaches_holds_no_sound_back_and_sends_it_at_the_rate_that_it_is_read_at() -> None:
    async with pair("speaches") as both:
        await both.asks.learn()
        assert {chunk.format for chunk in await both.speak("af_heart")} == {AudioFormat(24_000)}
        both.server.default_voice = True
        assert {chunk.format for chunk in await both.speak("thorsten")} == {AudioFormat(22_050)}
        asked = [(request["response_format"], request["sample_rate"]) for request in both.server.requests]
        assert asked == [("pcm", 24_000), ("pcm", 22_050)]
    async with pair("speaches", stream="audio") as both:
        await both.speak("af_heart")
        assert both.server.requests[0]["response_format"] == "wav", "who wants it so has it"


async def test_nobody_elses_voice_speaks_for_one_that_the_server_does_not_list() -> None:
    async with pair("speaches") as both:
        both.server.default_voice = True
        with pytest.raises(UnknownVoiceError, match='no voice "alloy"; it lists'):
            await both.speak("alloy")
        assert not both.server.requests


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, '{"error": {"message": "Input too long", "code": 400}}', BadRequestError, "refuses that: Input too long"),
        (422, '{"detail": [{"loc": ["body", "speed"], "msg": "too quick"}]}', BadRequestError, "speed: too quick"),
        (400, '{"detail": {"error": "invalid_model", "message": "No"}}', BadRequestError, "No: invalid_model"),
        (500, '{"error": {"message": "CUDA out of memory"}}', ProtocolError, r"\(500\): CUDA out of memory"),
        (503, "<html><h1>503 Service Unavailable</h1></html>", ProtocolError, "503 Service Unavailable"),
        (429, '{"error": {"message": "Rate limit"}}', ProtocolError, "Rate limit"),
        (401, '{"error": {"message": "No key"}}', ProtocolError, "does not let us in: No key; see token_file"),
        (
            200,
            '{"error": {"message": "CUDA out of memory"}}',
            ProtocolError,
            "words in place of sound: CUDA out of memory",
        ),
        (200, "<html>Sign in to the hotel</html>", ProtocolError, "in place of sound: Sign in to the hotel"),
    ],
)
async def test_a_refusal_is_told_in_the_servers_words(status: int, body: str, kind: type[Exception], said: str) -> None:
    async with pair("vllm-omni") as both:
        both.server.refuses = status, body
        with pytest.raises(kind, match=said) as raised:
            await both.speak("ryan")
        assert isinstance(raised.value, BadRequestError) == (kind is BadRequestError)


@pytest.mark.parametrize("flavour", ["vllm-omni", "speaches", "openai"])
async def test_events_that_end_in_an_error_or_not_at_all_are_a_failure(flavour: str) -> None:
    async with pair(flavour, stream="sse") as both:
        first = (await both.asks.learn()).speakers[0].name
        both.server.breaks = True
        with pytest.raises(ProtocolError, match="it answers: CUDA out of memory"):
            await both.speak(first)
        both.server.breaks, both.server.ends_after = False, 12_000
        with pytest.raises(ProtocolError, match="events broke off"):
            await both.speak(first)


@pytest.mark.parametrize("flavour", ["vllm-omni", "speaches", "kokoro", "openai"])
async def test_a_sound_that_breaks_off_is_a_failure(flavour: str) -> None:
    async with pair(flavour) as both:
        first = (await both.asks.learn()).speakers[0].name
        both.server.ends_after = 24_000
        with pytest.raises((ProtocolError, OSError)):
            await both.speak(first)


async def test_sound_that_voxd_cannot_read_is_refused_by_name() -> None:
    async with pair("kokoro", extra={"response_format": "mp3"}) as both:
        with pytest.raises(ProtocolError, match="it sends mp3; voxd asks for wav or pcm"):
            await both.speak("af_sky")


async def test_a_wrong_url_a_wrong_token_and_a_missing_choice_are_told_what_to_do(tmp_path: Path) -> None:
    async with pair("vllm-omni") as both:
        both.asks = OpenAiServer(both.server.url.removesuffix("/v1"), both.settings)
        with pytest.raises(ProtocolError, match="url ends where /audio/speech is added, often in /v1"):
            await both.asks.learn()
    (tmp_path / "token").write_text("right\n")
    async with pair("vllm-omni", token_file=str(tmp_path / "token")) as both:
        both.server.token = "right"
        assert await both.asks.learn()
        both.server.token = "other"
        with pytest.raises(ProtocolError, match="does not let us in: Incorrect API key provided; see token_file"):
            await both.asks.learn()


async def test_a_cloned_voice_is_uploaded_under_a_name_of_its_own_and_speaks(tmp_path: Path) -> None:
    async with pair("vllm-omni") as both:
        mum = clip(tmp_path, "mum@2")
        await both.asks.introduce(mum)
        await both.asks.introduce(mum)
        assert both.server.paths.count("POST /v1/audio/voices") == 1, "it is there already"
        assert [name.rpartition("-")[0] for name in both.server.uploads] == ["voxd-mum-2"]
        heard = await both.sound("mum@2")
        assert pitch_of(heard) == pytest.approx(pitch_for(mum.wav.read_bytes() + b"Hello"), rel=0.02)
        assert [each.name for each in (await both.asks.learn()).speakers] == ["ryan", "vivian", "default"]


async def test_a_new_clip_or_transcript_is_another_voice_there(tmp_path: Path) -> None:
    async with pair("vllm-omni") as both:
        for one in (clip(tmp_path), clip(tmp_path, pitch=180), clip(tmp_path, transcript="Good bye")):
            await both.asks.introduce(one)
        assert len(both.server.uploads) == 3
        assert pitch_of(await both.sound("mum")) == pytest.approx(
            pitch_for(clip(tmp_path).wav.read_bytes() + b"Good bye"), rel=0.02
        )
        await both.asks.introduce(clip(tmp_path, "mum-2"))
        await both.asks.forget("mum")
        assert [name[:11] for name in both.server.uploads] == ["voxd-mum-2-"], "nobody else is forgotten"
        await both.asks.forget("mum")


async def test_a_server_that_lost_a_voice_is_given_it_again_and_nobody_else_speaks_meanwhile(tmp_path: Path) -> None:
    async with pair("vllm-omni") as both:
        both.server.default_voice = True
        await both.asks.introduce(clip(tmp_path))
        before = await both.sound("mum")
        await both.server.stop()
        with pytest.raises((OSError, ProtocolError)):
            await both.speak("mum")
        await both.server.start()
        assert not both.server.uploads
        assert await both.sound("mum") == before


@pytest.mark.parametrize("trouble", ["several servers", "several processes"])
async def test_where_voices_are_not_kept_the_clip_goes_along_with_each_sentence(tmp_path: Path, trouble: str) -> None:
    async with pair("vllm-omni") as both:
        if trouble == "several servers":
            both.server.scatter(3)
        both.server.several_processes = trouble == "several processes"
        mum = clip(tmp_path)
        await both.asks.introduce(mum)
        for _ in range(4):
            assert pitch_of(await both.sound("mum")) == pytest.approx(
                pitch_for(mum.wav.read_bytes() + b"Hello"), rel=0.02
            )
        assert both.server.requests[-1]["ref_text"] == "Hello"
    async with pair("vllm-omni", cloning="upload") as both:
        both.server.several_processes = True
        with pytest.raises(BadRequestError, match="api_server_count=2"):
            await both.asks.introduce(mum)


async def test_a_clip_that_the_server_does_not_take_is_refused_in_its_words(tmp_path: Path) -> None:
    short = ReferenceClip("mum", tmp_path / "short.wav", "", "en")
    short.wav.write_bytes(wav_bytes(Chunk(AudioFormat(48_000), bytes(9600))))
    async with pair("vllm-omni") as both:
        with pytest.raises(BadRequestError, match="Reference audio too short"):
            await both.asks.introduce(short)
    async with pair("kokoro") as both:
        with pytest.raises(BadRequestError, match="takes no voices"):
            await both.asks.introduce(short)
        await both.asks.forget("mum")


async def test_leaving_a_sentence_leaves_the_server() -> None:
    async with pair("vllm-omni") as both:
        both.server.piece_delay_s = 0.02
        voice = Voice(VoiceId("test"), "openai", "ryan", ("en",))
        sound = both.asks.speak(Sentence(TEXT * 20, voice, "en"))
        await anext(sound)
        await sound.aclose()
        await until(lambda: not both.server.speaking)
        assert both.server.cut_off == 1


async def test_a_server_that_shows_no_uploads_is_sent_clips_where_the_owner_says_so(tmp_path: Path) -> None:
    async with pair("vllm-omni", cloning="inline") as both:
        both.server.hides_voices = True
        both.settings = both.settings.model_copy(update={"voices": ("ryan",)})
        both.asks = OpenAiServer(both.server.url, both.settings)
        assert (await both.asks.learn()).clones
        await both.asks.introduce(clip(tmp_path))
        assert await both.speak("mum")
        assert both.server.requests[0]["ref_audio"]
        await both.asks.forget("mum")
        with pytest.raises(BadRequestError):
            await both.speak("mum")


async def test_a_clip_that_goes_along_is_heard_also_where_its_file_was_moved_meanwhile(tmp_path: Path) -> None:
    async with pair("vllm-omni", cloning="inline") as both:
        given = clip(tmp_path)
        await both.asks.introduce(given)
        given.wav.unlink()
        assert await both.speak("mum")
        assert both.server.requests[0]["ref_audio"]


@pytest.mark.parametrize("flavour", ["kokoro", "speaches"])
async def test_a_program_that_passes_over_clips_is_never_sent_one_for_it_would_speak_as_somebody_else(
    flavour: str, tmp_path: Path
) -> None:
    async with pair(flavour, cloning="inline") as both:
        assert not (await both.asks.learn()).clones
        with pytest.raises(BadRequestError, match="takes no voices"):
            await both.asks.introduce(clip(tmp_path))
    async with pair("vllm-omni") as both:
        await both.asks.introduce(clip(tmp_path))
        both.server.several_processes = True  # clips go along from now on
        await both.server.stop()
        await both.server.start()
        assert await both.speak("mum")
        both.server.flavour, both.server.voices = flavour, ["af_heart"]
        await both.asks.learn()
        before = len(both.server.requests)
        with pytest.raises(BadRequestError, match="takes no voices any more"):
            await both.speak("mum")
        assert len(both.server.requests) == before


async def test_another_model_behind_the_same_name_is_another_program_whose_sound_is_not_taken_for_the_first() -> None:
    async with pair("vllm-omni") as both:
        assert (await both.asks.learn()).program == "vLLM-Omni openbmb/VoxCPM2"
        both.server.root = "Qwen/Qwen3-TTS"
        assert (await both.asks.learn()).program == "vLLM-Omni openbmb/VoxCPM2 (Qwen/Qwen3-TTS)"


async def test_a_text_that_is_refused_does_not_have_clips_go_along_from_then_on(tmp_path: Path) -> None:
    async with pair("vllm-omni") as both:
        await both.asks.introduce(clip(tmp_path))
        both.server.refuses = 400, '{"error": {"message": "Input text cannot be empty"}}'
        with pytest.raises(BadRequestError, match="cannot be empty"):
            await both.speak("mum")
        both.server.refuses = None
        await both.speak("mum")
        assert all("ref_audio" not in request for request in both.server.requests)


async def test_a_voice_that_was_made_at_openai_is_named_by_its_id() -> None:
    async with pair("openai", voices=["voice_1234"]) as both:
        assert pitch_of(await both.sound("voice_1234")) == pytest.approx(pitch_for(b"voice_1234"), rel=0.02)
        assert both.server.requests[0]["voice"] == {"id": "voice_1234"}


def test_it_fills_both_ports() -> None:
    settings = OpenAiSettings()
    assert isinstance(OpenAiServer(settings.url[0], settings), CloningSpeechServer)
