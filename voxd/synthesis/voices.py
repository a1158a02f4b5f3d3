"""The voices of the house: the owner's own, the enrolled ones, and one for each speaker of each engine."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.enrolled.voice import EnrolledVoice
from voxd.synthesis.voice_mistakes import VoiceMistakes, not_enrolled
from voxd.synthesis.voice_sources import UNDETERMINED, Enrolled, Nobody, VoiceSources, first_speaking

__all__ = ["UNDETERMINED", "VoiceBook"]

SHOWN_CHARS = 64
_REVISION = re.compile("[1-9][0-9]{0,8}")
Voices = Mapping[str, Voice]


class VoiceBook:
    """Finds voices by name or language. Engines may learn of speakers, and voices be enrolled, later; it follows.

    An enrolled voice `mum` is also listed as `mum@2` from its second revision on, so that hubs that keep what
    they get by the voice's name can be told to fetch the new sound. Whatever revision is asked for, it is the
    current one that speaks.
    """

    def __init__(
        self,
        configured: Mapping[str, VoiceSettings],
        default: str,
        engines: Mapping[str, Engine],
        enrolled: Enrolled | None = None,
    ) -> None:
        self._default = default
        self._sources = VoiceSources(configured, engines, enrolled or Nobody())
        self._state: tuple[object, ...] | None = None
        self._voices: Voices = {}

    @property
    def default(self) -> VoiceId:
        """Who speaks where nobody is named, whether there is such a voice or not."""
        return VoiceId(self._default)

    def all(self) -> tuple[Voice, ...]:
        """The default voice, the owner's, the enrolled, then each engine's speakers as `<engine>-<speaker>`."""
        return tuple(self._read().values())

    def find(self, name: str | None, language: str | None) -> Voice:
        """The voice of that name; without one, the default voice or the first that speaks the language.

        Somebody's cloned voice is chosen by language only where the owner configured it, or nobody else speaks it.

        Raises UnknownVoiceError, and BadRequestError if the named voice does not speak the language.
        """
        if name is None:
            return self._speaking(language)
        voice = self._named(name)
        if language is not None and voice.language != UNDETERMINED and not voice.speaks(language):
            raise BadRequestError(
                f'The voice "{voice.name}" does not speak "{language[:SHOWN_CHARS]}" but {", ".join(voice.languages)}'
            )
        return voice

    def outdated(self, name: str) -> str:
        """What is to be said of a name that stands for an older revision; empty for every other name."""
        enrolled, revision = self._enrolled_as(name)
        if enrolled is None or not 0 < revision < enrolled.revision:
            return ""
        since = _moment(enrolled.enrolled_at)
        return f"{name} was asked for; {enrolled.name} is at revision {enrolled.revision} since {since}"

    def check_enrollable(self, name: VoiceId, engine: str) -> None:
        """Raises BadRequestError where the name stands for something else than an enrolled voice of that engine."""
        own = self._sources.configured.get(name)
        if own is not None and (own.engine != engine or own.speaker is not None):
            kind = f'engine "{own.engine}"' + (f' and speaker "{own.speaker}"' if own.speaker else "")
            raise BadRequestError(f'"{name}" is configured as a voice of {kind}; choose another name')
        if name in {voice.name for voice in self._sources.speaker_voices()}:
            raise BadRequestError(f'"{name}" is the name of a speaker of an engine; choose another name')

    def house_language(self) -> str:
        """The language of the default voice, English where that is not known."""
        default = self._read().get(self._default)
        return "en" if default is None or default.language == UNDETERMINED else default.language

    def missing(self, name: str | None, language: str | None) -> Voice:
        """What stands for a voice that is not there, or the default one: a voice without an engine."""
        called = name or self._default
        own = self._sources.configured.get(called)
        fallbacks = tuple(map(VoiceId, own.fallbacks)) if own else ()
        return Voice(VoiceId(called), "", "", (language or self.house_language(),), fallbacks=fallbacks)

    def is_expected(self, name: str) -> bool:
        """Whether there is such a voice, or the owner means there to be one."""
        return name in self._read() or name in self._sources.configured or name == self._default

    def mistakes(self) -> tuple[str, ...]:
        """What is wrong with the configured and the enrolled voices, a sentence each."""
        found = list(VoiceMistakes(self._sources, self._read(), self._hint).all())
        if self._default not in self._read():
            absence = self._absence(self._default)
            found.append(f"speech.voice: {absence[0].lower()}{absence[1:]}")
        return tuple(found)

    def _read(self) -> Voices:
        state = self._sources.state()
        if self._state is None or any(new is not old for new, old in zip(state, self._state, strict=True)):
            self._state, self._voices = state, self._written()
        return self._voices

    def _written(self) -> Voices:
        voices = self._sources.voices()
        enrolled = (voice.name for voice in self._sources.enrolled.voices)
        written: dict[str, Voice] = {}
        for name in dict.fromkeys((self._default, *self._sources.configured, *enrolled, *voices)):
            if (voice := voices.get(name)) is not None:
                written[name] = voice
                if voice.revision > 1:
                    written |= {voice.speaker: replace(voice, name=VoiceId(voice.speaker))}
        return written

    def _speaking(self, language: str | None) -> Voice:
        voices = self._read()
        default = voices.get(self._default) or self._sources.promised(self._default)
        if default is not None and (language is None or default.speaks(language)):
            return default
        if language is None:
            raise UnknownVoiceError(f'The default voice "{self._default}" does not exist')
        owners = [voices[name] for name in self._sources.configured if name in voices]
        nobodys = [voice for voice in voices.values() if not voice.reference]
        circles = (first_speaking(circle, language) for circle in (owners, nobodys, voices.values()))
        found = next(filter(None, circles), None)
        if found is None:
            raise UnknownVoiceError(f'No voice speaks "{language[:SHOWN_CHARS]}"')
        return found

    def _named(self, name: str) -> Voice:
        voices = self._read()
        enrolled, revision = self._enrolled_as(name)
        voice = voices.get(name)
        if enrolled is not None and 0 < revision <= enrolled.revision:
            current = voices.get(enrolled.name)
            voice = current if current is not None and current.speaker == enrolled.speaker else None
        voice = voice or self._sources.promised(name)
        if voice is None:
            raise UnknownVoiceError(self._absence(name))
        return voice

    def _enrolled_as(self, name: str) -> tuple[EnrolledVoice | None, int]:
        """The enrolled voice that a name stands for, and the revision that is named; 0 where none is."""
        plain, revision = _split(name)
        return self._sources.enrolled_voice(plain), revision

    def _absence(self, name: str) -> str:
        shown = name[:SHOWN_CHARS]
        plain, revision = _split(name)
        enrolled = self._enrolled_as(name)[0]
        if enrolled is not None and revision > enrolled.revision:
            return f'There is no voice "{shown}"; {plain} is at revision {enrolled.revision}'
        if enrolled is not None:
            hidden = "is hidden by the configured voice of that name"
            return f'The voice "{plain}" {self._sources.lacking(enrolled) or hidden}'
        if (gone := self._sources.enrolled.removed(plain)) is not None:
            return f'The voice "{plain}" was removed on {_moment(gone.at)}'
        if plain in self._sources.configured and self._sources.may_be_cloned(self._sources.configured[plain]):
            return not_enrolled(plain)
        return f'There is no voice "{shown}"{self._hint(name)}'

    def _hint(self, name: str) -> str:
        names = {known.lower(): known for known in self._read()}
        near = _nearest(name[:SHOWN_CHARS].lower(), names)
        return f'; did you mean "{names[near]}"?' if near else "; `voxd voices` lists them"


def _nearest(name: str, names: Collection[str]) -> str | None:
    """The shortest one that holds all parts of the name, as espeak-en-gb does of espeak-gb; else the most alike."""
    parts = set(name.split("-"))
    holding = [known for known in names if parts <= set(known.split("-"))]
    found = sorted(holding, key=len) or difflib.get_close_matches(name, names, n=1)
    return found[0] if found else None


def _split(name: str) -> tuple[str, int]:
    """`mum@2` as mum and 2; any other name and 0."""
    plain, _, revision = name.rpartition("@")
    return (plain, int(revision)) if plain and _REVISION.fullmatch(revision) else (name, 0)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
