"""The first run's broker: the one that is there if it takes us, else one of our own."""

from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, free_port

from voxd.commands.private_broker import broker_for
from voxd.errors import VoxdError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.probe import check_connection, kept_while_away


def test_a_broker_that_takes_us_is_used(tmp_path: Path) -> None:
    with Broker(tmp_path / "theirs") as theirs, broker_for(MqttSettings(port=theirs.port), tmp_path / "ours") as used:
        assert used.port == theirs.port
    assert not (tmp_path / "ours").exists()


def test_without_a_broker_a_private_one_serves_on_the_same_port_until_the_end(tmp_path: Path) -> None:
    wanted = MqttSettings(port=free_port())
    with broker_for(wanted, tmp_path / "ours") as used:
        assert (used.host, used.port) == ("127.0.0.1", wanted.port)
        check_connection(used)
        assert kept_while_away(used, "voxd/x/check/1", 1100) == 1100, "it keeps more than mosquitto's default"
    with pytest.raises(VoxdError, match="nothing listens"):
        check_connection(wanted)


def test_a_broker_that_does_not_take_us_is_left_alone(tmp_path: Path) -> None:
    options = BrokerOptions(passwords={"ann": "secret"})
    with (
        Broker(tmp_path / "theirs", options) as theirs,
        broker_for(MqttSettings(port=theirs.port), tmp_path / "ours") as used,
    ):
        assert used.port != theirs.port
        check_connection(used)


def test_whoever_only_changed_how_voxd_uses_mqtt_still_gets_a_private_one(tmp_path: Path) -> None:
    wanted = MqttSettings(port=free_port(), enroll=True, base_topic="house")
    with broker_for(wanted, tmp_path / "ours") as used:
        check_connection(used)


def test_a_broker_that_the_owner_named_is_never_replaced(tmp_path: Path) -> None:
    wanted = MqttSettings(host="localhost", port=free_port())
    with broker_for(wanted, tmp_path / "ours") as used:
        assert used == wanted
    assert not (tmp_path / "ours").exists()
