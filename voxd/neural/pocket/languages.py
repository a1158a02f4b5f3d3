"""Which language a model of Pocket TTS speaks: each speaks one, and only its name tells which."""

import re
from collections.abc import Iterable

_TAGS = {
    "english": "en",
    "french": "fr",
    "german": "de",
    "portuguese": "pt",
    "italian": "it",
    "spanish": "es",
    "dutch": "nl",
    "czech": "cs",
    "hindi": "hi",
    "korean": "ko",
    "farsi": "fa",
    "indonesian": "id",
    "estonian": "et",
    "cymraeg": "cy",
    "welsh": "cy",
}
"""Kyutai's own, and those of its users that its page lists (github.com/kyutai-labs/pocket-tts)."""


def languages_of(names: Iterable[str]) -> tuple[str, ...]:
    """The BCP 47 tag of the first language that one of the names has in it, as german_24l does; else nothing."""
    for name in names:
        for word in re.findall(r"[a-z]+", name.lower()):
            if (tag := _TAGS.get(word)) is not None:
                return (tag,)
    return ()
