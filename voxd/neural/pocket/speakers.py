"""The voices that come with a model, each read when it is to speak; the latest few stay in memory."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from voxd.errors import EngineError
from voxd.lib.os_errors import in_words
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
        self._marks = {name: _mark(file) for name, file in files.items()}
        self._shapes = shapes
        self._held: OrderedDict[str, VoiceState] = OrderedDict()

    def voice(self, name: str) -> VoiceState:
        """The voice of that name. Raises EngineError where there is none, or its file is not right."""
        if name not in self._files:
            raise EngineError(f"The model has no voice {name[:64]!r}")
        if name not in self._held:
            self._held[name] = self._read(name)
        self._held.move_to_end(name)
        if len(self._held) > HELD_MAX:
            self._held.popitem(last=False)
        return self._held[name]

    def _read(self, name: str) -> VoiceState:
        """The voice as it was when the model's fingerprint was made; another one would be kept under its name."""
        file = self._files[name]
        voice = voice_in(file, self._shapes)
        if _mark(file) != self._marks[name]:
            raise EngineError(f"The voice {file} was replaced while its model was loaded: restart voxd")
        return voice

    def drop(self) -> bool:
        """Have none in memory; whether there were any."""
        dropped = bool(self._held)
        self._held.clear()
        return dropped


def _mark(file: Path) -> tuple[int, int]:
    """What changes with a file's content."""
    try:
        facts = file.stat()
    except OSError as error:
        raise EngineError(f"The voice {file} cannot be read: {in_words(error)}") from error
    return facts.st_size, facts.st_mtime_ns
