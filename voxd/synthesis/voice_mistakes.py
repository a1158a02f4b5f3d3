"""What is wrong with the voices of the house, in sentences for the owner."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping

from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import WatchedEngine
from voxd.synthesis.enrolled.voice import EnrolledVoice
from voxd.synthesis.voice_sources import VoiceSources

Hint = Callable[[str], str]
"""What to say after a name that does not exist."""


class VoiceMistakes:
    """Looks at the configured and the enrolled voices; `voices` are all that exist."""

    def __init__(self, sources: VoiceSources, voices: Mapping[str, Voice], hint: Hint) -> None:
        self._sources = sources
        self._voices = voices
        self._hint = hint

    def all(self) -> Iterator[str]:
        """A sentence for each mistake."""
        for name, settings in self._sources.configured.items():
            yield from self._of_configured(name, settings)
        for voice in self._sources.enrolled.voices:
            yield from self._of_enrolled(voice)

    def _of_configured(self, name: str, settings: VoiceSettings) -> Iterator[str]:
        yield from (f"voices.{name}.fallbacks: {mistake}" for mistake in self._unknown(settings.fallbacks))
        enrolled = self._sources.enrolled_voice(name)
        if settings.guard is not None and not self._sources.may_be_cloned(settings):
            yield f"voices.{name}.guard: only an enrolled voice has a clip to be compared with; this one cannot speak"
        if self._sources.style(settings) is None:
            yield self._unknown_style(name, settings)
        if not self._sources.has_rate(settings):
            yield f'voices.{name}.rate: "{settings.engine}" cannot change its rate; it speaks as usual'
        if settings.engine not in self._sources.engines:
            yield f'voices.{name}.engine: there is no engine "{settings.engine}"'
        elif self._sources.may_be_cloned(settings) or self._sources.is_cloned(name, settings):
            yield from self._of_cloned(name, settings, enrolled)
        elif self._sources.speaker(settings) is None:
            yield self._unknown_speaker(name, settings)
        elif enrolled is not None:
            yield f'voices.{name}: it hides the enrolled voice "{name}"; name one of them otherwise'

    def _of_cloned(self, name: str, settings: VoiceSettings, enrolled: EnrolledVoice | None) -> Iterator[str]:
        engine = self._sources.engines[settings.engine]
        untold = isinstance(engine, WatchedEngine) and engine.health.state == "failed" and not engine.traits.clones
        if enrolled is not None and enrolled.engine != settings.engine:
            yield f'voices.{name}.engine: "{name}" is enrolled with the engine "{enrolled.engine}"; enrol it again'
        elif enrolled is None and not untold:  # it may turn out not to clone at all
            yield f"voices.{name}: {not_enrolled(name)}"

    def _unknown_speaker(self, name: str, settings: VoiceSettings) -> str:
        names = [speaker.name for speaker in self._sources.engines[settings.engine].speakers]
        near = difflib.get_close_matches(settings.speaker or "", names, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f'voices.{name}.speaker: "{settings.engine}" has no speaker "{settings.speaker}"{hint}'

    def _unknown_style(self, name: str, settings: VoiceSettings) -> str:
        styles = sorted(self._sources.engines[settings.engine].traits.styles)
        near = difflib.get_close_matches(settings.style or "", styles, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f'voices.{name}.style: "{settings.engine}" has no style "{settings.style}"{hint}; it speaks as usual'

    def _of_enrolled(self, voice: EnrolledVoice) -> Iterator[str]:
        if lacking := self._sources.lacking(voice):
            yield f'The enrolled voice "{voice.name}" {lacking}'
        settings = self._sources.configured.get(voice.name)
        if settings is None or not settings.fallbacks:
            yield from (f'The enrolled voice "{voice.name}": {mistake}' for mistake in self._unknown(voice.fallbacks))

    def _unknown(self, fallbacks: Iterable[str]) -> Iterator[str]:
        """The fallbacks that do not exist; an engine that tells its speakers later may yet have them."""
        silent = tuple(f"{name}-" for name, engine in self._sources.engines.items() if not engine.speakers)
        for name in fallbacks:
            if name not in self._voices and not name.startswith(silent):
                yield f'there is no voice "{name}" to fall back on{self._hint(name)}'


def not_enrolled(name: str) -> str:
    """What to do about a configured voice that still has to be enrolled."""
    return f'"{name}" is not enrolled yet: `voxd voices enroll {name} --reference clip.wav`'
