"""Announcing for a door whose client waits for an answer: at once, or when it was heard."""

from dataclasses import dataclass

from voxd.announcing.progress import Progress, Step
from voxd.errors import BadRequestError
from voxd.frontends.ending import Ending
from voxd.frontends.house import Announcer
from voxd.frontends.order_answers import Answer
from voxd.model.announcement import Announcement

WAIT_MAX_S = 3600.0


@dataclass(frozen=True, slots=True)
class Said:
    """What became of an announcement until now; `step` is its end, where that was waited for and came."""

    announcement: Announcement
    is_new: bool
    step: Step | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it was accepted just now, and is not known to be over."""
        return self.is_new and self.step is None

    def answer(self) -> Answer:
        """That, for JSON."""
        told: Answer = {"id": self.announcement.id, "state": self.step.state if self.step else "accepted"}
        if not self.is_new:
            return told | {"reason": "Its id is known already"}
        return told if self.step is None else told | {"reason": self.step.reason}


async def said(announcer: Announcer, progress: Progress, announcement: Announcement, wait_s: float) -> Said:
    """Have something announced, and wait so long for its end, or until an alarm was heard once. Raises VoxdError."""
    ending = Ending(announcement)
    silence = progress.listen(ending.told)
    try:
        if not await announcer.announce(announcement):
            return Said(announcement, is_new=False)
        return Said(announcement, is_new=True, step=await ending.within(wait_s))
    finally:
        silence()


def wait_s_of(text: str | None) -> float:
    """How long somebody wants to wait. Raises BadRequestError."""
    try:
        wait_s = float(text or 0)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= WAIT_MAX_S:
        raise BadRequestError(f"wait_s must be a number of seconds from 0 to {WAIT_MAX_S:.0f}")
    return wait_s
