"""A WAV file that is nowhere but in memory, and read while a child process writes it."""

import os

from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.synthesis.engines import wav_stream

HEADER_BYTES = 44
CHUNK_BYTES = 32_768


class MemoryWav:
    """For programs that want a file they can go back in: with each part they add they correct the length in its head.

    What that length covers is there to be read; what is behind it may still be under way.
    """

    def __init__(self) -> None:
        """Raises EngineError where descriptors or memory have run out."""
        try:
            self.descriptor = os.memfd_create("sound")
        except OSError as error:
            raise EngineError(f"There can be no file in memory for the sound: {error.strerror}") from error
        self._read = HEADER_BYTES

    @property
    def path(self) -> str:
        """What it is called by a child that was given its descriptor."""
        return f"/proc/self/fd/{self.descriptor}"

    def grown(self) -> Chunk | None:
        """The next of the sound that is there and was not read yet. Raises EngineError for anything but 16-bit PCM."""
        header = os.pread(self.descriptor, HEADER_BYTES, 0)
        found = wav_stream.head(header)
        if found is None:
            return None
        format_, begin = found
        there = int.from_bytes(header[begin - 4 : begin], "little") + begin - self._read
        size = min(there - there % format_.frame_bytes, CHUNK_BYTES - CHUNK_BYTES % format_.frame_bytes)
        pcm = os.pread(self.descriptor, size, self._read) if size > 0 else b""
        self._read += len(pcm)
        return Chunk(format_, pcm) if pcm else None

    def close(self) -> None:
        """Give its memory back, as soon as its writer has ended, too."""
        os.close(self.descriptor)
