"""Who may come in, and who is told of."""

import ipaddress
import logging

import pytest

from voxd.frontends.wyoming.guests import Guests, IpAddress, address_of
from voxd.settings import WyomingSettings

DEFAULT = WyomingSettings().allow


def known(address: str) -> IpAddress:
    found = address_of((address, 50000))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("address", "welcome"),
    [
        ("127.0.0.1", True),
        ("192.168.1.20", True),
        ("172.31.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd12::5", True),
        ("::ffff:192.168.1.20", True),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:8.8.8.8", False),
    ],
)
def test_private_networks_are_welcome_by_default(address: str, welcome: bool) -> None:
    assert Guests(DEFAULT).welcome(known(address)) is welcome


def test_a_client_that_has_left_already_has_no_address() -> None:
    assert address_of(None) is None


def test_a_stranger_is_told_of_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    now = 1000.0
    guests = Guests((ipaddress.ip_network("10.0.0.0/8"),), clock=lambda: now)
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            guests.welcome(known("8.8.8.8"))
        assert len(caplog.records) == 1
        now += 3600
        guests.welcome(known("8.8.8.8"))
        assert len(caplog.records) == 2


def test_a_thousand_strangers_do_not_grow_what_is_remembered(caplog: pytest.LogCaptureFixture) -> None:
    guests = Guests(())
    for number in range(1000):
        guests.welcome(ipaddress.ip_address(number))
    assert len(guests._told) <= 256
