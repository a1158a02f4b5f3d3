"""Which of a machine's addresses are told to others, and in which order."""

from ipaddress import ip_address

import pytest

from voxd.lib.loopback import is_loopback
from voxd.wire.mdns.addresses import ADDRESSES_MAX, Place, best, listened_on


def place(address: str, *, is_inside: bool = False) -> Place:
    return Place(ip_address(address), 2, is_inside)


def told(*places: Place, preferred: str = "") -> list[str]:
    first = [ip_address(preferred)] if preferred else []
    return [str(one.address) for one in best(places, first)]


def test_loopback_is_told_to_nobody() -> None:
    assert told(place("127.0.0.1"), place("::1"), place("192.168.1.5")) == ["192.168.1.5"]
    assert told(place("127.0.0.1")) == []


def test_link_local_addresses_are_told_only_where_there_are_no_others() -> None:
    assert told(place("fe80::1"), place("169.254.3.4"), place("10.0.0.1")) == ["10.0.0.1"]
    assert told(place("fe80::1")) == ["fe80::1"]


def test_bridges_to_containers_are_told_only_where_there_is_nothing_else() -> None:
    assert told(place("172.17.0.1", is_inside=True), place("fe80::1")) == ["fe80::1"]
    assert told(place("172.17.0.1", is_inside=True)) == ["172.17.0.1"]


def test_the_way_out_comes_first() -> None:
    assert told(place("10.8.0.1"), place("192.168.1.5"), preferred="192.168.1.5") == ["192.168.1.5", "10.8.0.1"]


def test_there_are_never_more_than_fit() -> None:
    assert len(told(*(place(f"10.0.0.{number}") for number in range(200)))) == ADDRESSES_MAX


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("0.0.0.0", ["192.168.1.5", "10.8.0.1"]),
        ("::", ["192.168.1.5", "10.8.0.1", "fd00::5"]),
        ("10.8.0.1", ["10.8.0.1"]),
        ("fd00::5", ["fd00::5"]),
        ("10.8.0.2", []),
        ("127.0.0.1", []),
        ("localhost", []),
    ],
)
async def test_only_what_is_listened_on_is_told(host: str, found: list[str]) -> None:
    places = tuple(map(place, ("192.168.1.5", "10.8.0.1", "fd00::5")))
    assert [str(one.address) for one in await listened_on(host, places)] == found


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("pi", False)],
)
def test_what_only_this_machine_reaches_is_loopback(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one
