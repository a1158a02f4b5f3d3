"""The voices of the house: the owner's own, and one for each speaker of each engine."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import Engine, Speaker

UNDETERMINED = "und"
"""The language of a voice whose engine has not told yet (BCP 47)."""
SHOWN_CHARS = 64
Voices = Mapping[str, Voice]


class VoiceBook:
    """Finds voices by name or language. Engines may learn of speakers later; the book follows."""

    def __init__(self, configured: Mapping[str, VoiceSettings], default: str, engines: Mapping[str, Engine]) -> None:
        self._configured = configured
        self._default = default
        self._engines = engines
        self._known: tuple[tuple[Speaker, ...], ...] | None = None
        self._voices: Voices = {}

    def all(self) -> tuple[Voice, ...]:
        """The default voice, the owner's, then each engine's speakers as `<engine>-<speaker>`."""
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

    def mistakes(self) -> tuple[str, ...]:
        """What is wrong with the configured voices, a sentence each."""
        found = [mistake for name in self._configured for mistake in self._mistakes_of(name)]
        if self._default not in self._read():
            found.append(f'speech.voice: there is no voice "{self._default}"{self._hint(self._default)}')
        return tuple(found)

    def _read(self) -> Voices:
        known = tuple(engine.speakers for engine in self._engines.values())
        if self._known is None or any(new is not old for new, old in zip(known, self._known, strict=True)):
            self._known, self._voices = known, self._written()
        return self._voices

    def _written(self) -> Voices:
        voices = {voice.name: voice for voice in (*self._speaker_voices(), *self._configured_voices())}
        order = (self._default, *self._configured, *voices)
        return {name: voices[VoiceId(name)] for name in dict.fromkeys(order) if name in voices}

    def _configured_voices(self) -> Iterator[Voice]:
        for name, settings in self._configured.items():
            speaker = self._speaker(settings)
            if speaker is not None:
                own = (settings.language,) if settings.language else ()
                languages = tuple(dict.fromkeys((*own, *speaker.languages)))
                description = settings.description or speaker.description
                yield Voice(
                    VoiceId(name),
                    settings.engine,
                    speaker.name,
                    languages,
                    description,
                    settings.rate,
                    seed=settings.seed,
                    fallbacks=tuple(map(VoiceId, settings.fallbacks)),
                    first_audio_s=settings.first_audio_s,
                    guard=settings.guard,
                )

    def _speaker_voices(self) -> Iterator[Voice]:
        for name, engine in self._engines.items():
            for speaker in engine.speakers:
                voice = VoiceId(f"{name}-{speaker.name}")
                yield Voice(voice, name, speaker.name, speaker.languages, speaker.description)

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
        default = voices.get(self._default)
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
        voice = self._read().get(name)
        if voice is None:
            raise UnknownVoiceError(f'There is no voice "{name[:SHOWN_CHARS]}"{self._hint(name)}')
        return voice

    def _hint(self, name: str) -> str:
        names = {known.lower(): known for known in self._read()}
        near = difflib.get_close_matches(name[:SHOWN_CHARS].lower(), names, n=1)
        return f'; did you mean "{names[near[0]]}"?' if near else "; `voxd voices` lists them"

    def _mistakes_of(self, name: str) -> Iterator[str]:
        settings = self._configured[name]
        if settings.engine not in self._engines:
            yield f'voices.{name}.engine: there is no engine "{settings.engine}"'
        elif self._speaker(settings) is None:
            names = [speaker.name for speaker in self._engines[settings.engine].speakers]
            near = difflib.get_close_matches(settings.speaker or "", names, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            yield f'voices.{name}.speaker: "{settings.engine}" has no speaker "{settings.speaker}"{hint}'


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
