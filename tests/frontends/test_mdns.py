"""Whatever is wrong with the network, it is told once and harms nothing."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from waiting import until

from voxd.frontends.mdns import MdnsFrontend, OpenDoor
from voxd.settings import MdnsSettings
from voxd.wire.mdns.addresses import places_of_this_machine

DOORS = (OpenDoor("_wyoming._tcp", "", "0.0.0.0", 10200),)
MDNS_PORT = 5353


@pytest.fixture
def occupied() -> Iterator[None]:
    """Somebody has the port of mDNS for itself."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as selfish:
        selfish.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            selfish.bind(("::", MDNS_PORT))
        except OSError:
            pytest.skip("the port of mDNS is in use here, or there is no IPv6")
        yield


async def failures(frontend: MdnsFrontend, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What it warns of until it was stopped."""
    await frontend.start()
    running = asyncio.create_task(frontend.run())
    await until(lambda: caplog.records)
    assert frontend.healthy
    await frontend._look()
    await asyncio.wait_for(frontend.stop(), 3)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.realtime  # no other test may have the port meanwhile
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library's, where it cannot bind
async def test_a_taken_port_is_told_once(occupied: None, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if not places_of_this_machine():
        pytest.skip("this machine has no network")
    (warning,) = await failures(MdnsFrontend(MdnsSettings(), tmp_path / "id", DOORS), caplog)
    assert "Address already in use" in warning


async def test_an_id_that_cannot_be_kept_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    (warning,) = await failures(MdnsFrontend(MdnsSettings(), tmp_path / "file" / "id", DOORS), caplog)
    assert "Not a directory" in warning


async def test_a_host_that_has_no_address_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    doors = (OpenDoor("_wyoming._tcp", "", "no.such.invalid", 10200),)
    (warning,) = await failures(MdnsFrontend(MdnsSettings(), tmp_path / "id", doors), caplog)
    assert "(mdns)" in warning
