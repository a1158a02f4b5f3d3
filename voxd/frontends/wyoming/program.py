"""The one program that the Wyoming frontend is: what it tells of itself, and which voice a client means."""

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.frontends.house import Renderer
from voxd.model.voice import Voice
from voxd.wire.wyoming.info import info_frame
from voxd.wire.wyoming.requests import SynthesizeVoice

PROGRAM = "voxd"
"""Part of what Home Assistant knows us by: it must never change."""
_SHOWN_CHARS = 64


class Program:
    """Tells of its voices, in bytes that are made once for each list of them."""

    def __init__(self, renderer: Renderer, version: str) -> None:
        self._renderer = renderer
        self._version = version
        self._voices: tuple[Voice, ...] = ()
        self._info = b""

    def info(self) -> bytes:
        """The info event, up to date."""
        voices = self._renderer.voices()
        if not self._info or voices != self._voices:
            self._info = info_frame(PROGRAM, self._version, voices)
            self._voices = voices
        return self._info

    def check_selected(self, name: str) -> None:
        """Raises BadRequestError unless the program that a client selects is this one."""
        if name != PROGRAM:
            raise BadRequestError(f'There is no program "{name[:_SHOWN_CHARS]}" here, only "{PROGRAM}"')

    def voice_name(self, asked: SynthesizeVoice | None) -> str | None:
        """The name of the voice asked for, None where the choice is ours. Raises UnknownVoiceError.

        A speaker beside the name means the voice `<name>-<speaker>`, or the named voice if that is its speaker.
        """
        if asked is None or asked.name is None or asked.speaker is None:
            return asked.name if asked else None
        combined = f"{asked.name}-{asked.speaker}"
        for voice in self._renderer.voices():
            if voice.name == combined or (voice.name == asked.name and voice.speaker == asked.speaker):
                return voice.name
        name, speaker = asked.name[:_SHOWN_CHARS], asked.speaker[:_SHOWN_CHARS]
        raise UnknownVoiceError(f'There is no voice "{name}" with a speaker "{speaker}"')
