"""A house in miniature for each test of the satellite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from miniature_house import MiniatureHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    """A house that is alive."""
    async with MiniatureHouse(tmp_path).alive() as living:
        yield living
