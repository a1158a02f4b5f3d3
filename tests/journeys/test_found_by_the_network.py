"""Who looks for Wyoming servers in the network finds the daemon, at addresses that lead there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemons import VOXD, DaemonProcess
from network_spaces import Browser, Space, two_spaces
from waiting import until

pytestmark = pytest.mark.journey

V4, V6 = "10.77.0.1", "fd77::1"
TESTS = Path(__file__).parent.parent
PORTS = {"wyoming": 10200, "satellite": 10710}


@pytest.fixture
def spaces() -> Iterator[tuple[Space, Space]]:
    with two_spaces() as (here, there):
        here.add(f"{V4}/24")
        here.add(f"{V6}/64")
        there.add("10.77.0.2/24")
        there.add("fd77::2/64")
        yield here, there


@pytest.fixture
def here(spaces: tuple[Space, Space]) -> Space:
    return spaces[0]


@pytest.fixture
def browser(spaces: tuple[Space, Space]) -> Iterator[Browser]:
    with Browser(spaces[1]) as looking:
        yield looking


def daemon(folder: Path, here: Space, **settings: Any) -> DaemonProcess:
    """One that runs in the space, on the usual ports."""
    listening = {"wyoming": {"host": "::", "port": PORTS["wyoming"]}, "satellite": {"enabled": True}}
    given = listening | settings
    return DaemonProcess(folder / "voxd", settings=given, program=(*here.inside, *VOXD))


async def test_both_doors_are_found_and_follow_the_addresses_until_it_stops(
    tmp_path: Path, here: Space, browser: Browser
) -> None:
    with daemon(tmp_path, here) as running:
        await until((running.state / "id").exists)
        name = f"voxd-{(running.state / 'id').read_text().strip()}"
        assert re.fullmatch(r"voxd-[0-9a-f]{12}", name)
        satellite = f"{name}-satellite"
        browser.until({name: {V4, V6}, satellite: {V4, V6}})
        assert {each: browser.found[each]["port"] for each in (name, satellite)} == {
            name: PORTS["wyoming"],
            satellite: PORTS["satellite"],
        }

        here.take(f"{V4}/24")
        here.add("10.88.0.1/24")
        browser.until({each: {V6, "10.88.0.1"} for each in (name, satellite)})

        running.stop()
        browser.until({})
        running.start()
        running.kill()
        running.start()
        browser.until({each: {V6, "10.88.0.1"} for each in (name, satellite)})
    assert {each for _, each in browser.events} == {name, satellite}, "no name was ever another"
    assert "Traceback" not in running.log
    assert "WARNING" not in running.log


def test_what_listens_on_one_address_is_found_there_alone_and_what_is_for_us_not_at_all(
    tmp_path: Path, here: Space, browser: Browser
) -> None:
    here.add("10.77.0.9/24")
    wyoming, satellite = {"host": V4, "port": 10200}, {"enabled": True, "host": "127.0.0.1"}
    with daemon(tmp_path, here, wyoming=wyoming, satellite=satellite, mdns={"name": "kitchen"}):
        browser.until({"kitchen": {V4}})


def test_bridges_to_containers_are_left_out_and_those_of_the_house_are_not(
    tmp_path: Path, here: Space, browser: Browser
) -> None:
    here.add_interface("docker0")
    here.add("172.17.0.1/16", "docker0")
    here.add_interface("br-lan")
    here.add("10.99.0.1/24", "br-lan")
    settings = {"wyoming": {"host": "0.0.0.0", "port": 10200}, "satellite": {"enabled": False}, "mdns": {"name": "a"}}
    with daemon(tmp_path, here, **settings):
        browser.until({"a": {V4, "10.99.0.1"}})


def test_without_a_network_the_daemon_serves_and_is_found_when_there_is_one(
    tmp_path: Path, spaces: tuple[Space, Space]
) -> None:
    here, there = spaces
    for address in (f"{V4}/24", f"{V6}/64"):
        here.take(address)
    here.cut()
    with daemon(tmp_path, here, mdns={"name": "a"}) as running, Browser(there) as browser:
        here.mend()
        here.add(f"{V4}/24")
        browser.until({"a": {V4}, "a-satellite": {V4}})
    assert "Traceback" not in running.log


def test_what_listens_on_this_machine_alone_does_not_even_load_what_would_tell(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    environment = {"TESTS_MODULES": str(modules), "PYTHONPATH": str(TESTS)}
    program = (sys.executable, "-m", "daemon_that_tells_its_modules")
    with DaemonProcess(tmp_path / "voxd", environment=environment, program=program) as running:
        assert running.stop() == 0
    loaded = modules.read_text().split()
    assert "voxd.app" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("zeroconf", "ifaddr") or "mdns" in name]
