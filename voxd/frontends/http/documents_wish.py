"""What scripts written for other speech services ask for, in their words, as a wish of ours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN
from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.frontends.fields import Fields, a_name, a_number, a_text, a_whole_number, shown
from voxd.frontends.http.form import Form
from voxd.frontends.payloads import TEXT_CHARS_MAX, RenderingWish, a_language, a_voice
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.voice import EnrolmentWish

RATES_HZ = (8_000, 192_000)
PATH_CHARS_MAX = 4096
NUMBERS = ("sample_rate", "speed", "rate")
TRANSCRIPT_KEYS = ("transcript", "prompt_text")
KEYS = (
    *("text", "lang", "language", "style", "emotion", "sample_rate", "speed", "rate"),
    *("spk", "voice", "audio_file", "consent", *TRANSCRIPT_KEYS),
)
EMPTY = "Empty text"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DocumentsWish:
    """A text and how it is to sound. `style` is spoken where the voice has it, `voices` are who may be meant.

    The first of them that there is speaks: a file's name stands for the voice that was enrolled from it.
    """

    text: str
    language: str | None = None
    rate: float | None = None
    style: str | None = None
    voices: tuple[str, ...] = ()
    rate_hz: int | None = None
    transcript: str = ""
    consent: str | None = None

    @property
    def names_somebody(self) -> bool:
        """Whether it says who is to speak."""
        return bool(self.voices)

    def rendering(self, known: Iterable[str]) -> RenderingWish:
        """What is to be rendered, in a voice that is known. Raises UnknownVoiceError."""
        return RenderingWish(self.text, self._voice(tuple(known)), self.language, self.rate)

    def rendering_in(self, voice: str) -> RenderingWish:
        """What is to be rendered in that voice, whoever else it names."""
        return RenderingWish(self.text, voice, self.language, self.rate)

    def enrolment(self, clip: bytes, whoever: str) -> EnrolmentWish:
        """The wish for a voice made of a clip that came with the text."""
        consent = self.consent or f"{whoever}, with a clip for one rendering"
        return EnrolmentWish(VoiceId("clip"), clip, consent, self.transcript, self.language, origin="http")

    def _voice(self, known: tuple[str, ...]) -> str | None:
        if not self.voices:
            return None
        folded = {name.casefold(): name for name in reversed(known)}
        for wanted in self.voices:
            if wanted in known or "?" in wanted:
                return wanted
            if (found := folded.get(wanted.casefold())) is not None:
                return found
        names = " or ".join(shown(name) for name in self.voices)
        raise UnknownVoiceError(f"There is no voice {names}; GET /api/voices lists those that there are")


def in_style(wish: RenderingWish, style: str) -> RenderingWish:
    """The same in a style of the voice's engine."""
    name = wish.voice or ""
    return replace(wish, voice=f"{name}{'&' if '?' in name else '?'}style={quote(style, safe='')}")


def documents_wish(form: Form) -> DocumentsWish:
    """The wish of a body. Raises BadRequestError with all that is wrong with it."""
    if _is_empty(form.fields.get("text")):
        raise BadRequestError(EMPTY)
    fields = Fields(_numbered(form), KEYS)
    speaker, file = _either(fields, ("spk", "voice"), a_voice), fields.take("audio_file", _last_component)
    wish = DocumentsWish(
        fields.take("text", partial(a_text, chars_max=TEXT_CHARS_MAX)) or "",
        _either(fields, ("lang", "language"), a_language),
        _either(fields, ("speed", "rate"), _rate),
        _either(fields, ("style", "emotion"), partial(a_name, chars_max=32)),
        tuple(dict.fromkeys((*(file or ()), *((speaker,) if speaker else ())))),
        fields.take("sample_rate", lambda value: a_whole_number(value, *RATES_HZ)),
        _either(fields, TRANSCRIPT_KEYS, partial(a_text, chars_max=2000)) or "",
        fields.take("consent", partial(a_name, chars_max=200)),
    )
    fields.finish()
    return wish


def _is_empty(text: object) -> bool:
    return text is None or (isinstance(text, str) and not text.strip())


def _numbered(form: Form) -> Mapping[str, object]:
    """A form has texts only; those that should be numbers become numbers where they are."""
    if not form.came_as_form:
        return form.fields
    return {
        key: _number(value) if key in ("sample_rate", "speed", "rate") else value for key, value in form.fields.items()
    }


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) and len(value) < 32 and value else value
    except ValueError:
        return value


def _either(fields: Fields, keys: tuple[str, ...], read: Callable[[object], T]) -> T | None:
    found = [(key, value) for key in keys if (value := fields.take(key, read)) is not None]
    if len(found) > 1:
        fields.miss(f"{' and '.join(key for key, _ in found)} are the same thing; give one of them")
    return found[0][1] if found else None


def _last_component(value: object) -> tuple[str, ...]:
    """The names that a path may stand for, its end with and without what follows the last dot; it is never opened."""
    path = a_text(value, PATH_CHARS_MAX)
    last = path.replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if not last.strip(".") or not last.isprintable():
        raise BadRequestError("must end with the name of a clip that was enrolled")
    stem = last.rpartition(".")[0] or last
    return tuple(dict.fromkeys(name[:64] for name in (stem, last)))


def _rate(value: object) -> float:
    return float(a_number(value, RATE_MIN, RATE_MAX, f"a number from {RATE_MIN} to {RATE_MAX}"))
