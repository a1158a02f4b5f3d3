"""The kinds of sound that clients get back, and what makes them."""

from collections.abc import Mapping
from dataclasses import dataclass

PCM_RATE_HZ = 24_000
"""Of PCM where nothing is said: it tells no rate itself, and OpenAI's has this one."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """A kind of sound: its media type, and how ffmpeg is told to make it; nothing where it is made here."""

    name: str
    media_type: str
    arguments: tuple[str, ...] = ()

    @property
    def is_encoded(self) -> bool:
        """Whether ffmpeg makes it."""
        return bool(self.arguments)


_FORMATS = (
    SoundFormat("wav", "audio/wav"),
    SoundFormat("pcm", "audio/pcm"),
    SoundFormat(
        "mp3",
        "audio/mpeg",
        (
            "-c:a",
            "libmp3lame",
            "-b:a",
            "96k",
            "-reservoir",
            "0",
            "-write_xing",
            "0",
            "-id3v2_version",
            "0",
            "-f",
            "mp3",
        ),
    ),
    SoundFormat("opus", "audio/ogg", ("-c:a", "libopus", "-b:a", "48k", "-page_duration", "20000", "-f", "ogg")),
    SoundFormat("aac", "audio/aac", ("-c:a", "aac", "-b:a", "96k", "-f", "adts")),
    SoundFormat("flac", "audio/flac", ("-c:a", "flac", "-f", "flac")),
)
FORMATS: Mapping[str, SoundFormat] = {found.name: found for found in _FORMATS}
