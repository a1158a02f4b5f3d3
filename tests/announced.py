"""What the tests of the announcing part have said."""

import time
from typing import Any

from voxd.model.announcement import Announcement
from voxd.model.identifiers import AnnouncementId


def wish(id_: str, text: str = "Hello there.", at: float | None = None, **more: Any) -> Announcement:
    """An announcement, received now, or when somebody's clock says so."""
    received_at = time.time() if at is None else at
    return Announcement(text, id=AnnouncementId(id_), received_at=received_at, source="test", **more)
