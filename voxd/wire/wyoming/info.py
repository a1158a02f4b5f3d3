"""What a speaking server tells of itself: as we say it, and as we understand it of others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from wyoming.event import Event
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice

from voxd.errors import ProtocolError
from voxd.model.voice import Voice
from voxd.wire.wyoming.frames import frame


def info_frame(program: str, version: str, voices: Iterable[Voice]) -> bytes:
    """The info event of a program that speaks with these voices."""
    attribution = Attribution(name=program, url="")
    spoken = [
        TtsVoice(
            name=voice.name,
            attribution=attribution,
            installed=True,
            description=voice.description or voice.name,
            version=str(voice.revision),
            languages=list(voice.languages),
        )
        for voice in voices
    ]
    speaking = TtsProgram(
        name=program,
        attribution=attribution,
        installed=True,
        description="Announcements and speech for the whole house",
        version=version,
        voices=spoken,
        supports_synthesize_streaming=True,
    )
    return frame(Info(tts=[speaking]))


@dataclass(frozen=True, slots=True)
class SpokenVoice:
    """A voice that another server advertises as installed; `languages` are BCP 47 tags."""

    name: str
    languages: tuple[str, ...]
    description: str
    speakers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpeakingProgram:
    """The program that speaks on another server."""

    name: str
    version: str
    voices: tuple[SpokenVoice, ...]


def speaking_program(info: Event) -> SpeakingProgram:
    """The first installed program for speech in an info event. Raises ProtocolError if there is none."""
    for program in _objects(info.data.get("tts")):
        match program:
            case {"name": str(name), "installed": True}:
                voices = tuple(_voices(program.get("voices")))
                return SpeakingProgram(name, str(program.get("version") or ""), voices)
    raise ProtocolError("The server tells of no program that speaks")


def _voices(value: Any) -> Iterator[SpokenVoice]:
    for voice in _objects(value):
        match voice:
            case {"name": str(name), "installed": True, "languages": [*languages]}:
                tags = tuple(tag.replace("_", "-") for tag in languages if isinstance(tag, str))
                speakers = (one.get("name") for one in _objects(voice.get("speakers")))
                named = tuple(one for one in speakers if isinstance(one, str))
                yield SpokenVoice(name, tags, str(voice.get("description") or ""), named)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
