"""One clip service for all tests here, as loading torch takes seconds; and what somebody said, to make clips from."""

import pytest
from sound_files import Sound, spoken

from voxd.neural.clips.service import ClipService


@pytest.fixture(scope="session")
def service() -> ClipService:
    """A clip service that is loaded."""
    service = ClipService()
    service.load(lambda _: None)
    return service


@pytest.fixture(scope="session")
def said() -> tuple[Sound, int]:
    """About eight seconds of speech, and their rate."""
    return spoken()
