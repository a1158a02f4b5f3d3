"""What a server is, which of its models speaks, and which voices it has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from voxd.errors import ProtocolError
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import Speaker
from voxd.synthesis.engines.remote.openai.listing import SPEAKS, ListedModel, ListedVoice

SHOWN = 12
_UNDETERMINED = "und"
_KNOWN_MODELS = ("kokoro", "gpt-4o-mini-tts", "tts-1")
"""Of several models the first of these that is listed."""
_OPENAI_MODEL = re.compile(r"tts-1(-hd)?(-\d+)?|gpt-4o-mini-tts(-[\d-]+)?")
_OPENAI_VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
_OPENAI_NEWER_VOICES = ("ballad", "cedar", "marin", "verse")
_KOKORO_VOICE = re.compile(r"([abefhijpz])[fm]_\w+")
_KOKORO_LANGUAGES: Mapping[str, str] = dict(
    zip("abefhijpz", ("en-US", "en-GB", "es", "fr-FR", "hi", "it", "ja", "pt-BR", "zh"), strict=True)
)
"""By the first letter of a voice's name."""
_MIX = re.compile(r"[-+]")
_WEIGHT = re.compile(r"\([\d.]+\)")


class Kind(Enum):
    """The programs whose ways differ from OpenAI's."""

    VLLM_OMNI = "vLLM-Omni"
    KOKORO = "Kokoro-FastAPI"
    SPEACHES = "Speaches"
    OTHER = "openai"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is known of a server. `model` is empty where it is asked without one, or each voice has its own.

    `voices` are those it lists, None where it lists none; `uploaded` those it was given, None where it takes none.
    """

    kind: Kind
    models: tuple[ListedModel, ...]
    voices: tuple[ListedVoice, ...] | None
    uploaded: frozenset[str] | None = None

    def has(self, voice: str) -> bool:
        """Whether it would speak with that very voice; many take another one where they do not know it."""
        if self.voices is None:
            return True
        parts = [_WEIGHT.sub("", part) for part in _MIX.split(voice)] if self.kind is Kind.KOKORO else [voice]
        names = {listed.name.lower() for listed in self.voices}
        return all(part.strip().lower() in names for part in parts)

    def model_of(self, voice: str) -> ListedModel | None:
        """The model to ask for a voice; None where the server knows without being told."""
        own = next((listed.model for listed in self.voices or () if listed.name == voice), "")
        named = next((model for model in self.models if model.name == own), None)
        return named or next(iter(self.models), None)

    def names(self) -> str:
        """The voices, as far as a sentence may be long."""
        found = [voice.name for voice in self.voices or ()]
        return ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")


def kind_of(models: tuple[ListedModel, ...], takes_voices: bool) -> Kind:
    """Which program it is, by what it lists."""
    owners = {model.owner.lower() for model in models}
    if takes_voices or "vllm" in owners:
        return Kind.VLLM_OMNI
    if "kokoro" in owners:
        return Kind.KOKORO
    return Kind.SPEACHES if any(model.task for model in models) else Kind.OTHER


def speaking_models(models: tuple[ListedModel, ...], wanted: str | None) -> tuple[ListedModel, ...]:
    """Those to speak with; several only where each tells its voices.

    Raises ProtocolError where the owner must choose.
    """
    if wanted is not None:
        return tuple(model for model in models if model.name == wanted) or (ListedModel(wanted),)
    if any(model.task for model in models):
        found = tuple(sorted((model for model in models if model.task == SPEAKS), key=lambda model: model.name))
        if not found:
            raise ProtocolError("it has no model that speaks; download one there")
        return found if all(model.voices for model in found) else found[:1]
    known = [model for name in _KNOWN_MODELS for model in models if model.name == name]
    likely = [model for model in models if "tts" in model.name.lower()]
    for some in (models, known[:1], likely):
        if len(some) == 1:
            return tuple(some)
    if not models:
        return ()
    listed = ", ".join(model.name for model in models[:SHOWN])
    raise ProtocolError(f"it lists several models ({listed}): say which one speaks (model)")


def usual_voices(models: tuple[ListedModel, ...]) -> tuple[str, ...]:
    """The voices of OpenAI's own models, which are listed nowhere; none for other models."""
    if not models or not _OPENAI_MODEL.fullmatch(models[0].name):
        return ()
    newer = () if models[0].name.startswith("tts-1") else _OPENAI_NEWER_VOICES
    return tuple(sorted((*_OPENAI_VOICES, *newer)))


def speakers(catalogue: Catalogue, settings: OpenAiSettings, hidden: re.Pattern[str]) -> tuple[Speaker, ...]:
    """Those the owner names, else those listed but what is `hidden`, else those that such a model usually has.

    One that stands for any of them comes last.
    """
    listed = {voice.name: voice for voice in catalogue.voices or ()}
    shown = sorted((name for name in listed if not hidden.fullmatch(name)), key=_is_placeholder)
    names = settings.voices or shown or usual_voices(catalogue.models)
    return tuple(Speaker(name, _languages(listed.get(name, ListedVoice(name)), settings)) for name in names)


def _languages(voice: ListedVoice, settings: OpenAiSettings) -> tuple[str, ...]:
    kokoro = _KOKORO_VOICE.fullmatch(voice.name)
    told = voice.languages or ((_KOKORO_LANGUAGES[kokoro[1]],) if kokoro else ())
    return told or settings.languages or (_UNDETERMINED,)


def _is_placeholder(name: str) -> bool:
    return name == "default"
