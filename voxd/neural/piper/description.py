"""What NAME.onnx.json tells of a Piper voice."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_SPEAKER = "default"
_SPOKEN_AS = {"cmn": "zh-CN", "yue": "zh-HK"}
"""espeak-ng names the spoken language, everybody else the written one."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Audio(_Part):
    sample_rate: int = Field(ge=8000, le=192_000)


class _Espeak(_Part):
    voice: str


class _Inference(_Part):
    noise_scale: float = 0.667
    length_scale: float = Field(default=1.0, gt=0)
    noise_w: float = 0.8


class _Language(_Part):
    code: str = ""


class Description(_Part):
    """The description, as far as it matters here. Raises pydantic's ValidationError where it is none."""

    audio: _Audio
    espeak: _Espeak
    inference: _Inference = _Inference()
    language: _Language = _Language()
    phoneme_type: str = "espeak"
    phoneme_id_map: dict[str, list[int]]
    num_symbols: int
    num_speakers: int = Field(default=1, le=10_000)
    speaker_id_map: dict[str, int] = {}

    @property
    def language_tag(self) -> str:
        """The voice's language as a BCP 47 tag: what it says of itself, or the espeak-ng voice that it reads with."""
        named = self.language.code or _SPOKEN_AS.get(self.espeak.voice) or self.espeak.voice
        tag, private, rest = named.replace("_", "-").partition("-x-")
        language, *parts = tag.split("-")
        return (
            "-".join([language.lower(), *(part.upper() if len(part) == 2 else part for part in parts)]) + private + rest
        )

    @property
    def speakers(self) -> Mapping[str, int | None]:
        """The numbers of the speakers by their names; a voice of one speaker has no number to give."""
        if self.num_speakers <= 1:
            return {DEFAULT_SPEAKER: None}
        unnamed = set(range(self.num_speakers)) - set(self.speaker_id_map.values())
        named = self.speaker_id_map | {str(number): number for number in unnamed}
        return {name: named[name] for name in sorted(named, key=named.__getitem__)}
