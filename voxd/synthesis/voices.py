"""The voices of the house: the owner's own, the enrolled ones, and one for each speaker of each engine."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import CloningEngine, Engine, Speaker, WatchedEngine
from voxd.synthesis.enrolled.voice import EnrolledVoice, RemovedVoice

UNDETERMINED = "und"
"""The language of a voice whose engine has not told yet (BCP 47)."""
CLONED = "A cloned voice"
SHOWN_CHARS = 64
_REVISION = re.compile("[1-9][0-9]{0,8}")
Voices = Mapping[str, Voice]


class Enrolled(Protocol):
    """Who knows the enrolled voices; enrolled/register.py in the daemon."""

    @property
    def voices(self) -> tuple[EnrolledVoice, ...]:
        """The current revisions; the same object as long as nothing changes."""

    def removed(self, name: str) -> RemovedVoice | None:
        """When a voice was removed that does not exist any more."""


class Nobody:
    """Nobody was ever enrolled."""

    voices: tuple[EnrolledVoice, ...] = ()

    def removed(self, _: str) -> RemovedVoice | None:
        """Nobody."""
        return None


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
        self._configured = configured
        self._default = default
        self._engines = engines
        self._enrolled = enrolled or Nobody()
        self._known: tuple[object, ...] | None = None
        self._voices: Voices = {}

    def all(self) -> tuple[Voice, ...]:
        """The default voice, the owner's, the enrolled, then each engine's speakers as `<engine>-<speaker>`."""
        return tuple(self._read().values())

    def find(self, name: str | None, language: str | None) -> Voice:
        """The voice of that name; without one, the default voice or the first that speaks the language.

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
        own = self._configured.get(name)
        if own is not None and (own.engine != engine or own.speaker is not None):
            kind = f'engine "{own.engine}"' + (f' and speaker "{own.speaker}"' if own.speaker else "")
            raise BadRequestError(f'"{name}" is configured as a voice of {kind}; choose another name')
        if name in {voice.name for voice in self._speaker_voices()}:
            raise BadRequestError(f'"{name}" is the name of a speaker of an engine; choose another name')

    def house_language(self) -> str:
        """The language of the default voice, English where that is not known."""
        default = self._read().get(self._default)
        return "en" if default is None or default.language == UNDETERMINED else default.language

    def mistakes(self) -> tuple[str, ...]:
        """What is wrong with the configured and the enrolled voices, a sentence each."""
        found = [mistake for name in self._configured for mistake in self._mistakes_of(name)]
        found += [mistake for voice in self._enrolled.voices for mistake in self._mistakes_of_enrolled(voice)]
        if self._default not in self._read():
            found.append(f'speech.voice: there is no voice "{self._default}"{self._hint(self._default)}')
        return tuple(found)

    def _read(self) -> Voices:
        known = (self._enrolled.voices, *(engine.speakers for engine in self._engines.values()))
        if self._known is None or any(new is not old for new, old in zip(known, self._known, strict=True)):
            self._known, self._voices = known, self._written()
        return self._voices

    def _written(self) -> Voices:
        found = (*self._speaker_voices(), *self._enrolled_voices(), *self._configured_voices())
        voices = {voice.name: voice for voice in found}
        order = (self._default, *self._configured, *(voice.name for voice in self._enrolled.voices), *voices)
        written: dict[str, Voice] = {}
        for name in dict.fromkeys(order):
            if (voice := voices.get(VoiceId(name))) is not None:
                written[name] = voice
                if voice.revision > 1:
                    written |= {voice.speaker: replace(voice, name=VoiceId(voice.speaker))}
        return written

    def _configured_voices(self) -> Iterator[Voice]:
        for name, settings in self._configured.items():
            speaker = None if self._is_cloned(name, settings) else self._speaker(settings)
            if speaker is not None:
                plain = Voice(VoiceId(name), settings.engine, speaker.name, speaker.languages, speaker.description)
                yield _with_options(plain, settings)

    def _enrolled_voices(self) -> Iterator[Voice]:
        for enrolled in self._enrolled.voices:
            engine = self._engines.get(enrolled.engine)
            if engine is None:
                continue
            languages = dict.fromkeys((enrolled.language, *(tag for one in engine.speakers for tag in one.languages)))
            languages.pop(UNDETERMINED, None)
            plain = Voice(
                enrolled.name,
                enrolled.engine,
                enrolled.speaker,
                tuple(languages),
                CLONED,
                revision=enrolled.revision,
                seed=enrolled.seed,
                fallbacks=enrolled.fallbacks,
            )
            settings = self._configured.get(enrolled.name)
            yield _with_options(plain, settings) if settings else plain

    def _speaker_voices(self) -> Iterator[Voice]:
        for name, engine in self._engines.items():
            for speaker in engine.speakers:
                voice = VoiceId(f"{name}-{speaker.name}")
                yield Voice(voice, name, speaker.name, speaker.languages, speaker.description)

    def _is_cloned(self, name: str, settings: VoiceSettings) -> bool:
        """Whether what is configured are the options of an enrolled voice, or of one that has to be enrolled."""
        if not self._may_be_cloned(settings):
            return False
        return self._enrolled_as(name)[0] is not None or self._engines[settings.engine].traits.clones

    def _may_be_cloned(self, settings: VoiceSettings) -> bool:
        """Whether none of the engine's speakers is named, and the engine clones, or has not told yet."""
        engine = self._engines.get(settings.engine)
        if settings.speaker is not None or engine is None or not isinstance(engine, CloningEngine):
            return False
        return engine.traits.clones or (isinstance(engine, WatchedEngine) and engine.health.state != "ready")

    def _speaker(self, settings: VoiceSettings) -> Speaker | None:
        """The speaker a voice is configured with; None if there is no such speaker or engine."""
        engine = self._engines.get(settings.engine)
        if engine is None:
            return None
        if not engine.speakers:
            return Speaker(settings.speaker or "", (settings.language or UNDETERMINED,))
        if settings.speaker is None:
            return _first_speaking(engine.speakers, settings.language) or engine.speakers[0]
        return _called(engine.speakers, settings.speaker)

    def _speaking(self, language: str | None) -> Voice:
        voices = self._read()
        default = voices.get(self._default) or self._promised(self._default)
        if default is not None and (language is None or default.speaks(language)):
            return default
        if language is None:
            raise UnknownVoiceError(f'The default voice "{self._default}" does not exist')
        owners = [voices[name] for name in self._configured if name in voices]
        found = _first_speaking(owners, language) or _first_speaking(voices.values(), language)
        if found is None:
            raise UnknownVoiceError(f'No voice speaks "{language[:SHOWN_CHARS]}"')
        return found

    def _named(self, name: str) -> Voice:
        voices = self._read()
        enrolled, revision = self._enrolled_as(name)
        voice = voices.get(name)
        if enrolled is not None and 0 < revision <= enrolled.revision:
            voice = voices.get(enrolled.name)
        voice = voice or self._promised(name)
        if voice is None:
            raise UnknownVoiceError(self._absence(name))
        return voice

    def _promised(self, name: str) -> Voice | None:
        """The voice of an engine's speaker where the engine has not told of its speakers yet: it may have that one."""
        for engine in self._engines.values():
            speaker = name.removeprefix(f"{engine.name}-")
            if speaker not in (name, "") and not engine.speakers and _may_tell(engine):
                return Voice(VoiceId(name), engine.name, speaker, (UNDETERMINED,))
        return None

    def _enrolled_as(self, name: str) -> tuple[EnrolledVoice | None, int]:
        """The enrolled voice that a name stands for, and the revision that is named; 0 where none is."""
        plain, revision = _split(name)
        return next((voice for voice in self._enrolled.voices if voice.name == plain), None), revision

    def _absence(self, name: str) -> str:
        shown = name[:SHOWN_CHARS]
        plain, revision = _split(name)
        enrolled = self._enrolled_as(name)[0]
        if enrolled is not None and revision:
            return f'There is no voice "{shown}"; {plain} is at revision {enrolled.revision}'
        if enrolled is not None:
            return f'The voice "{plain}" needs the engine "{enrolled.engine}", which is not configured'
        if (gone := self._enrolled.removed(plain)) is not None:
            return f'The voice "{plain}" was removed on {_moment(gone.at)}'
        if plain in self._configured and self._may_be_cloned(self._configured[plain]):
            return _not_enrolled(plain)
        return f'There is no voice "{shown}"{self._hint(name)}'

    def _hint(self, name: str) -> str:
        names = {known.lower(): known for known in self._read()}
        near = difflib.get_close_matches(name[:SHOWN_CHARS].lower(), names, n=1)
        return f'; did you mean "{names[near[0]]}"?' if near else "; `voxd voices` lists them"

    def _mistakes_of(self, name: str) -> Iterator[str]:
        settings = self._configured[name]
        enrolled = self._enrolled_as(name)[0]
        yield from (f"voices.{name}.fallbacks: {mistake}" for mistake in self._unknown(settings.fallbacks))
        if settings.engine not in self._engines:
            yield f'voices.{name}.engine: there is no engine "{settings.engine}"'
        elif self._may_be_cloned(settings):
            if enrolled is None:
                yield f"voices.{name}: {_not_enrolled(name)}"
            elif enrolled.engine != settings.engine:
                yield f'voices.{name}.engine: "{name}" is enrolled with the engine "{enrolled.engine}"; enrol it again'
        elif self._speaker(settings) is None:
            names = [speaker.name for speaker in self._engines[settings.engine].speakers]
            near = difflib.get_close_matches(settings.speaker or "", names, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            yield f'voices.{name}.speaker: "{settings.engine}" has no speaker "{settings.speaker}"{hint}'
        elif enrolled is not None:
            yield f'voices.{name}: it hides the enrolled voice "{name}"; name one of them otherwise'

    def _mistakes_of_enrolled(self, voice: EnrolledVoice) -> Iterator[str]:
        if voice.engine not in self._engines:
            yield f'The enrolled voice "{voice.name}" needs the engine "{voice.engine}", which is not configured'
        settings = self._configured.get(voice.name)
        if settings is None or not settings.fallbacks:
            yield from (f'The enrolled voice "{voice.name}": {mistake}' for mistake in self._unknown(voice.fallbacks))

    def _unknown(self, fallbacks: Iterable[str]) -> Iterator[str]:
        """The fallbacks that do not exist; an engine that tells its speakers later may yet have them."""
        silent = tuple(f"{name}-" for name, engine in self._engines.items() if not engine.speakers)
        for name in fallbacks:
            if name not in self._read() and not name.startswith(silent):
                yield f'there is no voice "{name}" to fall back on{self._hint(name)}'


def _may_tell(engine: Engine) -> bool:
    """Whether an engine without speakers may have some later."""
    return engine.health.state != "ready" if isinstance(engine, WatchedEngine) else engine.traits.remote


def _with_options(voice: Voice, settings: VoiceSettings) -> Voice:
    """A voice as the owner configured it."""
    own = (settings.language,) if settings.language else ()
    return replace(
        voice,
        languages=tuple(dict.fromkeys((*own, *voice.languages))),
        description=settings.description or voice.description,
        rate=settings.rate,
        seed=voice.seed if settings.seed is None else settings.seed,
        fallbacks=tuple(map(VoiceId, settings.fallbacks)) or voice.fallbacks,
        first_audio_s=settings.first_audio_s,
        guard=settings.guard,
    )


def _not_enrolled(name: str) -> str:
    return f'"{name}" is not enrolled yet: `voxd voices enroll {name} --reference clip.wav`'


def _split(name: str) -> tuple[str, int]:
    """`mum@2` as mum and 2; any other name and 0."""
    plain, _, revision = name.rpartition("@")
    return (plain, int(revision)) if plain and _REVISION.fullmatch(revision) else (name, 0)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _called(speakers: tuple[Speaker, ...], name: str) -> Speaker | None:
    """The speaker of that name; what follows a `+` is a variant of the speaker before it (espeak's way)."""
    named = {speaker.name: speaker for speaker in speakers}
    found = named.get(name) or named.get(name.partition("+")[0])
    return Speaker(name, found.languages, found.description) if found else None


Speaking = TypeVar("Speaking", Voice, Speaker)


def _first_speaking(all_: Iterable[Speaking], language: str | None) -> Speaking | None:
    """The first with exactly that language, else the first with one that is understood."""
    if language is None:
        return None
    known = list(all_)
    wanted = language.lower().replace("_", "-")
    base = wanted.partition("-")[0]
    exact = (one for one in known if wanted in map(str.lower, one.languages))
    understood = (one for one in known if base in (own.lower().partition("-")[0] for own in one.languages))
    return next(exact, None) or next(understood, None)
