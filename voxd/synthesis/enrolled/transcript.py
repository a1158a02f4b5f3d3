"""Whether a transcript can be what is said in a clip."""

import unicodedata

from voxd.errors import BadRequestError

CHARS_PER_S_MIN = 1.5
CHARS_PER_S_MAX = 35.0
"""Nobody speaks that slowly or that fast: 10 to 20 characters a second are usual."""
LETTERS_OF_ONE = 3
"""What a digit, or a character of Chinese, Japanese or Korean, is in letters, roughly."""


def check_transcript(transcript: str, speech_s: float) -> None:
    """Raises BadRequestError where it is much too short or too long for so much speech. None given is none."""
    if not transcript:
        return
    letters_per_s = sum(map(_letters, transcript)) / speech_s
    if CHARS_PER_S_MIN <= letters_per_s <= CHARS_PER_S_MAX:
        return
    wanted = "every word that is said in the clip"
    if letters_per_s > CHARS_PER_S_MAX:
        wanted = "what is said in the clip, and no more"
    count = f"{len(transcript)} character{'s' if len(transcript) > 1 else ''}"
    raise BadRequestError(f"The transcript has {count} for {speech_s:.1f} s of speech: it must hold {wanted}")


def _letters(character: str) -> int:
    is_more = character.isdigit() or unicodedata.east_asian_width(character) in "WF"
    return LETTERS_OF_ONE if is_more else 1
