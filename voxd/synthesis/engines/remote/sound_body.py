"""The sound in an answer's body as it comes: a WAV, or samples without a head."""

import codecs
from collections.abc import AsyncGenerator, AsyncIterator

from voxd.errors import ProtocolError
from voxd.model.audio import Chunk
from voxd.synthesis.engines.remote import wav_head
from voxd.synthesis.engines.remote.complaint import complaint, shortened
from voxd.synthesis.engines.remote.sound_form import SoundForm

_WORDS_MAX_BYTES = 4096
_TELLING_BYTES = 64
_UNREADABLE = {
    **dict.fromkeys((b"ID3", *(b"\xff" + bytes([tag]) for tag in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2))), "mp3"),
    **dict.fromkeys([b"\xff" + bytes([tag]) for tag in (0xF0, 0xF1, 0xF8, 0xF9)], "aac"),
    b"OggS": "ogg or opus",
    b"fLaC": "flac",
    b"\x1aE\xdf\xa3": "webm",
    b"\x1f\x8b": "gzip",
}
_PARTS = (b"LIST", b"id3 ", b"ID3 ", b"fact", b"cue ", b"bext", b"JUNK", b"junk", b"PAD ", b"smpl", b"PEAK")
_CERTAIN_BYTES = 3
"""A shorter beginning may as well be that of samples without a head."""
_UNREADABLE_KINDS = ("mpeg", "mp3", "ogg", "opus", "flac", "aac", "mp4", "webm")


async def sound(
    pieces: AsyncIterator[bytes], bare: SoundForm | None = None, content_type: str = ""
) -> AsyncGenerator[Chunk, None]:
    """The sound of a body that comes in any pieces, in chunks of whole frames as soon as they are there.

    `bare` is how samples are read that come without the head of a WAV; without it there must be one. `pieces` stays
    open: who made it closes it. Raises ProtocolError where that is no sound, or ends too early.
    """
    check_kind(content_type)
    body = SoundBody(bare)
    async for piece in pieces:
        if (chunk := body.read(piece)) is not None:
            yield chunk
    if (chunk := body.end()) is not None:
        yield chunk


def check_kind(content_type: str) -> None:
    """Raises ProtocolError for sound that voxd does not read."""
    for kind in _UNREADABLE_KINDS:
        if content_type.startswith("audio/") and kind in content_type:
            raise ProtocolError(f"it sends {kind}; voxd asks for wav or pcm")


class SoundBody:
    """Reads a body piece by piece. A WAV may follow another in the same format: some servers send one a sentence."""

    def __init__(self, bare: SoundForm | None = None) -> None:
        self._bare = bare
        self._form: SoundForm | None = None
        self._rest = b""
        self._left: int | None = 0
        """Bytes of samples that are still to come; None: all until the end."""
        self._passed_over = 0
        """Bytes of a part behind the samples that are still to come."""
        self._behind = False
        """Whether there was such a part: no more samples follow it without a head."""
        self._heard = False

    def read(self, piece: bytes) -> Chunk | None:
        """The next whole frames, None where none are whole yet. Raises ProtocolError."""
        self._rest += piece
        frames = b""
        while self._left != 0 or self._begins():
            frames += (some := self._samples())
            if not some:
                break
        return self._chunk(frames)

    def end(self) -> Chunk | None:
        """The body is over: what was held back. Raises ProtocolError where that is too early, or nothing was sound."""
        last = None
        if self._form is None:
            self._check_words(self._rest)
            if self._bare is None:
                raise ProtocolError("it sends no sound" if not self._rest else "its sound ends in the head of a WAV")
            self._form, self._left = self._bare, None
            last = self._chunk(self._samples())
        if self._left:
            raise ProtocolError(f"its sound broke off, {self._left} bytes before its end")
        if not self._heard:
            raise ProtocolError("it sends no sound")
        return last

    def _chunk(self, frames: bytes) -> Chunk | None:
        if not frames or self._form is None:
            return None
        self._heard = True
        return self._form.chunk(frames)

    def _samples(self) -> bytes:
        """All whole frames that are there and belong to the sound."""
        assert self._form is not None
        there = len(self._rest) if self._left is None else min(len(self._rest), self._left)
        whole = there - there % self._form.frame_bytes
        frames, self._rest = self._rest[:whole], self._rest[whole:]
        if self._left is not None:
            self._left -= whole
            if self._left < self._form.frame_bytes:  # less than a frame is nothing that could be heard
                self._left = 0
        return frames

    def _begins(self) -> bool:
        """Whether samples begin here, or go on; False while that cannot be told yet."""
        if not self._reach_next():
            return False
        if wav_head.is_wav(self._rest):
            return self._begin_wav()
        if self._form is None:
            self._begin_without_head()
        elif self._behind:
            self._rest = b""
            return False
        else:
            self._left = None  # the length was made up: the samples go on
        return self._form is not None

    def _reach_next(self) -> bool:
        """Pass over parts behind the samples; False while it cannot be told yet what comes next."""
        at = self._passed_over
        while self._form is not None and _is_part(head := self._rest[at : at + wav_head.MIN_BYTES]):
            length = int.from_bytes(head[4:8], "little")
            at, self._behind = at + 8 + length + length % 2, True
        self._rest, self._passed_over = self._rest[at:], max(0, at - len(self._rest))
        return len(self._rest) >= wav_head.MIN_BYTES

    def _begin_wav(self) -> bool:
        head = wav_head.head(self._rest)
        if head is None:
            return False
        if head.form != (self._form or head.form):
            raise ProtocolError("it changes the format of the sound in the middle of a sentence")
        self._form, self._left, self._behind = head.form, head.samples_bytes, False
        self._rest = self._rest[head.samples_at :]
        return True

    def _begin_without_head(self) -> None:
        if _is_words(self._rest) and len(self._rest) < _WORDS_MAX_BYTES:
            return  # all of them make the better sentence
        self._check_words(self._rest)
        if self._bare is None:
            raise ProtocolError(f"it sends no WAV, but what begins with {self._rest[:12]!r}")
        self._form, self._left = self._bare, None

    def _check_words(self, beginning: bytes) -> None:
        if _is_words(beginning):
            raise ProtocolError(f"it answers with words in place of sound: {complaint(beginning)}")
        for magic, kind in _UNREADABLE.items():
            if beginning.startswith(magic) and (self._bare is None or len(magic) >= _CERTAIN_BYTES):
                raise ProtocolError(f"it sends {shortened(kind)}; voxd asks for wav or pcm")


def _is_words(beginning: bytes) -> bool:
    """JSON, HTML, or any other text; the samples of no sound look like that for long."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(beginning[:_TELLING_BYTES])
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and all(char.isprintable() or char in "\t\r\n" for char in text)


def _is_part(data: bytes) -> bool:
    """Whether a further part of a WAV begins here, as notes and names after the samples do."""
    return len(data) >= wav_head.MIN_BYTES and data[:4] in _PARTS
