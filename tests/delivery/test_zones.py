"""Promises of zones."""

import pytest

from voxd.delivery.zones import Zone
from voxd.model.identifiers import ZoneId


@pytest.mark.parametrize(
    ("zone", "announcement", "expected"), [(100, None, 100), (60, None, 60), (60, 50, 30), (100, 0, 0)]
)
def test_an_announcements_volume_is_a_part_of_the_zones(zone: int, announcement: int | None, expected: float) -> None:
    assert Zone(ZoneId("hall"), (), zone).volume_for(announcement) == expected
