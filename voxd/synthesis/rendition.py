"""One listener's hold on the sound of a sentence."""

from collections.abc import AsyncGenerator, Callable
from types import TracebackType

from voxd.model.audio import Chunk, Clip
from voxd.synthesis.sound import Sound


class Rendition:
    """What `Synthesizer.speak` gives: the sound can be heard while it is made, or awaited whole.

    Close it, or use it as a context. When nobody holds an unfinished sound any more, its synthesis is cancelled.
    """

    def __init__(self, sound: Sound, let_go: Callable[[], None], spoil: Callable[[], None]) -> None:
        self._sound = sound
        self._let_go = let_go
        self._spoil = spoil
        self._closed = False

    @property
    def ready(self) -> Clip | None:
        """The whole sound if it is already in memory."""
        return self._sound.clip

    @property
    def cached(self) -> bool:
        """Whether the sound was kept from an earlier time; known as soon as the first of it is there."""
        return self._sound.cached

    def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The sound from its beginning, as it comes; all in one format, none empty. Can be asked for again.

        A sentence that is already whole comes as one chunk. Raises EngineError, also in mid-stream, and
        BusyError if something more urgent took its place in the queue.
        """
        return self._sound.listen()

    async def clip(self) -> Clip:
        """The whole sound, once it is made. Raises EngineError or BusyError."""
        return await self._sound.whole()

    def spoil(self) -> None:
        """The sound is not what it should be: whoever asks for the sentence from now on has it made again."""
        self._spoil()

    def close(self) -> None:
        """Let go of it; again is harmless."""
        if not self._closed:
            self._closed = True
            self._let_go()

    def __enter__(self) -> "Rendition":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
