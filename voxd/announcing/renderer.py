"""Renderings: text in, audio back to whoever asked; never journaled, never waiting for playback."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from voxd.announcing.speech import Speech
from voxd.audio.resample import resampled
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.voice import Voice
from voxd.synthesis.rendition import Rendition
from voxd.synthesis.synthesizer import Urgency


class Renderer:
    """Gives the sound of a text, or of a stream of text, back to a frontend."""

    def __init__(self, speech: Speech) -> None:
        self.speech = speech

    def voices(self) -> tuple[Voice, ...]:
        """All voices, the default one first."""
        return self.speech.voices()

    async def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """The sound, sentence by sentence, in one format; a cached sentence is one chunk.

        At least one chunk is not empty, or a VoxdError is raised: UnspeakableTextError, UnknownVoiceError,
        BusyError, EngineError. Closing the generator cancels what is still being synthesized.
        """
        async with aclosing(self._renditions(text, voice, language, rate)) as renditions:
            agreed: AudioFormat | None = None
            async for rendition in renditions:
                async with aclosing(_sound(rendition, agreed)) as sound:
                    async for chunk in sound:
                        agreed = chunk.format
                        yield chunk

    def _renditions(
        self, text: str | AsyncIterator[str], voice: str | None, language: str | None, rate: float | None
    ) -> AsyncGenerator[Rendition, None]:
        style = self.speech.style(voice, language, rate)
        if isinstance(text, str):
            return self.speech.spoken(self.speech.sentences(text, style), Urgency.RENDERING)
        return self.speech.spoken_stream(text, style, Urgency.RENDERING)


async def _sound(rendition: Rendition, agreed: AudioFormat | None) -> AsyncGenerator[Chunk, None]:
    """The chunks of one sentence, in the agreed format where there is one."""
    clip = rendition.ready
    if clip is not None and clip.format == (agreed or clip.format):
        yield clip
        return
    async with aclosing(rendition.chunks()) as chunks:
        if agreed is None:
            async for chunk in chunks:
                yield chunk
            return
        async with aclosing(resampled(chunks, agreed)) as converted:
            async for chunk in converted:
                yield chunk
