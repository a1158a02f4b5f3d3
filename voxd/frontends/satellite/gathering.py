"""A sound that comes, chunk by chunk, in a bounded room that all clients share."""

from voxd.errors import BadRequestError, BusyError
from voxd.model.audio import AudioFormat, Chunk

ROOM_MAX_BYTES = 96_000_000
"""As much of them is kept; five minutes at the highest rate, and more."""


class Room:
    """Counts the bytes of all sounds that are not whole, or not taken over yet."""

    def __init__(self, max_bytes: int = ROOM_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0

    def take(self, count: int) -> None:
        """Raises BusyError where there is no room for so many more."""
        if self._bytes + count > self._max_bytes:
            raise BusyError("Too many sounds come at once; try again later")
        self._bytes += count

    def give_back(self, count: int) -> None:
        """So many are not kept any more."""
        self._bytes -= count


class Gathering:
    """One sound of at most `longest_s`. Whole or not, `close` it."""

    def __init__(self, format: AudioFormat, longest_s: float, room: Room) -> None:  # noqa: A002 - the word of the model
        self._format = format
        self._longest_s = longest_s
        self._room = room
        self._pcm = bytearray()

    def add(self, chunk: Chunk) -> None:
        """Raises BadRequestError where it does not belong to the sound, or makes it too long, and BusyError."""
        if chunk.format != self._format:
            raise BadRequestError("The format of the sound changed on its way")
        if len(self._pcm) + len(chunk.pcm) > self._longest_s * self._format.bytes_per_s:
            raise BadRequestError(f"The sound lasts longer than {self._longest_s:g} s (satellite.sound_max_s)")
        self._room.take(len(chunk.pcm))
        self._pcm += chunk.pcm

    def sound(self) -> Chunk:
        """All that came."""
        return Chunk(self._format, bytes(self._pcm))

    def close(self) -> None:
        """Nothing of it is kept here any more."""
        self._room.give_back(len(self._pcm))
        self._pcm.clear()
