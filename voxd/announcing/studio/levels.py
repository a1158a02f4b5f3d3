"""Levels: how loud each voice is, as far as it was measured, and the gain that follows; kept in a small file."""

import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voxd.announcing.studio.mix import gain_db
from voxd.lib import durable
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine
from voxd.synthesis.fingerprint import sound_key

log = logging.getLogger(__name__)

VOICES_MAX = 1000
FILE_MAX_BYTES = 1 << 20
VERSION = 1


@dataclass(frozen=True, slots=True)
class Level:
    """What was measured of a voice of that engine."""

    engine: str
    loudness_lufs: float


class Levels:
    """What is known of the voices; a file that is lost or damaged only means that they are measured again."""

    def __init__(self, file: Path, target_lufs: float | None, engines: Mapping[str, Engine]) -> None:
        self._file = file
        self._target_lufs = target_lufs
        self._engines = engines
        self._known: OrderedDict[str, Level] = OrderedDict()

    def load(self) -> None:
        """Read what was measured in earlier runs. Blocks."""
        try:
            with self._file.open("rb") as file:
                self._known = _levels(json.loads(file.read(FILE_MAX_BYTES)))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.info("The loudness of the voices is measured again: %s cannot be read (%s)", self._file, error)

    def knows(self, voice: Voice) -> bool:
        """Whether it was measured."""
        return self._key(voice) in self._known

    def gain_db(self, voice: Voice) -> float:
        """What brings a voice to the target: its own gain, until that is known another one's of its engine, else 0."""
        level = self._known.get(self._key(voice)) or self._others(voice.engine)
        return 0.0 if level is None or self._target_lufs is None else gain_db(self._target_lufs, level.loudness_lufs)

    def note(self, voice: Voice, loudness_lufs: float) -> None:
        """It was measured. The file is written by `save`."""
        self._known[self._key(voice)] = Level(voice.engine, loudness_lufs)
        while len(self._known) > VOICES_MAX:
            self._known.popitem(last=False)

    def save(self) -> None:
        """Write the file. Blocks; where that fails, the voices are measured again after the next start."""
        voices = {key: {"engine": level.engine, "lufs": level.loudness_lufs} for key, level in self._known.items()}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            durable.replace(self._file, json.dumps({"version": VERSION, "voices": voices}, indent=1).encode())
        except OSError as error:
            log.warning("How loud the voices are could not be kept in %s: %s", self._file, error.strerror)

    def _others(self, engine: str) -> Level | None:
        return next((level for level in reversed(self._known.values()) if level.engine == engine), None)

    def _key(self, voice: Voice) -> str:
        engine = self._engines.get(voice.engine)
        return sound_key(voice, engine.traits) if engine else ""


def _levels(content: object) -> OrderedDict[str, Level]:
    """What the file holds. Raises ValueError where that is something else."""
    match content:
        case {"version": 1, "voices": dict(voices)}:
            return OrderedDict((str(key), _level(value)) for key, value in voices.items())
        case _:
            raise ValueError("it is of another kind")


def _level(value: object) -> Level:
    match value:
        case {"engine": str(engine), "lufs": float(lufs)} if -70 <= lufs <= 20:
            return Level(engine, lufs)
        case _:
            raise ValueError("a level in it is none")
