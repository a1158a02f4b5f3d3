"""The engine flite: the program of that name, English, a process for each sentence."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from voxd.errors import EngineError
from voxd.lib.child_process import ChildProcess
from voxd.lib.text_parts import parts_that_fit
from voxd.lib.threads import in_daemon_thread
from voxd.model.audio import Chunk
from voxd.settings.engines import FliteSettings
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker
from voxd.synthesis.engines import flite_voices
from voxd.synthesis.engines.child_program import ChildProgram
from voxd.synthesis.engines.flite_voices import VoiceFile
from voxd.synthesis.engines.memory_wav import MemoryWav

PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": " - ", "\u2014": " - ", "\u2026": "..."}
    | {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "th", "Ð": "Th", "þ": "th", "Þ": "Th", "ı": "i"}
    | dict.fromkeys((*range(32), 127), " ")
)
"""What people type, in the letters of ASCII, accents aside: flite spells the bytes of all others."""
PART_MAX_CHARS = 200
"""flite's time for a part grows with the square of its length, to minutes where it finds no end of a sentence."""
BREAK = "\n\n"
"""What it takes for the end of a part, whatever the text says."""
Read = TypeVar("Read")


class FliteEngine:
    """Speaks by running flite. The text goes in by the child's standard input: nobody reads it in `ps`.

    flite writes files and nothing else, part by part. It writes them in memory, and each part is spoken as soon as it
    is there: after about 60 ms with the voice slt, 10 with kal16. Its start takes 8 ms of them, so no process is kept
    waiting.
    """

    def __init__(self, name: str, settings: FliteSettings) -> None:
        self.name = name
        self._settings = settings
        self._program = ChildProgram(settings.program, "flite", settings.timeout_s)
        self._about = settings.program
        self._speakers: tuple[Speaker, ...] = ()
        self._built_in: frozenset[str] = frozenset()
        self._in_files: dict[str, VoiceFile] = {}
        self._speaking: set[ChildProcess] = set()

    @property
    def traits(self) -> EngineTraits:
        """The fingerprint holds the program's name and version, and what tells further voices from others."""
        told = " ".join((self._about, *(voice.mark for voice in self._in_files.values())))
        return EngineTraits(told, changes_rate=True, concurrency=self._settings.concurrency, overtaking=1)

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """One for each voice."""
        return self._speakers

    async def start(self) -> None:
        """Ask the program for its version and its voices, and look at the files of further ones."""
        version = re.search(r"version: (\S+)", await self._program.asked("--version"))
        built_in = flite_voices.built_in(await self._program.asked("-lv"))
        if version is None or not built_in:
            raise EngineError(f"{self._program.path} named no voices; is it flite?")
        self._in_files = dict(await self._read(partial(flite_voices.in_files, self._settings.voices)))
        in_files = tuple(voice.speaker for voice in self._in_files.values())
        self._speakers = in_files + tuple(speaker for speaker in built_in if speaker.name not in self._in_files)
        self._built_in = frozenset(speaker.name for speaker in built_in)
        self._about = f"{self._program.path} {version[1]}"

    async def stop(self) -> None:
        """End every process; who is still being spoken to gets an EngineError."""
        for child in self._speaking:
            child.kill()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as flite makes it."""
        text, voice = _spoken(sentence.text), await self._voice(sentence.voice.speaker)
        wav = MemoryWav()
        try:
            stretch = f"duration_stretch={1 / sentence.rate:.4f}"
            arguments = ("-voice", voice, "--setf", stretch, "-f", "-", "-o", wav.path)
            child = self._program.run(arguments, (wav.descriptor,))
            self._speaking.add(child)
            try:
                async with aclosing(self._program.listen(child).sound_in(wav, text)) as sound:
                    async for chunk in sound:
                        yield chunk
            finally:
                self._speaking.discard(child)
                await child.end()
        finally:
            wav.close()

    async def _voice(self, speaker: str) -> str:
        """What flite knows the speaker as; one that it does not know or find it would replace, without a word.

        A file may hold another voice than at the start: that is part of the fingerprint before the voice is heard.
        """
        if (known := self._in_files.get(speaker)) is not None:
            self._in_files[speaker] = await self._read(partial(flite_voices.in_file, known.file))
            return str(known.file)
        if not self._built_in:
            raise EngineError(f"The engine {self.name} could not be started: `voxd status` tells why")
        if speaker not in self._built_in:
            raise EngineError(f'flite has no speaker "{speaker[:64]}"')
        return speaker

    async def _read(self, work: Callable[[], Read]) -> Read:
        """What `work` reads of the disk, which may be slow, or away."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await in_daemon_thread(work, "flite voices")
        except TimeoutError:
            limit_s = self._settings.timeout_s
            raise EngineError(f"flite's voices could not be read within {limit_s:g} s: look at their disk") from None


def _spoken(text: str) -> bytes:
    """The text as flite reads it: letters without accents, in parts that it can bear. Nothing is a command to it."""
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN)).encode("ascii", errors="ignore").decode()
    if not any(char.isalnum() for char in plain):
        raise EngineError("flite speaks English, and found no word of it in the text")
    return (BREAK.join(parts_that_fit(plain, _fits)) + "\n").encode()


def _fits(part: str) -> bool:
    return len(part) <= PART_MAX_CHARS
