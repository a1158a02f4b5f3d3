"""One small server around Sambert-HifiGAN, or around any model that is asked for a text and answers with its sound."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from voxd.errors import ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings.engines import SambertSettings
from voxd.synthesis.engine import Sentence, Speaker
from voxd.synthesis.engines.remote.refusals import check
from voxd.synthesis.engines.remote.sambert import answers, asking
from voxd.synthesis.engines.remote.server import Learned
from voxd.wire.http.client import HttpClient, Timeouts

_NOT_THERE = (502, 503, 504)
"""What stands before a server answers so while that is away, or still loads its model."""


class SambertServer:
    """Asked for one part of a sentence after the other; while one is heard, the next is made.

    None of these servers tells anything of itself, so its settings do. Its health is whether anybody answers at
    `url`, where a GET is hardly ever meant: any answer will do.
    """

    def __init__(self, url: str, settings: SambertSettings) -> None:
        self.address = url
        self._settings = settings
        waits = Timeouts(settings.connect_timeout_s, settings.first_sound_timeout_s, settings.chunk_timeout_s)
        self._client = HttpClient(url, waits, settings.tls, settings.token_file)

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.close()

    async def learn(self) -> Learned:
        """See SpeechServer."""
        async with self._client.asked("GET") as answer:
            if answer.status in (401, 403, *_NOT_THERE):
                await check(answer, sound=False)
        settings = self._settings
        can_be_told_styles = settings.ssml or settings.fields.emotion is not None
        return Learned(
            "Sambert-HifiGAN",
            tuple(Speaker(name, settings.languages) for name in settings.voices),
            changes_rate=settings.fields.rate is not None,
            styles=frozenset(settings.styles if can_be_told_styles else ()),
        )

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound of its parts, one after the other."""
        format_: AudioFormat | None = None
        for request in asking.requests(sentence, self._settings):
            async with aclosing(self._sound(request)) as sound:
                async for chunk in sound:
                    if chunk.format != (format_ or chunk.format):
                        raise ProtocolError("it changes the format of the sound in the middle of a sentence")
                    format_ = chunk.format
                    yield chunk

    async def _sound(self, request: asking.Request) -> AsyncGenerator[Chunk, None]:
        form = {name: str(value) for name, value in request.items()} if self._settings.body == "form" else None
        async with self._client.asked("POST", json=request if form is None else None, form=form) as answer:
            if answer.status in (404, 405):
                raise ProtocolError(f"it takes no texts at that path ({answer.status}): see url")
            await check(answer, sound=False)
            async with aclosing(answers.sound(answer, self._settings.sound)) as sound:
                async for chunk in sound:
                    yield chunk
