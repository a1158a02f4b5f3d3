"""Renderings: text in, audio back to whoever asked; never journaled, never waiting for playback."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from voxd.announcing.progress import Progress
from voxd.announcing.speaking.act import Act
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.stand_ins import StandIn, StandIns
from voxd.announcing.speaking.style import Style
from voxd.audio.mastering import mastered
from voxd.audio.resample import resampled
from voxd.audio.treatment import Treatment
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice


class Renderer:
    """Gives the sound of a text, or of a stream of text, back to a frontend."""

    def __init__(self, speech: Speech, progress: Progress | None = None) -> None:
        self.speech = speech
        self._progress = progress
        self._stand_ins = StandIns()

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
        style = self.speech.style(voice, language, rate)
        async with aclosing(self._takes(text, style)) as takes:
            agreed: AudioFormat | None = None
            async for take in takes:
                async with aclosing(_sound(take, agreed)) as sound:
                    async for chunk in sound:
                        if agreed is None:
                            self._note_who_speaks(style.voice.name, take.stand_in)
                        agreed = chunk.format
                        yield chunk

    def _takes(self, text: str | AsyncIterator[str], style: Style) -> AsyncGenerator[Act, None]:
        if isinstance(text, str):
            return self.speech.rendered(self.speech.script(text, style)).each()
        return self.speech.rendered_stream(text, style)

    def _note_who_speaks(self, asked: VoiceId, stand_in: StandIn | None) -> None:
        self._stand_ins.note(asked, stand_in)
        if stand_in and self._progress:
            reason = f"{stand_in.voice} speaks in a rendering in place of {asked}: {stand_in.reason}"
            self._progress.warn(reason, "rendering", asked)


async def _sound(take: Act, agreed: AudioFormat | None) -> AsyncGenerator[Chunk, None]:
    """The chunks of one sentence, in the agreed format where there is one."""
    async with aclosing(take.chunks()) as chunks, aclosing(_as_loud_as_written(take, chunks)) as sound:
        first = await anext(sound)
        if agreed in (None, first.format):
            yield first
            async for chunk in sound:
                yield chunk
            return
        async with aclosing(resampled(_joined(first, sound), agreed)) as converted:
            async for chunk in converted:
                yield chunk


def _as_loud_as_written(take: Act, chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    """The chunks as they are, unless SSML wants them louder or softer."""
    return mastered(chunks, lambda: Treatment(take.gain_db)) if take.gain_db else chunks


async def _joined(first: Chunk, rest: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    """The first chunk, then the others."""
    yield first
    async for chunk in rest:
        yield chunk
