"""What we send and read, and what the tests' servers do, against what OpenAI and vLLM-Omni publish of it.

OpenAI: its own client. vLLM-Omni: the source in its wheel, of which only the model of a request is ever run.
"""

import ast
import importlib.util
import io
import sys
import warnings
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.audio.speech_create_params import SpeechCreateParams
from pydantic import BaseModel, TypeAdapter, ValidationError
from speech_servers.openai_fields import OF_FLAVOUR, VLLM_OMNI
from speech_servers.openai_pairs import TEXT, clip, pair
from speech_servers.openai_server import openai_server

from voxd.audio.wav import parse
from voxd.synthesis.engines.remote.sound_body import SoundBody

SOURCE = "vllm_omni/entrypoints/openai"
WAYS: list[dict[str, Any]] = [
    {},
    {"stream": "audio", "format": "pcm"},
    {"stream": "sse"},
    {"stream": "off", "styles": {"calm": "Speak softly."}},
]


def source(name: str) -> Path:
    """A file of vLLM-Omni's wheel."""
    return Path(str(distribution("vllm-omni").locate_file(f"{SOURCE}/{name}")))


@pytest.fixture(scope="module")
def real_request() -> type[BaseModel]:
    """vLLM-Omni's own model of a request."""
    spec = importlib.util.spec_from_file_location("vllm_omni_audio", source("protocol/audio.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is written for an older pydantic
        spec.loader.exec_module(module)
    found: type[BaseModel] = module.OpenAICreateSpeechRequest
    return found


async def requests(flavour: str, **options: Any) -> list[dict[str, Any]]:
    """What a server is sent: as usual, quickly, with a seed, and in a style."""
    async with pair(flavour, **options) as both:
        first = (await both.asks.learn()).speakers[0].name
        await both.speak(first)
        await both.speak(first, rate=1.5, seed=3)
        for style in both.settings.styles:
            await both.speak(first, style=style)
        return both.server.requests


@pytest.mark.parametrize("options", [*WAYS, {"voices": ["voice_1234"]}], ids=str)
async def test_every_request_to_openai_is_of_its_own_type(options: dict[str, Any]) -> None:
    wanted = TypeAdapter(SpeechCreateParams)
    for request in await requests("openai", **options):
        assert request.keys() <= SpeechCreateParams.__annotations__.keys()
        assert wanted.validate_python(request, strict=True) == request


@pytest.mark.parametrize("options", WAYS, ids=str)
async def test_every_request_to_vllm_omni_is_valid_for_its_own_model(
    options: dict[str, Any], real_request: type[BaseModel]
) -> None:
    for request in await requests("vllm-omni", **options):
        made: Any = real_request.model_validate(request)
        assert {name: getattr(made, name) for name in request} == request
        assert made.is_streaming() == ("stream_format" in request)
        assert not (made.is_streaming() and made.speed != 1.0), "it would refuse that"


async def test_a_clip_that_goes_along_is_valid_for_vllm_omnis_own_model(
    tmp_path: Path, real_request: type[BaseModel]
) -> None:
    async with pair("vllm-omni", cloning="inline") as both:
        await both.asks.introduce(clip(tmp_path))
        await both.speak("mum")
        made: Any = real_request.model_validate(both.server.requests[0])
        assert made.voice is None
        assert made.ref_audio.startswith("data:audio/wav;base64,UklGR")
        assert made.ref_text == "Hello"


def test_the_tests_server_knows_vllm_omnis_fields_and_limits_as_they_are(real_request: type[BaseModel]) -> None:
    for name, (_, default) in VLLM_OMNI.items():
        real = real_request.model_fields[name]
        assert real.is_required() if default is ... else real.default == default, name
    for wrong in ({"speed": 0.2}, {"speed": 4.1}, {"response_format": "aac"}, {"stream_format": "raw"}, {"seed": "x"}):
        with pytest.raises(ValidationError):
            real_request.model_validate({"input": "x", **wrong})


def test_vllm_omni_takes_and_lists_voices_as_we_ask_for_it() -> None:
    tree = ast.parse(source("api_server.py").read_text())
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    routes = {name: ast.unparse(node.decorator_list[0]) for name, node in functions.items() if node.decorator_list}
    assert routes["upload_voice"].startswith("router.post('/v1/audio/voices'")
    assert routes["delete_voice"].startswith("router.delete('/v1/audio/voices/{name}'")
    assert routes["list_voices"].startswith("router.get('/v1/audio/voices'")
    assert routes["show_available_models"].startswith("router.get('/v1/models'")
    fields = {argument.arg for argument in functions["upload_voice"].args.args}
    assert fields >= {"audio_sample", "consent", "name", "ref_text"}
    listed = ast.unparse(functions["list_voices"])
    assert "{'voices': speakers, 'uploaded_voices': uploaded_speakers}" in listed
    assert "'name': info.get('name', voice_name)" in listed
    assert "_reject_process_local_state_with_multiple_api_workers" in ast.unparse(functions["upload_voice"])


def test_vllm_omni_sends_events_and_heads_as_we_read_them() -> None:
    text = source("serving_speech.py").read_text()
    for event in ("speech.audio.delta", "speech.audio.done", "speech.audio.error"):
        assert f'"type": "{event}"' in text
        assert f"event: {event}\\ndata: " in text
    assert '"audio": base64.b64encode(chunk)' in text
    tree = ast.parse(text)
    head = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_create_wav_header")
    names: dict[str, Any] = {"struct": __import__("struct")}
    exec(compile(ast.Module([head], []), "head", "exec"), names)
    body = SoundBody()
    chunk = body.read(names["_create_wav_header"](48_000) + b"\1\2" * 50)
    assert chunk is not None
    assert (chunk.format.rate_hz, chunk.frames) == (48_000, 50)
    assert body.end() is None


@pytest.mark.parametrize("flavour", list(OF_FLAVOUR))
async def test_the_tests_servers_satisfy_the_official_client(flavour: str) -> None:
    async with (
        openai_server(flavour) as server,
        openai.AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client,
    ):
        models = [model.id async for model in client.models.list()]
        voice = server.voices[0]
        model = models[-1] if flavour != "openai" else "tts-1"
        answer = await client.audio.speech.create(model=model, input=TEXT, voice=voice, response_format="wav")
        assert parse(answer.content).duration_s == pytest.approx(0.67, abs=0.001)
        events = io.BytesIO()
        if flavour != "kokoro":
            async with client.audio.speech.with_streaming_response.create(
                model=model, input=TEXT, voice=voice, response_format="pcm", stream_format="sse"
            ) as stream:
                async for piece in stream.iter_bytes():
                    events.write(piece)
            assert b"speech.audio.done" in events.getvalue()
        with pytest.raises(openai.BadRequestError):
            await client.audio.speech.create(model=model, input=TEXT, voice="nobody")
