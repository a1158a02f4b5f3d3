"""The body of a request for a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from voxd.errors import BadRequestError
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.openai.catalogue import Catalogue, Kind
from voxd.synthesis.engines.remote.openai.listing import ListedModel

SLOWEST, QUICKEST = 0.25, 4.0
"""OpenAI's limits of `speed`; a rate beyond them is spoken at the limit."""
_KOKORO_SLOWEST, _KOKORO_QUICKEST = 0.5, 2.0
"""Speaches's limits for Kokoro; beyond them its answer breaks off."""
_CUSTOM = re.compile("voice_[0-9A-Za-z]{4,}")
"""OpenAI's ids of voices that were made there for their owner."""


@dataclass(frozen=True, slots=True)
class Named:
    """A voice that the server knows by that name."""

    name: str


@dataclass(frozen=True, slots=True)
class Inline:
    """A voice whose reference clip goes along with every sentence, as a data: URL."""

    url: str
    transcript: str


def asked(
    sentence: Sentence, voice: Named | Inline, catalogue: Catalogue, settings: OpenAiSettings
) -> dict[str, object]:
    """What is posted; what the owner wants in every request goes before ours. Raises BadRequestError."""
    model = _model(voice, catalogue)
    return {
        **({"model": model.name} if model else {}),
        "input": sentence.text.encode("utf-8", "replace").decode(),  # halves of pairs are no letters
        **_voice(voice, catalogue.kind),
        **_format(model, catalogue.kind, settings),
        **_speed(sentence.rate, model, catalogue.kind),
        **_streaming(sentence.rate, catalogue.kind, settings.stream),
        **_style(sentence.voice.style, settings),
        **_seed(sentence.voice.seed, catalogue.kind),
        **settings.extra,
    }


def bare_rate_hz(
    body: Mapping[str, object], voice: Named | Inline, catalogue: Catalogue, settings: OpenAiSettings, *, events: bool
) -> int | None:
    """The sample rate of sound that comes without a head to such a request; None where it must have a head.

    In `events` Speaches sends its models' own samples, whatever it was asked for.
    """
    if body["response_format"] == "wav" and not (events and catalogue.kind is Kind.SPEACHES):
        return None
    return _bare_rate_hz(_model(voice, catalogue), settings)


def _model(voice: Named | Inline, catalogue: Catalogue) -> ListedModel | None:
    return catalogue.model_of(voice.name if isinstance(voice, Named) else "")


def _bare_rate_hz(model: ListedModel | None, settings: OpenAiSettings) -> int:
    return (model and model.rate_hz) or settings.pcm_rate_hz


def _format(model: ListedModel | None, kind: Kind, settings: OpenAiSettings) -> dict[str, object]:
    """As the owner wants it; but Speaches makes WAVs with ffmpeg, which holds them back until they are whole."""
    soon = settings.stream == "auto" and kind is Kind.SPEACHES
    if kind is Kind.SPEACHES and (soon or settings.format == "pcm"):
        return {"response_format": "pcm", "sample_rate": _bare_rate_hz(model, settings)}
    return {"response_format": settings.format}


def _voice(voice: Named | Inline, kind: Kind) -> dict[str, object]:
    match voice:
        case Named(name) if kind is Kind.OTHER and _CUSTOM.fullmatch(name):
            return {"voice": {"id": name}}
        case Named(name):
            return {"voice": name} if name else {}
        case Inline(url, transcript):
            return {"ref_audio": url, **({"ref_text": transcript} if transcript else {})}


def _speed(rate: float, model: ListedModel | None, kind: Kind) -> dict[str, object]:
    if rate == 1.0:
        return {}  # vLLM-Omni streams nothing that has a speed
    narrow = kind is Kind.SPEACHES and model is not None and "kokoro" in model.name.lower()
    slowest, quickest = (_KOKORO_SLOWEST, _KOKORO_QUICKEST) if narrow else (SLOWEST, QUICKEST)
    return {"speed": min(max(rate, slowest), quickest)}


def _streaming(rate: float, kind: Kind, wanted: str) -> dict[str, object]:
    """How to have the first sound soon, in each program's way: OpenAI's own sends any sound as it is made."""
    streams = wanted != "off" and (rate == 1.0 or kind is not Kind.VLLM_OMNI)
    if kind is Kind.KOKORO:
        return {"stream": streams}
    if not streams or (wanted == "auto" and kind is Kind.OTHER):
        return {}
    return {"stream_format": "sse" if wanted == "sse" else "audio"}


def _style(style: str, settings: OpenAiSettings) -> dict[str, object]:
    if not style:
        return {}
    if style not in settings.styles:
        raise BadRequestError(f'it has no style "{style[:64]}" (styles)')
    return {"instructions": settings.styles[style]}


def _seed(seed: int | None, kind: Kind) -> dict[str, object]:
    return {"seed": seed} if seed is not None and kind is Kind.VLLM_OMNI else {}
