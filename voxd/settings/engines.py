"""The options of each engine."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from voxd.settings.section import ClientTlsSettings, HomePath, LanguageTag, Name, Port, Section, WantedTlsSettings

DEVICE = r"^(auto|cpu|cuda(:[0-9]{1,2})?)$"
IMPORT_PATH = r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$"
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")

Seconds = Annotated[float, Field(gt=0, le=600)]
Scalar = str | int | float | bool
SpeakerName = Annotated[str, Field(min_length=1, max_length=200)]


def _server_url(url: str) -> str:
    """The URL without a slash at its end."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("must be a URL like http://192.168.1.20:8000")
    if parts.username or parts.password:
        raise ValueError("must not hold a user or password; put a token into token_file")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path: no ? and no #")
    return url.rstrip("/")


def _server_address(address: str) -> str:
    match = _ADDRESS.fullmatch(address)
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise ValueError("must be host:port, such as 192.168.1.20:10200")
    return address


ServerUrl = Annotated[str, AfterValidator(_server_url)]
ServerAddress = Annotated[str, AfterValidator(_server_address)]


class EspeakSettings(Section):
    """The engine espeak: the program espeak-ng, a process for each sentence."""

    type: Literal["espeak"] = "espeak"
    program: Annotated[str, Field(min_length=1)] = "espeak-ng"
    concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    timeout_s: Seconds = 30.0


class FliteSettings(Section):
    """The engine flite: the program of that name, English, a process for each sentence.

    `voices` are files of voices beside those that it was built with, such as cmu_us_clb.flitevox.
    """

    type: Literal["flite"] = "flite"
    program: Annotated[str, Field(min_length=1)] = "flite"
    voices: Annotated[tuple[HomePath, ...], Field(max_length=64)] = ()
    concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    timeout_s: Seconds = 30.0


class RemoteSettings(Section):
    """What every engine has that is a server, or several that speak alike, here or on another machine.

    `concurrency` is how many sentences each server is asked for at once.
    """

    concurrency: Annotated[int, Field(ge=1, le=64)] = 1
    connect_timeout_s: Seconds = 5.0
    first_sound_timeout_s: Seconds = 60.0
    chunk_timeout_s: Seconds = 15.0
    probe_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    token_file: HomePath | None = None


class WyomingEngineSettings(RemoteSettings):
    """An engine that is a Wyoming TTS server; `servers` are further ones with the same voices."""

    type: Literal["wyoming"] = "wyoming"
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 10200
    servers: Annotated[tuple[ServerAddress, ...], Field(max_length=64)] = ()
    tls: WantedTlsSettings = WantedTlsSettings()


class HttpEngineSettings(RemoteSettings):
    """What every engine has that is asked over HTTP; `url` names one server, or several that speak alike."""

    url: Annotated[tuple[ServerUrl, ...], Field(min_length=1, max_length=64)]
    tls: ClientTlsSettings = ClientTlsSettings()

    @field_validator("url", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class OpenAiSettings(HttpEngineSettings):
    """The engine openai: any server with OpenAI's /v1/audio/speech (vLLM-Omni, Speaches, Kokoro-FastAPI, OpenAI).

    `url` ends where `/audio/speech` is added. `voices` are for servers that do not list theirs. `format` is what
    sound is asked for as; `pcm_rate_hz` the sample rate of a pcm, which tells none. `cloning`: reference clips are
    uploaded to a server that takes them, or go inline with every sentence; auto does that where it keeps none.
    `styles` are instructions by name. `extra` goes into every request.
    """

    type: Literal["openai"] = "openai"
    url: Annotated[tuple[ServerUrl, ...], Field(min_length=1, max_length=64)] = ("http://127.0.0.1:8000/v1",)
    model: Annotated[str, Field(min_length=1)] | None = None
    voices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    languages: tuple[LanguageTag, ...] = ()
    format: Literal["wav", "pcm"] = "wav"
    pcm_rate_hz: Annotated[int, Field(ge=8000, le=192_000)] = 24_000
    stream: Literal["auto", "audio", "sse", "off"] = "auto"
    cloning: Literal["auto", "upload", "inline", "off"] = "auto"
    styles: dict[Name, Annotated[str, Field(min_length=1, max_length=2000)]] = {}
    extra: dict[str, Scalar] = {}


class SharedFolderSettings(Section):
    """A folder that we write reference clips to, and its path on the server's disk, which Windows may be on."""

    ours: HomePath
    theirs: PurePosixPath


GptSovitsLanguage = Annotated[str, Field(pattern=r"^(zh|cmn|yue|en|ja|ko)(-[A-Za-z0-9]{2,8})*$")]


class GptSovitsClipSettings(Section):
    """A reference clip of 3 to 10 s on the server's own disk, and what is said in it."""

    clip: Annotated[str, Field(min_length=1)]
    transcript: str = ""
    language: GptSovitsLanguage | None = None


class GptSovitsSpeakerSettings(Section):
    """A speaker: weights that were trained for it, and clips on the server's disk; a style is another clip.

    Without a clip the weights are those of the enrolled voice of that name.
    """

    clip: Annotated[str, Field(min_length=1)] | None = None
    transcript: str = ""
    language: GptSovitsLanguage = "en"
    gpt_weights: Annotated[str, Field(min_length=1)] | None = None
    sovits_weights: Annotated[str, Field(min_length=1)] | None = None
    styles: dict[Name, GptSovitsClipSettings] = {}


class GptSovitsSettings(HttpEngineSettings):
    """The engine gpt_sovits: the server api_v2.py of GPT-SoVITS.

    `streaming` is its streaming_mode: off (0), fragments (1, best), tokens (2), chunks (3, soonest). `gpt_weights` and
    `sovits_weights` are of every voice without its own. One sentence at a time: the server has no lock.
    """

    type: Literal["gpt_sovits"] = "gpt_sovits"
    concurrency: Annotated[int, Field(ge=1, le=1)] = 1
    url: Annotated[tuple[ServerUrl, ...], Field(min_length=1, max_length=64)] = ("http://127.0.0.1:9880",)
    clips: SharedFolderSettings | None = None
    streaming: Literal["off", "fragments", "tokens", "chunks"] = "fragments"
    gpt_weights: Annotated[str, Field(min_length=1)] | None = None
    sovits_weights: Annotated[str, Field(min_length=1)] | None = None
    languages: Annotated[tuple[GptSovitsLanguage, ...], Field(min_length=1)] = ("zh", "en", "ja", "ko", "yue")
    speakers: dict[Name, GptSovitsSpeakerSettings] = {}
    extra: dict[str, Scalar] = {}

    @model_validator(mode="after")
    def _weights_to_go_back_to(self) -> "GptSovitsSettings":
        for option in ("gpt_weights", "sovits_weights"):
            own = [name for name, speaker in self.speakers.items() if getattr(speaker, option)]
            all_have = len(own) == len(self.speakers) and self.clips is None
            if own and not all_have and getattr(self, option) is None:
                needing = "voices without weights of their own would be spoken with them"
                raise ValueError(f"give {option} of the engine, too: speakers.{own[0]} has its own, and {needing}")
        return self


class SambertFieldsSettings(Section):
    """What the server calls the parts of a request; None: it is not sent.

    `rate` is the factor on its usual speed, `language` the sentence's without a region, such as zh.
    """

    text: Annotated[str, Field(min_length=1)] = "text"
    voice: Annotated[str, Field(min_length=1)] | None = "voice"
    emotion: Annotated[str, Field(min_length=1)] | None = "emotion"
    rate: Annotated[str, Field(min_length=1)] | None = None
    language: Annotated[str, Field(min_length=1)] | None = None


class SambertSettings(HttpEngineSettings):
    """The engine sambert: a small server around Sambert-HifiGAN, with a request and answer of its own.

    `url` is where texts are posted to, as `body` says. `ssml`: voice and emotion go into the text as SSML instead of
    fields. `sound` are the places in a JSON answer where base64 is looked for; without any it is found by itself.
    A longer text than `text_max_chars` is asked for in parts, and `chunk_timeout_s` waits for each.
    """

    type: Literal["sambert"] = "sambert"
    url: Annotated[tuple[ServerUrl, ...], Field(min_length=1, max_length=64)] = ("http://127.0.0.1:8080/api/tts",)
    chunk_timeout_s: Seconds = 60.0
    body: Literal["json", "form"] = "json"
    fields: SambertFieldsSettings = SambertFieldsSettings()
    ssml: bool = False
    sound: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(max_length=16)] = ()
    voices: Annotated[tuple[SpeakerName, ...], Field(min_length=1)] = (
        "zhitian_emo",
        "zhiyan_emo",
        "zhizhe_emo",
        "zhibei_emo",
    )
    styles: tuple[Name, ...] = ("neutral", "happy", "sad", "angry", "fear", "surprise", "calm", "gentle", "serious")
    intensity: Annotated[float, Field(ge=0.01, le=2.0)] = 1.0
    languages: Annotated[tuple[LanguageTag, ...], Field(min_length=1)] = ("zh",)
    text_max_chars: Annotated[int, Field(ge=10, le=20_000)] = 300
    extra: dict[str, Scalar] = {}


class HostSettings(Section):
    """What every engine has that lives in a process of its own."""

    process: Literal["child", "unit"] = "child"
    load_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    chunk_timeout_s: Seconds = 60.0
    embeddings_memory_mb: Annotated[int, Field(ge=0, le=100_000)] = 256


class VoxcpmSettings(HostSettings):
    """The engine voxcpm: VoxCPM 1.5 or 2, which clone a voice from a reference clip."""

    type: Literal["voxcpm"] = "voxcpm"
    model: Annotated[str, Field(min_length=1)] = "openbmb/VoxCPM1.5"
    device: Annotated[str, Field(pattern=DEVICE)] = "auto"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    steps: Annotated[int, Field(ge=1, le=100)] = 10
    cfg: Annotated[float, Field(ge=1.0, le=10.0)] = 2.0
    max_length: Annotated[int, Field(ge=256, le=32_768)] = 4096
    compile: bool = True


class PocketSettings(HostSettings):
    """The engine pocket: Pocket TTS, which clones a voice from a reference clip and needs no GPU.

    `languages` are for a model whose name does not tell which it speaks.
    """

    type: Literal["pocket"] = "pocket"
    model: Annotated[str, Field(min_length=1)] = "kyutai/pocket-tts"
    languages: tuple[LanguageTag, ...] = ()
    threads: Annotated[int, Field(ge=1, le=64)] | None = None


class PiperSettings(HostSettings):
    """The engine piper: a Piper voice, a file NAME.onnx with its NAME.onnx.json beside it, in a host of its own."""

    type: Literal["piper"] = "piper"
    model: Annotated[str, Field(min_length=1)]
    threads: Annotated[int, Field(ge=1, le=64)] | None = None


class PythonSettings(HostSettings):
    """An engine of the owner's own: a class that fills voxd/neural/speech_model.py, by its import path."""

    type: Literal["python"] = "python"
    model: Annotated[str, Field(pattern=IMPORT_PATH)]
    options: dict[str, Scalar] = {}


RemoteEngineSettings = WyomingEngineSettings | OpenAiSettings | GptSovitsSettings | SambertSettings
EngineSettings = Annotated[
    EspeakSettings
    | FliteSettings
    | RemoteEngineSettings
    | VoxcpmSettings
    | PocketSettings
    | PiperSettings
    | PythonSettings,
    Field(discriminator="type"),
]
