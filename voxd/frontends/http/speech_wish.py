"""A request in the shape of OpenAI's POST /v1/audio/speech, as a wish of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN
from voxd.errors import BadRequestError, UnknownVoiceError, VoxdError
from voxd.frontends.fields import Fields, a_name, a_number, a_text, a_whole_number, shown
from voxd.frontends.http.documents_wish import RATES_HZ, in_style
from voxd.frontends.http.sound_formats import FORMATS, PCM_RATE_HZ, SoundFormat
from voxd.frontends.payloads import TEXT_CHARS_MAX, RenderingWish, a_language, a_voice
from voxd.model.voice import Voice

OURS = "voxd"
THEIRS = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
"""What clients call a model where nobody has told them another."""
KEYS = (
    *("input", "model", "voice", "response_format", "speed", "instructions", "stream_format"),
    *("language", "sample_rate", "stream", "user"),
)
"""Those of the second line are not OpenAI's; `stream` and `user` change nothing."""
STREAM_FORMATS = ("audio", "sse")
STYLE_CHARS_MAX = 32


class UnknownModelError(BadRequestError):
    """The model asked for is none of ours."""

    code = "model_not_found"


class SpeechMistakeError(VoxdError):
    """Something is wrong with a request; `param` is the first field that is."""

    code = "bad_request"

    def __init__(self, text: str, param: str | None) -> None:
        super().__init__(text)
        self.param = param


@dataclass(frozen=True, slots=True)
class SpeechWish:
    """What is to be rendered, and how it is to be sent: `as_events` in lines of text, for browsers; PCM at a rate."""

    rendering: RenderingWish
    format: SoundFormat
    as_events: bool = False
    rate_hz: int | None = None

    @property
    def pcm_rate_hz(self) -> int:
        """At which rate it is sent where it is PCM."""
        return self.rate_hz or PCM_RATE_HZ


def speech_wish(asked: Mapping[str, object], voices: Sequence[Voice]) -> SpeechWish:
    """The wish, with a model and a voice that there are.

    `instructions` are understood where they are the name of a style. Raises SpeechMistakeError with all that is wrong
    with it, UnknownModelError and UnknownVoiceError.
    """
    fields = Fields(asked, KEYS)
    text = fields.take("input", partial(a_text, chars_max=TEXT_CHARS_MAX))
    if text is None and not fields.mistaken("input"):
        fields.miss("input is missing or empty")
    style = fields.take("instructions", _a_style)
    wish = SpeechWish(
        RenderingWish(
            text or "",
            fields.take("voice", _a_voice),
            fields.take("language", a_language),
            fields.take("speed", _a_speed),
        ),
        FORMATS[fields.take("response_format", partial(_one_of, tuple(FORMATS))) or "mp3"],
        fields.take("stream_format", partial(_one_of, STREAM_FORMATS)) == "sse",
        fields.take("sample_rate", lambda value: a_whole_number(value, *RATES_HZ)),
    )
    model = fields.take("model", a_name)
    if wish.rate_hz and wish.format.is_encoded:
        fields.miss("sample_rate is for wav and pcm")
    _finish(fields, "input" if text is None else "")
    rendering = replace(wish.rendering, voice=_spoken_by(wish.rendering, model, voices))
    return replace(wish, rendering=in_style(rendering, style) if style else rendering)


def model_names(voices: Sequence[Voice]) -> tuple[str, ...]:
    """What may be called a model: all of us, or one of the engines that have a voice."""
    return tuple(dict.fromkeys((OURS, *(voice.engine for voice in voices))))


def _finish(fields: Fields, missing: str) -> None:
    try:
        fields.finish()
    except BadRequestError as error:
        raise SpeechMistakeError(str(error), missing or next(filter(fields.mistaken, KEYS), None)) from None


def _spoken_by(asked: RenderingWish, model: str | None, voices: Sequence[Voice]) -> str | None:
    """The voice that is to speak; the first of a model where only that is named.

    Nobody speaks in place of a voice that is not there, or that another model has; what is no voice at all is found out
    when it is to speak.
    """
    names = model_names(voices)
    if model is None or model in (OURS, *THEIRS):
        return asked.voice
    if model not in names:
        raise UnknownModelError(f"There is no model {shown(model)}; there are {', '.join(names)} (GET /v1/models)")
    own = [voice for voice in voices if voice.engine == model]
    if asked.voice is None:
        fit = [voice for voice in own if asked.language is None or voice.speaks(asked.language)]
        return (fit or own)[0].name
    if asked.voice.partition("?")[0] not in [voice.name for voice in own]:
        raise UnknownVoiceError(f"There is no voice {shown(asked.voice)} of {model}; GET /v1/audio/voices lists all")
    return asked.voice


def _a_voice(value: object) -> str:
    """The name of a voice, alone or in an object as OpenAI's custom voices are named."""
    match value:
        case {"id": str(name), **more} if not more:
            return a_voice(name)
    return a_voice(value)


def _a_style(value: object) -> str:
    """The name of a style; whether the voice has it is seen later."""
    if isinstance(value, str) and len(value) <= STYLE_CHARS_MAX and value.replace("-", "").replace("_", "").isalnum():
        return value
    raise BadRequestError("are understood only where they are the name of one of the voice's styles, such as calm")


def _a_speed(value: object) -> float:
    return float(a_number(value, RATE_MIN, RATE_MAX, f"a number from {RATE_MIN} to {RATE_MAX}"))


def _one_of(names: Sequence[str], value: object) -> str:
    if isinstance(value, str) and value in names:
        return value
    raise BadRequestError(f"must be one of {', '.join(names)}, not {shown(value)}")
