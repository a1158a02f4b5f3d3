"""The voices that come with a model, each read when it is to speak; the latest few stay in memory."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from voxd.errors import EngineError
from voxd.neural.pocket.voice_state import Shapes, VoiceState, voice_in

HELD_MAX = 4
"""Each is about 6 MB."""
FIRST = {"en": "alba", "de": "juergen", "fr": "estelle", "it": "giovanni", "es": "lola", "pt": "rafael", "nl": "daan"}
"""Whose own language it is (pocket_tts.default_parameters)."""


class Speakers:
    """The model's own voices by name; used in the model's thread."""

    def __init__(self, files: Mapping[str, Path], shapes: Shapes, language: str) -> None:
        first = FIRST.get(language, "")
        self.names = tuple(sorted(files, key=lambda name: (name != first, name)))
        self._files = files
        self._shapes = shapes
        self._held: OrderedDict[str, VoiceState] = OrderedDict()

    def voice(self, name: str) -> VoiceState:
        """The voice of that name. Raises EngineError where there is none, or its file is not right."""
        if name not in self._files:
            raise EngineError(f"The model has no voice {name[:64]!r}")
        if name not in self._held:
            self._held[name] = voice_in(self._files[name], self._shapes)
        self._held.move_to_end(name)
        if len(self._held) > HELD_MAX:
            self._held.popitem(last=False)
        return self._held[name]

    def drop(self) -> bool:
        """Have none in memory; whether there were any."""
        dropped = bool(self._held)
        self._held.clear()
        return dropped
