"""How a voice reads: text in, the numbers of its phonemes out."""

import json
import logging
import unicodedata
from collections.abc import Iterator
from typing import cast

import onnxruntime
from piper import PiperVoice
from piper.config import PiperConfig

from voxd.errors import BadRequestError, EngineError
from voxd.neural.piper.voice_file import VoiceFile

PHRASE_MAX_PHONEMES = 400
"""What is longer, some 30 s, is spoken as several phrases: no voice learned such, and memory grows with its square."""
_SAMPLE = "1"
_NEEDED = {"japanese": "pyopenjtalk-plus", "thai": "tltk"}
_PAUSES = frozenset(",;:.!?—、。")


class Pronunciation:
    """Made where libraries may be loaded. Raises EngineError where piper, as it is here, cannot read for the voice."""

    def __init__(self, voice: VoiceFile) -> None:
        # what it warns of are phonemes of what people say
        logging.getLogger("piper").setLevel(logging.ERROR)
        kind = voice.description.phoneme_type
        if kind == "pinyin":
            raise EngineError(
                f"The voice {voice.name} reads with g2pW, which piper would fetch from the network: take another voice"
            )
        try:
            # the network is at work elsewhere
            session = cast("onnxruntime.InferenceSession", None)
            self._piper = PiperVoice(session, PiperConfig.from_dict(json.loads(voice.json)))
            self._phonemes = voice.description.phoneme_id_map.keys()
            self._piper.phonemize(_SAMPLE)
        except ImportError as error:
            needed = _NEEDED.get(kind, error.name)
            raise EngineError(
                f"The voice {voice.name} reads with {needed}, which is no part of voxd: install it beside voxd"
            ) from error
        except (KeyError, ValueError, RuntimeError) as error:
            raise EngineError(
                f"piper cannot read for the voice {voice.name} ({kind}, {voice.description.espeak.voice}): {error}"
            ) from error

    def phrases(self, text: str) -> list[list[int]]:
        """The phonemes of each sentence, or of parts of it where it is very long.

        Raises BadRequestError where there is nothing in the text that the voice could say.
        """
        found = [
            self._piper.phonemes_to_ids(phrase)
            for sentence in self._piper.phonemize(_readable(text))
            for phrase in _parts(sentence)
            if any(phoneme in self._phonemes and _is_said(phoneme) for phoneme in phrase)
        ]
        if not found:
            raise BadRequestError("There is nothing in it that this voice can say")
        return found


def _readable(text: str) -> str:
    """Without what is no character of a text, and without `[[`, by which phonemes would be given in place of words."""
    told = text.encode("utf-8", "ignore").decode().replace("[[", "[ [")
    return "".join(" " if unicodedata.category(character) == "Cc" else character for character in told)


def _is_said(phoneme: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in phoneme)


def _parts(phonemes: list[str]) -> Iterator[list[str]]:
    """Parts that are short enough, which end with a pause where there is one, else with a word."""
    while len(phonemes) > PHRASE_MAX_PHONEMES:
        first = phonemes[:PHRASE_MAX_PHONEMES]
        pauses = [at for at, phoneme in enumerate(first) if phoneme in _PAUSES]
        gaps = [at for at, phoneme in enumerate(first) if phoneme == " "]
        end = (pauses or gaps or [PHRASE_MAX_PHONEMES - 1])[-1] + 1
        yield phonemes[:end]
        phonemes = phonemes[end:]
    yield phonemes
