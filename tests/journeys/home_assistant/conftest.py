"""A real Home Assistant of each release, booted once for all tests of this folder."""

from collections.abc import Iterator

import pytest
from home_assistant.house import House
from home_assistant.installing import be_installed
from home_assistant.releases import RELEASES, Release


@pytest.fixture(scope="session", params=RELEASES, ids=str)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    release: Release = request.param
    be_installed(release)
    with House(tmp_path_factory.mktemp(f"house-{release}"), release) as house:
        yield house


@pytest.fixture(autouse=True)
def clean_log(house: House) -> Iterator[None]:
    """No warning and no error in Home Assistant's log is ours; a test that brings one about asks for it itself."""
    yield
    assert house.hub.complaints() == []
