"""The sound that a Wyoming server sends for one sentence."""

from voxd.audio.pcm import to_int16
from voxd.errors import ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.wire.wyoming.audio import WireFormat, wire_format
from voxd.wire.wyoming.requests import Event

SENTENCE_MAX_S = 600.0
"""A server that sends more sound than this for one sentence has run away."""


class IncomingSound:
    """A server's audio, as chunks of whole frames in one format."""

    def __init__(self) -> None:
        self._format: WireFormat | None = None
        self._rest = b""
        self._frames = 0

    def chunk(self, event: Event) -> Chunk | None:
        """The sound of an audio-chunk event, None if that is less than a frame. Raises ProtocolError."""
        format_ = wire_format(event)
        if format_ != (self._format or format_):
            raise ProtocolError("it changes the format of the sound in the middle of a sentence")
        self._format = format_
        pcm = self._rest + (event.payload or b"")
        whole = len(pcm) - len(pcm) % format_.frame_bytes
        self._rest = pcm[whole:]
        self._frames += whole // format_.frame_bytes
        if self._frames > SENTENCE_MAX_S * format_.rate_hz:
            raise ProtocolError(f"it sends more than {SENTENCE_MAX_S:g} s of sound for one sentence")
        sound = to_int16(pcm[:whole], format_.width)
        return Chunk(AudioFormat(format_.rate_hz, format_.channels), sound) if sound else None

    def check_ended(self) -> None:
        """Raises ProtocolError if there was no sound."""
        if not self._frames:
            raise ProtocolError("it sends no sound for a sentence")
