"""From what people write to the sound of a voice: sentences, normalized, each rendered ahead of its turn."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from voxd.announcing.speaking.cast import Cast
from voxd.announcing.speaking.casting import Casting
from voxd.announcing.speaking.guard import Guard
from voxd.announcing.speaking.interpreters import Interpreters
from voxd.announcing.speaking.script import Line, ScriptWriter
from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.take import Take
from voxd.announcing.speaking.takes import Takes
from voxd.announcing.speaking.tongues import Tongues
from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN, wanted_voice
from voxd.errors import BadRequestError, UnspeakableTextError
from voxd.lib.threads import in_daemon_thread
from voxd.model.announcement import Priority
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import SpeechSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.synthesizer import Synthesizer, Urgency
from voxd.synthesis.voices import VoiceBook
from voxd.text.language_finder import LanguageFinder
from voxd.text.normalizer import Normalizer
from voxd.text.ssml import Manner, is_ssml

log = logging.getLogger(__name__)

Begun = Take | Exception | None
"""A sentence that was begun; or how the text ended: with a failure, or None."""
Outdated = Callable[[str, str], None]
"""Called with a name that stands for an older revision of a voice, and a sentence on it."""


class Speech:
    """Text, voices and synthesizer put together; what announcements and renderings share."""

    def __init__(
        self,
        normalizer: Normalizer,
        voices: VoiceBook,
        synthesizer: Synthesizer,
        engines: Mapping[str, Engine],
        settings: SpeechSettings,
        guard: Guard | None = None,
        on_outdated: Outdated | None = None,
    ) -> None:
        self._normalizer = normalizer
        self._voices = voices
        self._synthesizer = synthesizer
        self._casting = Casting(voices, engines, settings)
        self._interpreters = Interpreters(voices, engines, settings.languages)
        self._guard = guard or Guard()
        self._on_outdated = on_outdated
        self.finder = LanguageFinder(settings.languages) if settings.languages else None
        self._ahead = settings.ahead

    def voices(self) -> tuple[Voice, ...]:
        """All voices, the default one first."""
        return self._voices.all()

    @property
    def default_voice(self) -> VoiceId:
        """The owner's choice where an announcement names none, whether there is such a voice or not."""
        return self._voices.default

    def voice_mistakes(self) -> tuple[str, ...]:
        """The configured voices that cannot speak, and what is wrong with those for languages, a sentence each."""
        untold = self.finder.untold if self.finder else ()
        told = (f"speech.languages.{tag}: no text can be told to be in this language" for tag in untold)
        return (*self._voices.mistakes(), *self._interpreters.mistakes(), *told)

    def voice(self, name: str) -> Voice:
        """The voice of that name. Raises UnknownVoiceError."""
        return self._voices.find(name, None)

    def style(self, voice: str | None, language: str | None, rate: float | None) -> Style:
        """The voice asked for and how it is to speak; `voice` may say how, as in `mum?rate=1.2`.

        Raises UnknownVoiceError, and BadRequestError where the voice lacks the language or the style, or cannot change
        its rate.
        """
        style = self._casting.style(voice, language, rate)
        name = wanted_voice(voice).name
        if name is not None and self._on_outdated and (warning := self._voices.outdated(name)):
            self._on_outdated(name, warning)
        return style

    def can_speak(self, voice: str | None, language: str | None, rate: float | None) -> bool:
        """Whether `style` gives one; nobody is told where an older revision is asked for."""
        try:
            self._casting.style(voice, language, rate)
        except BadRequestError:
            return False
        return True

    def announced_style(
        self, voice: str | None, language: str | None, rate: float | None, *, accepted: bool = True
    ) -> Style:
        """The same for an announcement, which somebody is to speak in any case once it was `accepted`.

        Where its voice is gone since, or it names none and the default one does not exist, it has an `absence`. Raises
        BadRequestError in every other case, and where nobody may stand in.
        """
        try:
            return self.style(voice, language, rate)
        except BadRequestError as error:
            if not accepted and (voice, language) != (None, None):
                raise
            return self._casting.absent(voice, language, rate, error)

    def is_expected(self, voice: str) -> bool:
        """Whether there is such a voice, or the owner means there to be one."""
        return self._voices.is_expected(voice)

    def script(self, text: str, style: Style, *, accepted: bool = False) -> tuple[Line, ...]:
        """What is said of a text, plain or SSML. Raises UnspeakableTextError where that is nothing.

        Raises BadRequestError where it is wrong SSML, or wants a voice that is not there or cannot speak so; what was
        `accepted` once is spoken all the same, by the voice that speaks the rest.
        """
        found = tuple(self.writer(accepted).lines(text, style))
        if not found:
            raise UnspeakableTextError("The text holds nothing that can be spoken")
        return found

    def check_speakable(self, text: str, style: Style, *, accepted: bool = False) -> None:
        """Raises UnspeakableTextError where nothing is said of a text; looks no further than its first sentence.

        SSML is read whole, and its mistakes are told.
        """
        if is_ssml(text):
            self.script(text, style, accepted=accepted)
        elif next(self.writer(accepted).lines(text, style), None) is None:
            raise UnspeakableTextError("The text holds nothing that can be spoken")

    def announced(self, script: Sequence[Line], priority: Priority) -> Takes:
        """The lines of an announcement as they are to be heard in all its zones."""
        urgency = Urgency.ALARM if priority is Priority.ALARM else Urgency.ANNOUNCEMENT
        return self._takes(script, lambda style: self._casting.announced(style, priority), urgency)

    def rendered(self, script: Sequence[Line]) -> Takes:
        """The lines of a rendering, all those of one style in one voice."""
        return self._takes(script, self._casting.rendered, Urgency.RENDERING)

    def _takes(self, script: Sequence[Line], cast_of: Callable[[Style], Cast], urgency: Urgency) -> Takes:
        casts = _Casts(cast_of)
        return Takes([self._take(line, casts.of(line.style), urgency) for line in script], self._ahead)

    def _take(self, line: Line, cast: Cast, urgency: Urgency) -> Take:
        return Take(line, cast, lambda spoken: self._synthesizer.speak(spoken, urgency), self._guard)

    def writer(self, accepted: bool = False) -> ScriptWriter:
        """Who writes the scripts; of what was `accepted` once, what cannot be done is left out."""
        return ScriptWriter(self._normalizer, partial(self._style_in_ssml, accepted), self._tongues)

    def _tongues(self, style: Style) -> Tongues:
        return Tongues(style, self.finder, self._interpreters.style)

    def _style_in_ssml(self, accepted: bool, style: Style, manner: Manner) -> Style:
        """The style as an SSML element changes it."""
        if (manner.voice, manner.language, manner.rate) == (None, None, 1.0):
            return style
        try:
            return self._mannered(style, manner)
        except BadRequestError:
            if not accepted and not style.absence:
                raise
            return style

    def _mannered(self, style: Style, manner: Manner) -> Style:
        """The same. Raises BadRequestError where nobody can speak so."""
        rate = (wanted_voice(manner.voice).rate or style.wish) * manner.rate
        rate = min(RATE_MAX, max(RATE_MIN, rate))
        if manner.voice is not None:
            return self._casting.style(manner.voice, manner.language, rate)
        language = manner.language or (style.language if style.language_given else None)
        if language is None or style.voice.speaks(language):
            found = self._casting.style(style.called, language, rate)
        else:
            own = self._casting.style(style.called, None, rate)
            found = self._interpreters.style(own, language) if self._interpreters.know(language) else own
            if found == own:
                found = self._casting.style(None, language, rate)
        return replace(found, gain_db=style.gain_db, language_given=language is not None)

    async def rendered_stream(self, fragments: AsyncIterator[str], style: Style) -> AsyncGenerator[Take, None]:
        """The same for a text that is still being written; a sentence begins as soon as it is complete."""
        begun: asyncio.Queue[Begun] = asyncio.Queue(self._ahead)
        reading = asyncio.create_task(self._begin_each(fragments, style, begun), name="speech-reading")
        try:
            while (next_ := await begun.get()) is not None:
                if isinstance(next_, Exception):
                    raise next_
                try:
                    yield next_
                finally:
                    next_.let_go()
        finally:  # no TaskGroup: whoever closes a generator may be another task than the one that began it
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            while not begun.empty():
                if isinstance(unheard := begun.get_nowait(), Take):
                    unheard.let_go()

    async def _begin_each(self, fragments: AsyncIterator[str], style: Style, begun: "asyncio.Queue[Begun]") -> None:
        """Put a take of each sentence into the queue, then what ended the text: None, or the failure."""
        try:
            await self._begin(fragments, style, begun)
        except Exception as error:  # it rises where the takes are awaited, in its turn
            await begun.put(error)
        else:
            await begun.put(None)

    async def _begin(self, fragments: AsyncIterator[str], style: Style, begun: "asyncio.Queue[Begun]") -> None:
        spoken_any = False
        casts = _Casts(self._casting.rendered)
        async with aclosing(self.writer(False).stream(fragments, style)) as lines:
            async for line in lines:
                take = self._take(line, casts.of(line.style), Urgency.RENDERING)
                take.hold()
                try:
                    await begun.put(take)
                except BaseException:
                    take.let_go()
                    raise
                spoken_any = True
        if not spoken_any:
            raise UnspeakableTextError("The text holds nothing that can be spoken")

    async def learn_languages(self, before: "Speech | None" = None) -> None:
        """Load what tells the language of a text, where the owner wants that; without it texts are in the voice's.

        What was loaded for the speech `before` this one is used again.
        """
        if self.finder is not None:
            known = before.finder.model if before and before.finder else None
            try:
                await in_daemon_thread(partial(self.finder.load, known), "languages")
            except (ImportError, OSError, ValueError) as error:
                log.error("No text can be told to be in another language than its voice's: %s", error)

    async def warm(self) -> None:
        """Speak once to nobody, so that the first announcement is as quick as the next. Raises VoxdError."""
        style = self.style(None, None, None)
        self._normalizer.warm(style.language)
        self.script("Ready.", style)
        await self._synthesizer.warm(style.voice)


class _Casts:
    """One cast for each style of a script, so that who spoke first speaks on."""

    def __init__(self, cast_of: Callable[[Style], Cast]) -> None:
        self._cast_of = cast_of
        self._casts: dict[Style, Cast] = {}

    def of(self, style: Style) -> Cast:
        """The cast of that style."""
        if style not in self._casts:
            self._casts[style] = self._cast_of(style)
        return self._casts[style]
