"""One announcement being spoken in its zones."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from voxd.announcing.queue import Waiting
from voxd.announcing.speech import Speech
from voxd.delivery.router import Router
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import Chunk
from voxd.synthesis.rendition import Rendition
from voxd.synthesis.synthesizer import Urgency

Tell = Callable[[Announcement, State], None]


class Performance:
    """Speaks the sentences of an announcement that were not heard yet, in all its zones at once."""

    def __init__(self, waiting: Waiting, speech: Speech, router: Router, tell: Tell) -> None:
        self.announcement = waiting.announcement
        self.zones = waiting.zones
        self.sentences_heard = waiting.sentences_heard
        self.timings_ms: dict[str, float] = {}
        self.finished = False
        self._accepted_at = waiting.accepted_at
        self._speech = speech
        self._router = router
        self._tell = tell
        self._ending = False
        self._started = 0.0

    def end_after_sentence(self) -> None:
        """Let the sentence that is being spoken be the last one."""
        self._ending = True

    async def run(self) -> None:
        """Speak until all was heard (`finished`), or until the end of a sentence where it was asked to end.

        Raises EngineError and OutputError, and BadRequestError where the voice is gone by now.
        """
        wanted = self.announcement
        style = self._speech.style(wanted.voice, wanted.language, wanted.rate)
        sentences = self._speech.sentences(wanted.text, style)
        first = min(self.sentences_heard, len(sentences))
        urgency = Urgency.ALARM if wanted.priority is Priority.ALARM else Urgency.ANNOUNCEMENT
        self._started = time.monotonic()
        self.timings_ms["queued"] = round(1000 * max(0.0, time.time() - self._accepted_at), 1)
        self._tell(wanted, State.SYNTHESIZING)

        def sound() -> AsyncGenerator[Chunk, None]:
            return self._sound(self._speech.spoken(sentences[first:], urgency), first)

        await self._router.play(self.zones, sound, wanted.volume)
        self.timings_ms["total"] = self._elapsed_ms()
        self.finished = self.sentences_heard >= len(sentences)

    async def _sound(self, renditions: AsyncGenerator[Rendition, None], index: int) -> AsyncGenerator[Chunk, None]:
        async with aclosing(renditions):
            async for rendition in renditions:
                async with aclosing(rendition.chunks()) as chunks:
                    async for chunk in chunks:
                        self._note_first_audio()
                        yield chunk
                index += 1
                self.sentences_heard = max(self.sentences_heard, index)
                if self._ending:
                    return

    def _note_first_audio(self) -> None:
        if "first_audio" not in self.timings_ms:
            self.timings_ms["first_audio"] = self._elapsed_ms()
            self._tell(self.announcement, State.PLAYING)

    def _elapsed_ms(self) -> float:
        return round(1000 * (time.monotonic() - self._started), 1)
