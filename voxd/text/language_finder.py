"""In which language a sentence is: by its script, else by py3langid, whose one home this is."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from voxd.text.scripts import HAN, KANA, LATIN, script_of, scripts_of

SHARE_MIN = 0.9
"""Among the languages it may be in, a sentence is clearly in one that is so probable."""
OF_ALL_MIN = 0.25
"""The probability of that language, as a part of that of the likeliest of all: an Italian sentence is not taken for
Spanish where Italian is not among them."""
LETTERS_MIN, WORDS_MIN, MANY_LETTERS = 10, 3, 18
"""So many letters in so many words, or in fewer and long ones. What is shorter are names and exclamations, which are
much the same everywhere."""
UNPARTED, SIGNS_MIN = (HAN, KANA), 4
"""Scripts without blanks between words, and how many of their signs are enough."""
LOOKED_AT_CHARS = 400
REMEMBERED_SENTENCES = 512
_NO_LANGUAGE = re.compile(r"\S*(?:://|@|\bwww\.)\S*|[!-~]*[0-9_][!-~]*")
_WORD = re.compile(r"[^\W\d_]+")
_OTHERWISE = {"nb": "no", "cmn": "zh", "iw": "he", "in": "id", "fil": "tl"}
"""py3langid's names of languages that have two."""


class LanguageFinder:
    """Knows the languages that texts may be in, besides a voice's own; `languages` are BCP 47 tags.

    Until it is loaded it tells scripts apart and nothing else. `model` is None until then; many may share one.
    """

    def __init__(self, languages: Iterable[str], model: "LanguageModel | None" = None) -> None:
        self._languages = tuple(languages)
        self.model = model
        self._remembered = lru_cache(maxsize=REMEMBERED_SENTENCES)(self._looked_up)

    def load(self, model: "LanguageModel | None" = None) -> None:
        """Use that model, or load it: a second of work and some 75 MB, for a thread.

        Raises ImportError, OSError, ValueError.
        """
        if self.model is None:
            self.model = model or LanguageModel()
            self._remembered.cache_clear()

    @property
    def untold(self) -> tuple[str, ...]:
        """The languages that nothing is known of, and that have no script of their own; known once it is loaded."""
        if self.model is None:
            return ()
        known = self.model.languages
        return tuple(tag for tag in self._languages if _base(tag) not in known and LATIN in scripts_of(tag))

    def found(self, text: str, own: str) -> str | None:
        """The tag of the language that the text is clearly in: `own`, or one of those it knows; None: it may be any."""
        return self._remembered(text[:LOOKED_AT_CHARS], own)

    def _looked_up(self, text: str, own: str) -> str | None:
        text = _NO_LANGUAGE.sub(" ", text)
        script = script_of(text)
        tags = {_base(tag): tag for tag in (*reversed(self._languages), own) if script in scripts_of(tag)}
        if len(tags) == 1 and script != LATIN:
            return next(iter(tags.values()))
        return self._told_apart(text, tags) if tags and _is_long(text, script) else None

    def _told_apart(self, text: str, tags: Mapping[str, str]) -> str | None:
        if self.model is None:
            return None
        every = self.model.probabilities(text)
        among = {base: every.get(base, 0.0) for base in tags}
        best = max(among, key=lambda base: among[base])
        is_clear = among[best] > SHARE_MIN * sum(among.values()) and among[best] > OF_ALL_MIN * max(every.values())
        return tags[best] if is_clear else None


class LanguageModel:
    """py3langid's, which is imported when it is wanted. Making it is what `LanguageFinder.load` does."""

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self.languages = frozenset(map(str, self._identifier.labels))

    def probabilities(self, text: str) -> dict[str, float]:
        """How probable each language is; 1 in all."""
        return dict(self._identifier.rank(text))


def _is_long(text: str, script: str) -> bool:
    """Whether it is more than a name or an exclamation."""
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    if script in UNPARTED:
        return letters >= SIGNS_MIN
    return letters >= LETTERS_MIN and (len(words) >= WORDS_MIN or letters >= MANY_LETTERS)


def _base(tag: str) -> str:
    base = tag.lower().replace("_", "-").partition("-")[0]
    return _OTHERWISE.get(base, base)
