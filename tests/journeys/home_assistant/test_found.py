"""Home Assistant finds voxd by itself in the network, and has its engine and its satellite after one click each."""

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemons import VOXD, DaemonProcess
from home_assistant.hub import HomeAssistant
from home_assistant.installing import be_installed
from home_assistant.releases import MODERN, Release
from network_spaces import Space, two_spaces

pytestmark = pytest.mark.home_assistant

CLONE_NEWNET = 0x40000000
FOUND_TIMEOUT_S = 60.0


@contextmanager
def inside(space: Space) -> Iterator[None]:
    """What this thread opens meanwhile, it opens in the space (setns(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    theirs = os.open(f"/var/run/netns/{space.name}", os.O_RDONLY)
    try:
        assert libc.setns(theirs, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        assert libc.setns(own, CLONE_NEWNET) == 0
        os.close(own)
        os.close(theirs)


@pytest.fixture(autouse=True)
def clean_log() -> None:
    """This house is another one."""


def found(hub: HomeAssistant) -> list[dict[str, Any]]:
    """What Home Assistant offers to set up."""
    with hub.socket() as socket:
        flows = socket.ask("config_entries/flow/progress")
    return [flow for flow in flows if (flow["handler"], flow["context"]["source"]) == ("wyoming", "zeroconf")]


@pytest.mark.parametrize("release", MODERN, ids=str)
def test_home_assistant_finds_both_doors_and_takes_them(tmp_path: Path, release: Release) -> None:
    be_installed(release)
    doors = {"wyoming": {"host": "::", "port": 10200}, "satellite": {"enabled": True}}
    with two_spaces() as (here, there):
        here.add("10.77.0.1/24")
        there.add("10.77.0.2/24")
        hub = HomeAssistant(tmp_path / "home-assistant", release, {"zeroconf": None}, within=there.inside)
        with (
            DaemonProcess(tmp_path / "voxd", settings=doors, program=(*here.inside, *VOXD)),
            inside(there),
            hub,
        ):
            end_s = time.monotonic() + FOUND_TIMEOUT_S
            while len(found(hub)) < 2:
                assert time.monotonic() < end_s, hub.console[-5000:]
                time.sleep(0.5)
            for flow in found(hub):
                taken = hub.api.post(f"/api/config/config_entries/flow/{flow['flow_id']}", {})
                assert taken["type"] == "create_entry", taken
            states = hub.api.states()
            assert "tts.voxd" in states
            assert [id_ for id_ in states if id_.startswith("assist_satellite.")]
            assert hub.complaints() == []
