"""The engine espeak: the program espeak-ng, a process for each sentence."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from voxd.errors import EngineError
from voxd.lib.child_process import ChildProcess
from voxd.model.audio import Chunk
from voxd.settings.engines import EspeakSettings
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker
from voxd.synthesis.engines import espeak_speakers
from voxd.synthesis.engines.child_program import ChildProgram
from voxd.synthesis.engines.parking import Parking

WORDS_PER_MINUTE = 175
"""espeak-ng's normal speed."""
SPEAKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(\+[A-Za-z0-9]+)?")
"""A language, and perhaps one of espeak-ng's variants (`en-us+f2`): nothing that could be a path or an option."""
UNSPOKEN = dict.fromkeys((*range(32), *range(127, 160)), " ")
"""Control characters, some of which are commands to espeak-ng."""
Command = tuple[str, ...]


class EspeakEngine:
    """Speaks by running espeak-ng. The text goes in by the child's standard input: nobody reads it in `ps`.

    Its styles are what espeak-ng calls variants, such as whisper, croak or f2.

    espeak-ng takes most of its time to start and then waits for text, so a process with the settings just used
    is parked for the next sentence: its first sound comes after 0.5 ms instead of 6.
    """

    def __init__(self, name: str, settings: EspeakSettings) -> None:
        self.name = name
        self._program = ChildProgram(settings.program, "espeak-ng", settings.timeout_s)
        self._concurrency = settings.concurrency
        self._traits = self._traits_of(settings.program)
        self._speakers: tuple[Speaker, ...] = ()
        self._names: frozenset[str] = frozenset()
        self._parking = Parking[Command]()
        self._speaking: set[ChildProcess] = set()
        self._running = False

    @property
    def traits(self) -> EngineTraits:
        """The fingerprint holds the program's name and version."""
        return self._traits

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """One for each language or dialect."""
        return self._speakers

    async def start(self) -> None:
        """Ask the program for its version, its voices and its variants of them."""
        version = await self._program.asked("--version")
        self._speakers = espeak_speakers.parse(await self._program.asked("--voices"))
        self._names = frozenset(speaker.name for speaker in self._speakers)
        if not self._speakers:
            raise EngineError(f"{self._program.path} named no voices; is espeak-ng-data installed?")
        fingerprint = f"{self._program.path} {version.partition('Data at')[0].strip()}"
        self._traits = self._traits_of(fingerprint, 22050, await self._variants())
        self._running = True

    async def stop(self) -> None:
        """End every process; who is still being spoken to gets an EngineError."""
        self._running = False
        for child in self._speaking:
            child.kill()
        await self._parking.clear()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as espeak-ng makes it."""
        command = self._command(sentence)
        child = self._parking.take(command) or self._program.run(command)
        self._speaking.add(child)
        try:
            speech = self._program.listen(child)
            async with aclosing(speech.sound(_spoken(sentence.text))) as sound:
                async for chunk in sound:
                    yield chunk
            self._park(command)
        finally:
            self._speaking.discard(child)
            await child.end()

    def _command(self, sentence: Sentence) -> Command:
        speaker = sentence.voice.speaker
        known = not self._names or speaker.partition("+")[0] in self._names
        if not SPEAKER.fullmatch(speaker) or not known:
            raise EngineError(f'espeak-ng has no speaker "{speaker[:64]}"')
        if sentence.voice.style:  # takes the place of the speaker's own variant: espeak-ng knows but one
            speaker = f"{speaker.partition('+')[0]}+{sentence.voice.style}"
        words_per_minute = round(WORDS_PER_MINUTE * sentence.rate)
        return ("--stdin", "--stdout", "-b", "1", "-v", speaker, "-s", str(words_per_minute))

    def _traits_of(
        self, fingerprint: str, rate_hz: int | None = None, styles: frozenset[str] = frozenset()
    ) -> EngineTraits:
        return EngineTraits(
            fingerprint, rate_hz, changes_rate=True, styles=styles, concurrency=self._concurrency, overtaking=1
        )

    def _park(self, command: Command) -> None:
        """Start the next sentence's process; that it cannot be had now is the next sentence's trouble."""
        if self._running:
            with suppress(EngineError):
                self._parking.add(command, self._program.run(command))

    async def _variants(self) -> frozenset[str]:
        """None where the program tells of none: it speaks all the same."""
        with suppress(EngineError):
            return espeak_speakers.variants(await self._program.asked("--voices=variant"))
        return frozenset()


def _spoken(text: str) -> bytes:
    """The text as espeak-ng reads it: without its commands and its `[[phonemes]]`, and with an end of line."""
    clean = text.translate(UNSPOKEN).replace("[[", "[ [")
    return clean.encode(errors="ignore") + b"\n"
