"""What becomes of an announcement that was cut off when voxd ended."""

from voxd.model.announcement import Priority, State
from voxd.settings import CutOffSettings

HALF = 0.5


def why_not_again(settings: CutOffSettings, priority: Priority, heard: float) -> str:
    """Why it is not spoken again, a sentence; empty where it is. `heard` is the part that was heard, from 0 to 1.

    What nobody heard any of was not cut off, and is always spoken.
    """
    how = {
        Priority.LOW: settings.low,
        Priority.NORMAL: settings.normal,
        Priority.HIGH: settings.high,
        Priority.ALARM: settings.alarm,
    }[priority]
    if heard <= 0 or how == "always" or (how == "half" and heard < HALF):
        return ""
    return f"voxd ended when {heard:.0%} of it had been heard"


def was_heard(state: State, heard: float) -> bool:
    """Whether its end was heard, though voxd ended before it was told."""
    return state is State.PLAYING and heard >= 1.0


def first_sentence(priority: Priority, sentences_heard: int) -> int:
    """The sentence that it goes on with: the one that was cut; an alarm begins again."""
    return 0 if priority is Priority.ALARM else sentences_heard
