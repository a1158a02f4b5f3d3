"""The name of a sentence's sound in the phrase cache."""

import hashlib
import json

from voxd.synthesis.engine import EngineTraits, Sentence

SCHEME = 2
"""Grows when the sound of a sentence changes for a reason that is not among the ingredients."""


def phrase_key(sentence: Sentence, traits: EngineTraits) -> str:
    """64 hexadecimal digits that change with everything that changes the sound.

    That is: the text as the engine is given it, language, rate, voice with its revision, speaker and seed,
    engine, and what the engine says of its program, model and version.
    """
    voice = sentence.voice
    ingredients = [
        SCHEME,
        voice.engine,
        traits.fingerprint,
        voice.name,
        voice.revision,
        voice.speaker,
        sentence.language,
        float(sentence.rate),
        voice.seed,
        sentence.text,
    ]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()
