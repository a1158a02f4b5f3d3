"""The end of one announcement, for whoever waits for it."""

import asyncio

from voxd.announcing.progress import Step
from voxd.model.announcement import Announcement, Priority, State


class Ending:
    """Hears of every step. An alarm was heard when it waits to be repeated, long before it is over."""

    def __init__(self, announcement: Announcement) -> None:
        self._announcement = announcement
        self._played = False
        self._step: asyncio.Future[Step] = asyncio.get_running_loop().create_future()

    def told(self, step: Step) -> None:
        """See Progress.listen."""
        if step.announcement != self._announcement.id or self._step.done():
            return
        is_alarm = self._announcement.priority is Priority.ALARM
        if step.state.is_end or (is_alarm and self._played and step.state is State.QUEUED):
            self._step.set_result(step)
        self._played = self._played or step.state is State.PLAYING

    @property
    def is_there(self) -> bool:
        """Whether it is over, or was heard."""
        return self._step.done()

    async def within(self, wait_s: float) -> Step | None:
        """The step that ended it; None if there was none in time."""
        done, _ = await asyncio.wait({self._step}, timeout=wait_s)
        return self._step.result() if done else None
