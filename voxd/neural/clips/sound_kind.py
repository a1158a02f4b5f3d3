"""What kind of file some bytes are, told by how they begin; their name is never asked."""

import string
from dataclasses import dataclass

HEAD_BYTES = 4096
_PRINTABLE = frozenset(string.printable.encode()) | frozenset(range(0x80, 0x100))


@dataclass(frozen=True, slots=True)
class SoundKind:
    """A kind of sound file. `demuxer` is ffmpeg's name for it, where libsndfile does not read it."""

    name: str
    demuxer: str = ""


WAV, MP3, M4A = SoundKind("WAV"), SoundKind("MP3"), SoundKind("M4A", "mov")
_AAC = SoundKind("AAC", "aac")
_BY_MAGIC: tuple[tuple[bytes, SoundKind], ...] = (
    (b"riff\x2e\x91\xcf\x11", SoundKind("Wave64")),
    (b"RF64", WAV),
    (b"fLaC", SoundKind("FLAC")),
    (b"OggS", SoundKind("Ogg")),
    (b".snd", SoundKind("AU")),
    (b"caff", SoundKind("CAF")),
    (b"ID3", MP3),
    (b"\x1aE\xdf\xa3", SoundKind("WebM", "matroska")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", SoundKind("WMA", "asf")),
    (b"#!AMR", SoundKind("AMR", "amr")),
    (b"wvpk", SoundKind("WavPack", "wv")),
    (b"MAC ", SoundKind("Monkey's Audio", "ape")),
    (b"ADIF", _AAC),
)


def kind_of(data: bytes) -> SoundKind | None:
    """The kind of sound file that begins so; None where it is none that voxd knows."""
    match data[:4], data[8:12]:
        case b"RIFF" | b"RIFX", b"WAVE":
            return WAV
        case b"FORM", b"AIFF" | b"AIFC":
            return SoundKind("AIFF")
        case _ if data[4:8] == b"ftyp":
            return M4A
    return next((kind for magic, kind in _BY_MAGIC if data.startswith(magic)), None) or _by_frame(data)


def what_else(data: bytes) -> str:
    """What a file that is no sound may be, for its owner: `text`, `a picture`, ...; empty where that is not known."""
    head = data[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        return "a picture"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        return "an archive"
    if head.startswith(b"%PDF"):
        return "a PDF document"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (head and all(byte in _PRINTABLE for byte in head)):
        return _text(head)
    return ""


def _text(head: bytes) -> str:
    if head[:1] in {b"{", b"["}:
        return "JSON text"
    return "a web page" if b"<html" in head.lower() or head.lower().startswith(b"<!doctype") else "text"


def _by_frame(data: bytes) -> SoundKind | None:
    """MPEG audio that begins with a frame: 11 bits set, then the layer: 3 or 2 (MP3), or 0 (AAC in ADTS)."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    if data[1] & 0xF6 == 0xF0:
        return _AAC
    reserved = data[1] & 0x18 == 0x08 or data[2] & 0xF0 == 0xF0 or data[2] & 0x0C == 0x0C
    return MP3 if data[1] & 0x06 in {0x02, 0x04} and not reserved else None
