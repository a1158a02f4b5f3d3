"""The engine flite: the program of that name, English, a process for each sentence."""

import re
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from voxd.errors import EngineError
from voxd.lib.child_process import ChildProcess
from voxd.lib.text_parts import parts_that_fit
from voxd.model.audio import Chunk
from voxd.settings.engines import FliteSettings
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker
from voxd.synthesis.engines import flite_voices
from voxd.synthesis.engines.child_program import ChildProgram
from voxd.synthesis.engines.memory_wav import MemoryWav

PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": " - ", "\u2014": " - ", "\u2026": "..."}
    | dict.fromkeys((*range(32), 127), " ")
)
"""What people type, in the letters of ASCII: flite spells the bytes of all others."""
PART_MAX_CHARS = 200
"""flite's time for a part grows with the square of its length, to minutes where it finds no end of a sentence."""
BREAK = "\n\n"
"""What it takes for the end of a part, whatever the text says."""


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
        self._traits = self._traits_of(settings.program)
        self._speakers: tuple[Speaker, ...] = ()
        self._voices: dict[str, str] = {}
        self._speaking: set[ChildProcess] = set()

    @property
    def traits(self) -> EngineTraits:
        """The fingerprint holds the program's name and version, and the sizes of further voices."""
        return self._traits

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
        in_files = {file: flite_voices.in_file(file) for file in self._settings.voices}
        speakers = {speaker.name: speaker for speaker in (*in_files.values(), *built_in)}
        self._speakers = tuple(speakers.values())
        self._voices = {name: name for name in speakers}
        self._voices |= {speaker.name: str(file.absolute()) for file, speaker in in_files.items()}
        sizes = "".join(f" {file.name} {file.stat().st_size}" for file in in_files)
        self._traits = self._traits_of(f"{self._program.path} {version[1]}{sizes}")

    async def stop(self) -> None:
        """End every process; who is still being spoken to gets an EngineError."""
        for child in self._speaking:
            child.kill()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as flite makes it."""
        text, voice = _spoken(sentence.text), self._voice(sentence.voice.speaker)
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

    def _voice(self, speaker: str) -> str:
        """What flite knows the speaker as; one that it does not know or find it would replace, without a word."""
        voice = self._voices.get(speaker)
        if voice is None:
            raise EngineError(f'flite has no speaker "{speaker[:64]}"')
        if "/" in voice:
            flite_voices.in_file(Path(voice))
        return voice

    def _traits_of(self, fingerprint: str) -> EngineTraits:
        return EngineTraits(fingerprint, changes_rate=True, concurrency=self._settings.concurrency)


def _spoken(text: str) -> bytes:
    """The text as flite reads it: letters without accents, in parts that it can bear. Nothing is a command to it."""
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN)).encode("ascii", errors="ignore").decode()
    if not any(char.isalnum() for char in plain):
        raise EngineError("flite speaks English, and found no word of it in the text")
    return (BREAK.join(parts_that_fit(plain, _fits)) + "\n").encode()


def _fits(part: str) -> bool:
    return len(part) <= PART_MAX_CHARS
