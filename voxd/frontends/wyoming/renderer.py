"""What the Wyoming frontend needs of whoever turns text into sound."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from voxd.model.audio import Chunk
from voxd.model.voice import Voice


class Renderer(Protocol):
    """Text in, sound back; nothing is played."""

    def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """The sound of a text, or of a text that still comes in fragments, in one format.

        At least one chunk is not empty, or it raises a VoxdError. Closing it cancels the synthesis.
        """

    def voices(self) -> tuple[Voice, ...]:
        """Every voice, the default first."""
