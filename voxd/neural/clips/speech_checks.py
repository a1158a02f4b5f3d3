"""Whether there is enough speech in a recording, clear enough, and not too much."""

from voxd.errors import BadRequestError
from voxd.neural.clips.reading import WANTED
from voxd.neural.clips.speech_activity import Span
from voxd.neural.clips.speech_levels import SpeechLevels
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples

SPEECH_MIN_S = 1.0
SPEECH_SHORT_S = 3.0
CLIP_LONG_S = 20.0
CLIP_MAX_S = 30.0
NOISE_REFUSED_DB = 5.0
NOISE_NOTED_DB = 20.0


def check_speech(spans: tuple[Span, ...]) -> None:
    """Raises BadRequestError if there is too little speech to speak of."""
    voiced_s = sum(span.end_s - span.start_s for span in spans)
    if not spans:
        raise BadRequestError(f"There is no speech in this clip; a reference clip needs {WANTED}")
    if voiced_s < SPEECH_MIN_S:
        raise BadRequestError(f"There are only {voiced_s:.1f} s of speech in this clip; it needs {WANTED}")


def speech_notes(spans: tuple[Span, ...], levels: SpeechLevels) -> tuple[str, ...]:
    """What is to be said of the speech in a recording. Raises BadRequestError if it drowns in noise."""
    voiced_s = sum(span.end_s - span.start_s for span in spans)
    over_noise_db = levels.speech_over_noise_db
    if over_noise_db < NOISE_REFUSED_DB:
        raise BadRequestError(
            f"This recording is too noisy: its speech is only {max(0.0, over_noise_db):.0f} dB louder than the rest. "
            "Record it in a quiet room, nearer to the microphone"
        )
    notes = []
    if voiced_s < SPEECH_SHORT_S:
        notes.append(f"It has only {voiced_s:.1f} s of speech, too little for a good likeness: {WANTED} are best.")
    if over_noise_db < NOISE_NOTED_DB:
        notes.append(
            f"It is noisy: its speech is {over_noise_db:.0f} dB louder than the rest, which is copied with it."
        )
    return tuple(notes)


def length_notes(kept: Samples) -> tuple[str, ...]:
    """What is to be said of the length of the clip that would be kept. Raises BadRequestError if it is too long.

    Nothing is ever cut out of the speech: its transcript would not fit any more.
    """
    duration_s = len(kept) / CLIP_RATE_HZ
    if duration_s > CLIP_MAX_S:
        raise BadRequestError(
            f"The speech in this clip lasts {duration_s:.0f} s, {CLIP_MAX_S:.0f} s at most are possible: "
            f"cut out {WANTED}, and its transcript with it"
        )
    if duration_s > CLIP_LONG_S:
        return (f"It lasts {duration_s:.0f} s; more than {CLIP_LONG_S:.0f} s only cost time.",)
    return ()
