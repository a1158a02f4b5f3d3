"""Names and identifiers, as types of their own."""

import uuid
from typing import NewType

AnnouncementId = NewType("AnnouncementId", str)
VoiceId = NewType("VoiceId", str)
ZoneId = NewType("ZoneId", str)


def new_announcement_id() -> AnnouncementId:
    """An identifier that nobody has used before: 32 hexadecimal digits."""
    return AnnouncementId(uuid.uuid4().hex)
