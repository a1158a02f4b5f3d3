"""Short visits to a broker."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import Broker, free_port

from voxd.errors import VoxdError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.probe import check_connection


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Nothing is tidied up behind our back."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("without_collector")
def test_a_visit_leaves_no_descriptor_open(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        before = descriptors()
        for _ in range(3):
            check_connection(MqttSettings(port=broker.port))
        assert descriptors() == before


@pytest.mark.usefixtures("without_collector")
def test_a_visit_to_nobody_leaves_no_descriptor_open() -> None:
    before = descriptors()
    for _ in range(3):
        with pytest.raises(VoxdError, match="nothing listens"):
            check_connection(MqttSettings(port=free_port()))
    assert descriptors() == before
