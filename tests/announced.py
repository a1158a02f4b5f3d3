"""What the tests of the announcing part have said."""

import time
from typing import Any

from voxd.model.announcement import Announcement
from voxd.model.identifiers import AnnouncementId


def wish(id_: str, text: str = "Hello there.", **more: Any) -> Announcement:
    """An announcement, received now."""
    return Announcement(text, id=AnnouncementId(id_), received_at=time.time(), source="test", **more)
