"""What a request for speech may hold at each program, read from its own source.

vLLM-Omni: vllm_omni/entrypoints/openai/protocol/audio.py OpenAICreateSpeechRequest, of the wheel 0.30.0
Speaches: src/speaches/routers/speech.py CreateSpeechRequestBody, github.com/speaches-ai/speaches at 870e1e1
Kokoro-FastAPI: api/src/structures/schemas.py OpenAISpeechRequest, github.com/remsky/Kokoro-FastAPI at 26eec06
OpenAI: openai/types/audio/speech_create_params.py, of the package openai 3.54.0

All but OpenAI pass over fields that they do not know; here those are refused, so that none is misspelt.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
Speed = Annotated[float, Field(ge=0.25, le=4.0)]
Fields = dict[str, Any]

OPENAI: Fields = {
    "input": (Annotated[str, Field(max_length=4096)], ...),
    "model": (str, ...),
    "voice": (str | dict[Literal["id"], str], ...),
    "instructions": (str, ""),
    "response_format": (Format, "mp3"),
    "speed": (Speed, 1.0),
    "stream_format": (Literal["sse", "audio"], "audio"),
}
SPEACHES: Fields = {
    "model": (str, ...),
    "input": (str, ...),
    "voice": (str, ...),
    "response_format": (Format, "mp3"),
    "speed": (float, 1.0),
    "stream_format": (Literal["audio", "sse"], "audio"),
    "sample_rate": (Annotated[int, Field(ge=8000, le=48000)] | None, None),
}
KOKORO: Fields = {
    "model": (str, "kokoro"),
    "input": (str, ...),
    "voice": (str, "af_heart"),
    "response_format": (Format, "mp3"),
    "speed": (Speed, 1.0),
    "stream": (bool, True),
    "lang_code": (str | None, None),
    "volume_multiplier": (float | None, 1.0),
}
VLLM_OMNI: Fields = {
    "input": (str, ...),
    "model": (str | None, None),
    "voice": (str | None, None),
    "instructions": (str | None, None),
    "response_format": (Literal["wav", "pcm", "flac", "mp3", "opus"], "wav"),
    "sample_rate": (Annotated[int, Field(gt=0)] | None, None),
    "speed": (Speed | None, 1.0),
    "stream_format": (Literal["sse", "audio"] | None, None),
    "stream": (bool, False),
    "task_type": (Literal["CustomVoice", "VoiceDesign", "Base"] | None, None),
    "language": (str | None, None),
    "ref_audio": (str | None, None),
    "ref_text": (str | None, None),
    "x_vector_only_mode": (bool | None, None),
    "max_new_tokens": (Annotated[int, Field(ge=1)] | None, None),
    "seed": (int | None, None),
    "initial_codec_chunk_frames": (Annotated[int, Field(ge=0)] | None, None),
}
OF_FLAVOUR = {"openai": OPENAI, "speaches": SPEACHES, "kokoro": KOKORO, "vllm-omni": VLLM_OMNI}


def request_model(flavour: str) -> type[BaseModel]:
    """The strict model of what a program is asked for."""
    strict = ConfigDict(extra="forbid", strict=True)
    made: type[BaseModel] = create_model(f"{flavour} request", __config__=strict, **OF_FLAVOUR[flavour])
    return made
