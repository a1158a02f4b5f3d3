"""Where the voices of the house come from: the configuration, the enrolled ones, and the engines' own speakers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import CloningEngine, Engine, Speaker, WatchedEngine
from voxd.synthesis.enrolled.voice import EnrolledVoice, RemovedVoice

UNDETERMINED = "und"
"""The language of a voice whose engine has not told yet (BCP 47)."""
CLONED = "A cloned voice"


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


class VoiceSources:
    """Makes voices of what is known at the moment."""

    def __init__(
        self, configured: Mapping[str, VoiceSettings], engines: Mapping[str, Engine], enrolled: Enrolled
    ) -> None:
        self.configured = configured
        self.engines = engines
        self.enrolled = enrolled

    def state(self) -> tuple[object, ...]:
        """Objects that are the same as long as the voices are."""
        told = ((engine.speakers, engine.traits.languages) for engine in self.engines.values())
        return (self.enrolled.voices, *(each for pair in told for each in pair))

    def voices(self) -> Mapping[str, Voice]:
        """Every voice by its name; the owner's hide enrolled ones, and those the engines' own."""
        found = (*self.speaker_voices(), *self._enrolled_voices(), *self._configured_voices())
        return {voice.name: voice for voice in found}

    def _configured_voices(self) -> Iterator[Voice]:
        for name, settings in self.configured.items():
            speaker = None if self.is_cloned(name, settings) else self.speaker(settings)
            if speaker is not None:
                called = speaker.name
                if not called and isinstance(self.engines[settings.engine], CloningEngine):
                    called = name  # it may have to be enrolled: nobody else is to speak once the engine is there
                plain = Voice(VoiceId(name), settings.engine, called, speaker.languages, speaker.description)
                yield self._with_options(plain, settings)

    def _enrolled_voices(self) -> Iterator[Voice]:
        for enrolled in self.enrolled.voices:
            engine = self.engines.get(enrolled.engine)
            if engine is None or not isinstance(engine, CloningEngine):
                continue  # it would speak with whatever voice it has
            others = (tag for one in engine.speakers for tag in one.languages)
            languages = dict.fromkeys((enrolled.language, *engine.traits.languages, *others))
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
                reference=enrolled.reference,
            )
            settings = self.configured.get(enrolled.name)
            yield self._with_options(plain, settings) if settings else plain

    def speaker_voices(self) -> Iterator[Voice]:
        """The engines' own, `<engine>-<speaker>`."""
        for name, engine in self.engines.items():
            for speaker in engine.speakers:
                voice = VoiceId(f"{name}-{speaker.name}")
                yield Voice(voice, name, speaker.name, speaker.languages, speaker.description)

    def promised(self, name: str) -> Voice | None:
        """The voice of an engine's speaker where the engine has not told of its speakers yet: it may have that one."""
        for engine in self.engines.values():
            speaker = name.removeprefix(f"{engine.name}-")
            if speaker not in (name, "") and not engine.speakers and _may_tell(engine):
                return Voice(VoiceId(name), engine.name, speaker, (UNDETERMINED,))
        return None

    def enrolled_voice(self, name: str) -> EnrolledVoice | None:
        """The enrolled voice of that name."""
        return next((voice for voice in self.enrolled.voices if voice.name == name), None)

    def lacking(self, voice: EnrolledVoice) -> str:
        """Why an enrolled voice is no voice of the house now, empty where it is."""
        engine = self.engines.get(voice.engine)
        if engine is None:
            return f'needs the engine "{voice.engine}", which is not configured'
        if self._clones(engine):
            return ""
        hint = f": {engine.traits.clones_once}" if engine.traits.clones_once else ""
        return f'needs the engine "{voice.engine}", which does not clone voices{hint}'

    def is_cloned(self, name: str, settings: VoiceSettings) -> bool:
        """Whether what is configured are the options of an enrolled voice, or of one that has to be enrolled."""
        engine = self.engines.get(settings.engine)
        if settings.speaker is not None or engine is None or not isinstance(engine, CloningEngine):
            return False
        return self.enrolled_voice(name) is not None or engine.traits.clones

    def may_be_cloned(self, settings: VoiceSettings) -> bool:
        """Whether none of the engine's speakers is named, and the engine clones, or has not told yet."""
        engine = self.engines.get(settings.engine)
        return settings.speaker is None and engine is not None and self._clones(engine)

    @staticmethod
    def _clones(engine: Engine) -> bool:
        """Whether it clones, or has not told yet."""
        if not isinstance(engine, CloningEngine):
            return False
        return engine.traits.clones or (isinstance(engine, WatchedEngine) and engine.health.state != "ready")

    def speaker(self, settings: VoiceSettings) -> Speaker | None:
        """The speaker a voice is configured with; None if there is no such speaker or engine."""
        engine = self.engines.get(settings.engine)
        if engine is None:
            return None
        if not engine.speakers:
            return Speaker(settings.speaker or "", (settings.language or UNDETERMINED,))
        if settings.speaker is None:
            return first_speaking(engine.speakers, settings.language) or engine.speakers[0]
        return _called(engine.speakers, settings.speaker)

    def style(self, settings: VoiceSettings) -> str | None:
        """The style a voice is configured with, as its engine writes it: empty for none, None where there is no such.

        An engine that has not told of its styles yet may have it.
        """
        engine = self.engines.get(settings.engine)
        if settings.style is None or engine is None:
            return ""
        if not engine.speakers:
            return settings.style
        known = {style.lower(): style for style in engine.traits.styles}
        return known.get(settings.style.lower())

    def has_rate(self, settings: VoiceSettings) -> bool:
        """Whether the engine of a configured voice speaks at the voice's rate; one that has not told yet may."""
        engine = self.engines.get(settings.engine)
        if engine is None or settings.rate == 1.0:
            return True
        told = bool(engine.speakers) or engine.traits.clones
        return engine.traits.changes_rate or not told

    def _with_options(self, voice: Voice, settings: VoiceSettings) -> Voice:
        """A voice as the owner configured it."""
        own = (settings.language,) if settings.language else ()
        return replace(
            voice,
            languages=tuple(dict.fromkeys((*own, *voice.languages))),
            description=settings.description or voice.description,
            rate=settings.rate,
            style=self.style(settings) or "",
            seed=voice.seed if settings.seed is None else settings.seed,
            fallbacks=tuple(map(VoiceId, settings.fallbacks)) or voice.fallbacks,
            first_audio_s=settings.first_audio_s,
            guard=settings.guard,
        )


def _may_tell(engine: Engine) -> bool:
    """Whether an engine without speakers may have some later; a program that has none could not be started."""
    return engine.health.state != "ready" if isinstance(engine, WatchedEngine) else True


def _called(speakers: tuple[Speaker, ...], name: str) -> Speaker | None:
    """The speaker of that name; what follows a `+` is a variant of the speaker before it (espeak's way)."""
    named = {speaker.name: speaker for speaker in speakers}
    found = named.get(name) or named.get(name.partition("+")[0])
    return Speaker(name, found.languages, found.description) if found else None


Speaking = TypeVar("Speaking", Voice, Speaker)


def first_speaking(all_: Iterable[Speaking], language: str | None) -> Speaking | None:
    """The first with exactly that language, else the first with one that is understood."""
    if language is None:
        return None
    known = list(all_)
    wanted = language.lower().replace("_", "-")
    base = wanted.partition("-")[0]
    exact = (one for one in known if wanted in map(str.lower, one.languages))
    understood = (one for one in known if base in (own.lower().partition("-")[0] for own in one.languages))
    return next(exact, None) or next(understood, None)
