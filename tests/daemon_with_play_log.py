"""voxd as it is, but for its engine and its outputs: they note what is heard; it kills itself where it is told to.

The environment names the play log (TESTS_PLAY_LOG) and the file that tells the point of its death (TESTS_DOOM).
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from doom import Doom, arm
from play_log import END, START, PlayLog
from words import Piece, WordEngine, WordReader

from voxd.app import House
from voxd.lib import logs
from voxd.model.audio import Chunk
from voxd.settings import Settings
from voxd.settings_file import load
from voxd.synthesis.engine import Engine, Sentence

ENGINE = "espeak"
"""The name that the default voice looks for."""
AHEAD_S = 0.1
"""So much sound is taken before it is heard, as by the buffer of a device."""


class NotingOutput:
    """Hears words at the pace of the clock, a little after it has taken them, and notes them."""

    def __init__(self, name: str, log: PlayLog, doom: Doom) -> None:
        self.name = name
        self._log = log
        self._doom = doom

    async def start(self) -> None:
        """Always works."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Until it was heard."""
        loop = asyncio.get_running_loop()
        reader = WordReader()
        word = ""
        taken: deque[Chunk] = deque()
        through_s = loop.time()
        while await _fill(taken, sound):
            chunk = taken.popleft()
            through_s = max(through_s, loop.time()) + chunk.duration_s
            for piece in reader.read(chunk.pcm):
                self._follow(word, piece)
                word = piece.word
            await asyncio.sleep(through_s - loop.time())
        if word:
            self._ended(word)

    def _follow(self, before: str, piece: Piece) -> None:
        if piece.word != before:
            if before:
                self._ended(before)
            self._log.note(START, piece.word)
            self._doom.strike("play started")
        if piece.number >= piece.of // 2:
            self._doom.strike("half played")

    def _ended(self, word: str) -> None:
        self._log.note(END, word)
        self._doom.strike("played")


async def _fill(taken: deque[Chunk], sound: AsyncIterator[Chunk]) -> bool:
    """Take what is to be heard next and a little more; whether there is anything."""
    while sum(chunk.duration_s for chunk in taken) < AHEAD_S:
        if (chunk := await anext(sound, None)) is None:
            break
        taken.append(chunk)
    return bool(taken)


class DoomedWords(WordEngine):
    """May die when a word is whole and nobody has heard it yet."""

    def __init__(self, name: str, doom: Doom) -> None:
        super().__init__(name)
        self._doom = doom

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sentence's word."""
        async with aclosing(super().speak(sentence)) as sound:
            chunks = [chunk async for chunk in sound]
        self._doom.strike("synthesized")
        for chunk in chunks:
            yield chunk


def house_of(config: Path, log: PlayLog, doom: Doom) -> House:
    """The daemon's objects, around our engine and outputs."""

    def settings() -> Settings:
        return load(config, [])

    def output(name: str, *_: Any) -> NotingOutput:
        return NotingOutput(name, log, doom)

    def engines(_: Settings) -> dict[str, Engine]:
        return {ENGINE: DoomedWords(ENGINE, doom)}

    logs.configure(settings().log.level)
    return House(settings(), settings, output, engines)


async def serve(config: Path) -> None:
    """Live until killed or stopped."""
    doom = Doom(Path(os.environ["TESTS_DOOM"]))
    house = house_of(config, PlayLog(Path(os.environ["TESTS_PLAY_LOG"])), doom)
    arm(house, doom)
    await house.daemon.run()


if __name__ == "__main__":
    verb, _, file = sys.argv[1:4]
    assert verb == "run"
    asyncio.run(serve(Path(file)))
