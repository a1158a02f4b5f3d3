"""What a client of /api/stream says, frame by frame."""

from dataclasses import dataclass

from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN
from voxd.errors import BadRequestError
from voxd.frontends.fields import Fields, a_number, a_whole_number, can_be_written, parsed_object, shown
from voxd.frontends.http.documents_wish import RATES_HZ
from voxd.frontends.payloads import TEXT_CHARS_MAX, a_language, a_voice

FORMATS = ("pcm", "opus")
OPTIONS = ("voice", "language", "rate", "format", "sample_rate")
KEYS = (*OPTIONS, "text", "flush", "end", "cancel")


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How a text is to be spoken and sent. `rate_hz` is that of the samples; without it they are as the voice's are."""

    voice: str | None = None
    language: str | None = None
    rate: float | None = None
    format: str = "pcm"
    rate_hz: int | None = None


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """What one frame says, in the order in which it is done: `cancel` alone, else options, text, flush, end."""

    options: StreamOptions | None = None
    text: str = ""
    flush: bool = False
    end: bool = False
    cancel: bool = False


def stream_frame(text: str) -> StreamFrame:
    """What a frame says. Raises BadRequestError with all that is wrong with it."""
    if not text.lstrip().startswith("{"):
        raise BadRequestError('A frame is a JSON object, such as {"text": "Hello."}')
    asked = parsed_object(text)
    fields = Fields(asked, KEYS)
    frame = StreamFrame(
        _options(fields) if any(key in asked for key in OPTIONS) else None,
        fields.take("text", _a_fragment) or "",
        *(fields.take(key, _a_yes) or False for key in ("flush", "end", "cancel")),
    )
    if frame.cancel and len(asked) > 1:
        fields.miss("cancel stands alone")
    fields.finish()
    return frame


def _options(fields: Fields) -> StreamOptions:
    options = StreamOptions(
        fields.take("voice", a_voice),
        fields.take("language", a_language),
        fields.take("rate", _a_rate),
        fields.take("format", _a_format) or "pcm",
        fields.take("sample_rate", lambda value: a_whole_number(value, *RATES_HZ)),
    )
    if options.rate_hz and options.format != "pcm":
        fields.miss("sample_rate is for pcm")
    return options


def _a_fragment(value: object, chars_max: int = TEXT_CHARS_MAX) -> str:
    if isinstance(value, str) and len(value) <= chars_max and can_be_written(value):
        return value
    raise BadRequestError(f"must be a text of at most {chars_max} whole characters")


def _a_yes(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise BadRequestError(f"must be true or false, not {shown(value)}")


def _a_rate(value: object) -> float:
    return float(a_number(value, RATE_MIN, RATE_MAX, f"a number from {RATE_MIN} to {RATE_MAX}"))


def _a_format(value: object) -> str:
    if isinstance(value, str) and value in FORMATS:
        return value
    raise BadRequestError(f"must be one of {', '.join(FORMATS)}, not {shown(value)}")
