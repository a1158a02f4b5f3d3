"""Who speaks at a GPT-SoVITS server, and with what: reference clips and weights, by their paths on its disk."""

from collections.abc import Iterator
from dataclasses import dataclass

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.voice import Voice
from voxd.settings.engines import GptSovitsSettings, GptSovitsSpeakerSettings
from voxd.synthesis.engine import Speaker
from voxd.synthesis.engines.remote.gpt_sovits.language_codes import spoken

SHOWN_CHARS = 64
NO_FOLDER = "a cloned voice needs a folder that voxd and the server share: name it in the engine's clips (ours, theirs)"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A reference clip by its path on the server's disk. `transcript` is what all of it says, empty if not known."""

    clip: str
    transcript: str
    language: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The two halves of the model by their paths on the server's disk; None: whatever it has."""

    gpt: str | None
    sovits: str | None


@dataclass(frozen=True, slots=True)
class Manner:
    """All that makes the sound of a voice beside the text."""

    prompt: Prompt
    weights: Weights


class Speakers:
    """Those of the settings, and enrolled voices under the names that sentences carry, such as mum@2."""

    def __init__(self, settings: GptSovitsSettings) -> None:
        self._settings = settings
        self._enrolled: dict[str, Prompt] = {}

    def enrol(self, speaker: str, prompt: Prompt) -> None:
        """Know an enrolled voice from now on."""
        self._enrolled[speaker] = prompt

    def forget(self, speaker: str) -> Prompt | None:
        """What was known of an enrolled voice."""
        return self._enrolled.pop(speaker, None)

    @property
    def enrolled(self) -> tuple[Prompt, ...]:
        """The prompts of all enrolled voices."""
        return tuple(self._enrolled.values())

    def told(self, version: str) -> Iterator[Speaker]:
        """The settings' own speakers; each speaks its language and all others that the model of that version does."""
        for name, speaker in self._settings.speakers.items():
            if speaker.clip is not None:
                languages = dict.fromkeys((speaker.language, *self._settings.languages))
                known = tuple(tag for tag in languages if spoken(tag, version))
                yield Speaker(name, known or ("und",))

    @property
    def styles(self) -> frozenset[str]:
        """All that any speaker has."""
        return frozenset(style for speaker in self._settings.speakers.values() for style in speaker.styles)

    @property
    def change_weights(self) -> bool:
        """Whether the model that speaks is chosen here, for all voices or for some."""
        own = ((each.gpt_weights, each.sovits_weights) for each in self._settings.speakers.values())
        chosen = ((self._settings.gpt_weights, self._settings.sovits_weights), *own)
        return any(gpt or sovits for gpt, sovits in chosen)

    def manner(self, voice: Voice) -> Manner:
        """How a voice is spoken. Raises BadRequestError, UnknownVoiceError where it has to be introduced first."""
        own = self._settings.speakers.get(voice.speaker)
        if own is not None and own.clip is not None:
            usual: Prompt | None = Prompt(own.clip, own.transcript, own.language)
        else:
            usual = self._enrolled.get(voice.speaker)
            own = self._settings.speakers.get(voice.speaker.rpartition("@")[0])
        if usual is None:
            raise self._absence(voice.speaker)
        return Manner(_styled(voice, own, usual), self._weights(own))

    def _weights(self, own: GptSovitsSpeakerSettings | None) -> Weights:
        gpt, sovits = (own.gpt_weights, own.sovits_weights) if own is not None else (None, None)
        return Weights(gpt or self._settings.gpt_weights, sovits or self._settings.sovits_weights)

    def _absence(self, speaker: str) -> BadRequestError:
        shown = speaker[:SHOWN_CHARS]
        if "@" in speaker and self._settings.clips is None:
            return BadRequestError(NO_FOLDER)
        if "@" in speaker:
            return UnknownVoiceError(f"it was not given the clip of {shown} yet")
        known = ", ".join(name for name, each in self._settings.speakers.items() if each.clip is not None)
        return BadRequestError(f'it has no speaker "{shown}"; the engine\'s speakers with a clip: {known or "none"}')


def _styled(voice: Voice, own: GptSovitsSpeakerSettings | None, usual: Prompt) -> Prompt:
    """The clip of the style that the voice asks for."""
    if not voice.style:
        return usual
    styles = own.styles if own is not None else {}
    if (style := styles.get(voice.style)) is None:
        known = ", ".join(styles) or "none"
        style_shown, speaker_shown = voice.style[:SHOWN_CHARS], voice.speaker[:SHOWN_CHARS]
        raise BadRequestError(f'its speaker {speaker_shown} has no style "{style_shown}"; there is {known}')
    return Prompt(style.clip, style.transcript, style.language or usual.language)
