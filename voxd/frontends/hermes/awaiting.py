"""Who waits for the end of which announcement: each is told of it once."""

import asyncio
import logging

from voxd.announcing.progress import Step
from voxd.errors import StorageError
from voxd.frontends.hermes.asked import Asked, asked_in
from voxd.frontends.house import Orders
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId
from voxd.wire.mqtt.packets import Publish

log = logging.getLogger(__name__)

RECALL_S = 5.0
RECALLED_MAX = 1000
UNDER_WAY = tuple(state for state in State if not state.is_end)
ERRORS = frozenset({State.REFUSED, State.FAILED, State.EXPIRED})
"""The ends that are told as errors; in all others the house, or somebody in it, wanted it so."""


class Awaiting:
    """Publishes what is to be told at the end; `told` is a listener of Progress."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._asked: dict[AnnouncementId, Asked] = {}
        self._over_meanwhile: set[AnnouncementId] | None = None

    async def recall(self, orders: Orders) -> None:
        """Wait on for what an earlier run has taken over, and not brought to its end."""
        self._over_meanwhile = set()
        try:
            async with asyncio.timeout(RECALL_S):
                for state in UNDER_WAY:
                    for past in await orders.history(RECALLED_MAX, state):
                        self._recall(past.announcement.id, asked_in(past.announcement.transaction))
        except (TimeoutError, StorageError) as error:
            log.warning("Not everybody is told of the end of what Hermes wanted said before the restart: %s", error)
        finally:
            self._over_meanwhile = None

    def expect(self, id_: AnnouncementId, asked: Asked) -> bool:
        """Tell them when it is over; False where that is awaited already."""
        return self._asked.setdefault(id_, asked) is asked

    def forget(self, id_: AnnouncementId) -> None:
        """Nothing came of it yet, and it is tried again."""
        self._asked.pop(id_, None)

    def told(self, step: Step) -> None:
        """Tell whoever waits for this step."""
        if step.state.is_end:
            if self._over_meanwhile is not None:
                self._over_meanwhile.add(step.announcement)
            self.over(step.announcement, step.state, step.reason)

    def over(self, id_: AnnouncementId, state: State, reason: str = "") -> None:
        """It is over: say so to whoever waits for it."""
        asked = self._asked.pop(id_, None)
        if asked is None:
            return
        if state in ERRORS:
            self._publish(asked.error(reason or str(state)))
        self._publish(asked.finished())

    def _recall(self, id_: AnnouncementId, asked: Asked | None) -> None:
        if asked is not None and id_ not in (self._over_meanwhile or ()):
            self.expect(id_, asked)
