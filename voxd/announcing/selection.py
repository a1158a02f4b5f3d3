"""Which announcements an order is about."""

from dataclasses import dataclass

from voxd.model.identifiers import AnnouncementId, ZoneId


@dataclass(frozen=True, slots=True)
class Selection:
    """One by its id, or those that are for one of these zones; with neither, all of them."""

    id: AnnouncementId | None = None
    zones: tuple[ZoneId, ...] = ()
