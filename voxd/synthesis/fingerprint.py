"""The name of a sentence's sound in the phrase cache."""

import hashlib
import json

from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import EngineTraits, Sentence

SCHEME = 3
"""Grows when the sound of a sentence changes for a reason that is not among the ingredients."""
KEY_CHARS, PREFIX_CHARS = 64, 16


def phrase_key(sentence: Sentence, traits: EngineTraits) -> str:
    """64 hexadecimal digits that change with everything that changes the sound; those of `voice_prefix` come first.

    That is: the text as the engine is given it, language, rate, voice with its revision, reference clip, speaker, seed
    and style, engine, and what the engine says of its program, model and version.
    """
    voice = sentence.voice
    ingredients = [
        SCHEME,
        voice.engine,
        traits.fingerprint,
        voice.name,
        voice.revision,
        voice.reference,
        voice.speaker,
        sentence.language,
        float(sentence.rate),
        voice.seed,
        sentence.text,
        *_of_style(voice),
    ]
    digest = hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()
    return voice_prefix(voice.name) + digest[: KEY_CHARS - PREFIX_CHARS]


def sound_key(voice: Voice, traits: EngineTraits) -> str:
    """64 hexadecimal digits that change with what makes the sound of a voice, whatever it says and is called.

    The seed is none of it: an engine's dice decide how a sentence sounds, not how loud a voice is.
    """
    ingredients = [SCHEME, voice.engine, traits.fingerprint, voice.speaker, voice.reference, voice.revision]
    ingredients += _of_style(voice)
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()


def _of_style(voice: Voice) -> list[str]:
    """Nothing for its usual way to speak, so that what was kept before there were styles is found again."""
    return [voice.style] if voice.style else []


def voice_prefix(name: VoiceId) -> str:
    """How the keys of all that was spoken under a voice's name begin: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(name).encode()).hexdigest()[:PREFIX_CHARS]
