"""What earlier runs have announced, by which what a broker delivers again is known."""

import asyncio
import logging

from voxd.errors import StorageError
from voxd.frontends.house import Orders
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

RECALL_S = 5.0
RECALLED = 10_000
"""How many of the newest announcements are looked through for those that come again.

Of a backlog a broker may have sent more than it may have in flight (seen: 200) when it delivers the first of it again.
"""


async def newest_ids(orders: Orders, door: str) -> tuple[AnnouncementId, ...]:
    """The ids of earlier runs, the newest first; without them what comes again is spoken again."""
    try:
        async with asyncio.timeout(RECALL_S):
            return await orders.newest_ids(RECALLED)
    except (TimeoutError, StorageError) as error:
        log.warning("What was announced over %s before the restart may be said again: %s", door, error)
        return ()
