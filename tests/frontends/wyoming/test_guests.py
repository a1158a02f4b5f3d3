"""Who may come in, and who is told of."""

import ipaddress
import logging

import pytest

from voxd.frontends.wyoming.guests import Guests
from voxd.settings import WyomingSettings

DEFAULT = WyomingSettings().allow


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
    assert Guests(DEFAULT).welcome((address, 50000)) is welcome


def test_clients_of_a_unix_socket_are_the_file_system_s_business() -> None:
    assert Guests(()).welcome("")


def test_a_stranger_is_told_of_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    now = 1000.0
    guests = Guests((ipaddress.ip_network("10.0.0.0/8"),), clock=lambda: now)
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            guests.welcome(("8.8.8.8", 1))
        assert len(caplog.records) == 1
        now += 3600
        guests.welcome(("8.8.8.8", 1))
        assert len(caplog.records) == 2


def test_a_thousand_strangers_do_not_grow_what_is_remembered(caplog: pytest.LogCaptureFixture) -> None:
    guests = Guests(())
    for number in range(1000):
        guests.welcome((str(ipaddress.ip_address(number)), 1))
    assert len(guests._told) <= 256
