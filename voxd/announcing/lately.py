"""What happened lately: the last thing that went wrong, and how soon the last announcement was heard."""

from voxd.announcing.progress import Step
from voxd.model.announcement import State


class Lately:
    """Known since the start of voxd. `told` is a listener of Progress."""

    def __init__(self) -> None:
        self.error = ""
        self.first_audio_ms: float | None = None

    def told(self, step: Step) -> None:
        """See Progress.listen."""
        if step.state is State.FAILED:
            self.error = step.reason or "An announcement failed"
        if step.state is State.PLAYING:
            self.first_audio_ms = step.timings_ms.get("first_audio", self.first_audio_ms)

    def went_wrong(self, reason: str) -> None:
        """Something else that the owner should know, a sentence: an output that is lost."""
        self.error = reason
