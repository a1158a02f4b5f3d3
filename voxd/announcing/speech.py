"""From what people write to the sound of a voice: sentences, normalized, each rendered ahead of its turn."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing

from voxd.errors import BadRequestError, UnspeakableTextError
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine, Sentence
from voxd.synthesis.rendition import Rendition
from voxd.synthesis.synthesizer import Synthesizer, Urgency
from voxd.synthesis.voices import VoiceBook
from voxd.text.normalizer import Normalizer
from voxd.text.sentences import SentenceSplitter, split

RATE_MIN, RATE_MAX = 0.5, 2.0

Begun = Rendition | Exception | None
"""A sentence that was begun; or how the text ended: with a failure, or None."""


class Style:
    """A voice found and how it speaks this time."""

    __slots__ = ("language", "rate", "voice")

    def __init__(self, voice: Voice, language: str, rate: float) -> None:
        self.voice = voice
        self.language = language
        self.rate = rate


class Speech:
    """Text, voices and synthesizer put together; what announcements and renderings share."""

    def __init__(
        self,
        normalizer: Normalizer,
        voices: VoiceBook,
        synthesizer: Synthesizer,
        engines: dict[str, Engine],
        ahead: int,
    ) -> None:
        self._normalizer = normalizer
        self._voices = voices
        self._synthesizer = synthesizer
        self._engines = engines
        self._ahead = ahead

    def voices(self) -> tuple[Voice, ...]:
        """All voices, the default one first."""
        return self._voices.all()

    def voice_mistakes(self) -> tuple[str, ...]:
        """The configured voices that cannot speak, a sentence each."""
        return self._voices.mistakes()

    def style(self, voice: str | None, language: str | None, rate: float | None) -> Style:
        """The voice asked for and how it is to speak.

        Raises UnknownVoiceError, and BadRequestError where the voice lacks the language or cannot change its rate.
        """
        found = self._voices.find(voice, language)
        if not self._engines[found.engine].traits.changes_rate and (rate or 1.0) != 1.0:
            raise BadRequestError(f"The voice {found.name} cannot change its rate; leave rate out")
        factor = min(RATE_MAX, max(RATE_MIN, (rate or 1.0) * found.rate))
        return Style(found, language or found.language, factor)

    def sentences(self, text: str, style: Style) -> tuple[Sentence, ...]:
        """What is said of a text. Raises UnspeakableTextError where that is nothing."""
        found = tuple(self._speakable(split(text, style.language), style))
        if not found:
            raise UnspeakableTextError("The text holds nothing that can be spoken")
        return found

    def check_speakable(self, text: str, style: Style) -> None:
        """Raises UnspeakableTextError where nothing is said of a text; looks no further than its first sentence."""
        if next(iter(self._speakable(split(text, style.language), style)), None) is None:
            raise UnspeakableTextError("The text holds nothing that can be spoken")

    async def spoken(self, sentences: Sequence[Sentence], urgency: Urgency) -> AsyncGenerator[Rendition, None]:
        """The sound of each sentence in turn, the next ones being rendered meanwhile."""
        begun: deque[Rendition] = deque()
        coming = iter(sentences)
        try:
            while True:
                for sentence in coming:
                    begun.append(self._synthesizer.speak(sentence, urgency))
                    if len(begun) > self._ahead:
                        break
                if not begun:
                    return
                with begun.popleft() as rendition:
                    yield rendition
        finally:
            for rendition in begun:
                rendition.close()

    async def spoken_stream(
        self, fragments: AsyncIterator[str], style: Style, urgency: Urgency
    ) -> AsyncGenerator[Rendition, None]:
        """The same for a text that is still being written; a sentence begins as soon as it is complete."""
        begun: asyncio.Queue[Begun] = asyncio.Queue(self._ahead)
        reading = asyncio.create_task(self._begin_each(fragments, style, urgency, begun), name="speech-reading")
        try:
            while (next_ := await begun.get()) is not None:
                if isinstance(next_, Exception):
                    raise next_
                with next_ as rendition:
                    yield rendition
        finally:  # no TaskGroup: whoever closes a generator may be another task than the one that began it
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            while not begun.empty():
                if isinstance(unheard := begun.get_nowait(), Rendition):
                    unheard.close()

    async def _begin_each(
        self, fragments: AsyncIterator[str], style: Style, urgency: Urgency, begun: "asyncio.Queue[Begun]"
    ) -> None:
        """Put a rendition for each sentence into the queue, then what ended the text: None, or the failure."""
        try:
            await self._begin(fragments, style, urgency, begun)
        except Exception as error:  # it rises where the renditions are awaited, in its turn
            await begun.put(error)
        else:
            await begun.put(None)

    async def _begin(
        self, fragments: AsyncIterator[str], style: Style, urgency: Urgency, begun: "asyncio.Queue[Begun]"
    ) -> None:
        spoken_any = False
        async with aclosing(self._sentences_of(fragments, style)) as sentences:
            async for sentence in sentences:
                rendition = self._synthesizer.speak(sentence, urgency)
                try:
                    await begun.put(rendition)
                except BaseException:
                    rendition.close()
                    raise
                spoken_any = True
        if not spoken_any:
            raise UnspeakableTextError("The text holds nothing that can be spoken")

    async def _sentences_of(self, fragments: AsyncIterator[str], style: Style) -> AsyncGenerator[Sentence, None]:
        splitter = SentenceSplitter(style.language)
        async for fragment in fragments:
            for sentence in self._speakable(splitter.feed(fragment), style):
                yield sentence
        for sentence in self._speakable(splitter.finish(), style):
            yield sentence

    def _speakable(self, written: Iterable[str], style: Style) -> Iterable[Sentence]:
        for sentence in written:
            if words := self._normalizer.spoken(sentence, style.language):
                yield Sentence(words, style.voice, style.language, style.rate)

    async def warm(self) -> None:
        """Speak once to nobody, so that the first announcement is as quick as the next. Raises VoxdError."""
        style = self.style(None, None, None)
        self._normalizer.warm(style.language)
        self.sentences("Ready.", style)
        await self._synthesizer.warm(style.voice)
