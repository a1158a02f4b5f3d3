"""Wyoming clients that come while voxd is not there wait for it: its sockets outlast a crash, a restart, a reload."""

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from brokers import free_port
from daemons import DaemonProcess

pytestmark = pytest.mark.journey

TIMEOUT_S = 20.0


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path / "voxd") as running:
        yield running


class Visitor:
    """A client that connects, asks who is there, and waits for the answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._socket.sendall(b'{"type": "describe"}\n')

    def answered(self) -> bool:
        """Whether it hears who is there; waits for that."""
        with self._socket, self._socket.makefile("rb") as lines:
            return bool(json.loads(lines.readline())["type"] == "info")


def change(daemon: DaemonProcess, **wyoming: object) -> None:
    """Other settings of the door."""
    settings = yaml.safe_load(daemon.config.read_text())
    settings["wyoming"] |= wyoming
    daemon.config.write_text(yaml.safe_dump(settings))


def reaches(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_who_connects_after_kill_9_is_answered_by_the_next_run(daemon: DaemonProcess) -> None:
    daemon.kill()
    visitor = Visitor(daemon.wyoming_port)
    daemon.start()
    assert visitor.answered()
    assert Visitor(daemon.wyoming_port).answered()


def test_who_connects_while_systemd_restarts_it_is_answered_by_the_next_run(daemon: DaemonProcess) -> None:
    daemon.stop()
    visitors = [Visitor(daemon.wyoming_port) for _ in range(20)]
    daemon.start()
    assert all(visitor.answered() for visitor in visitors)


async def test_nobody_is_turned_away_while_it_begins_anew(daemon: DaemonProcess) -> None:
    async def visit() -> None:
        while not restarted.done():
            assert await asyncio.to_thread(lambda: Visitor(daemon.wyoming_port).answered())

    restarted = asyncio.ensure_future(asyncio.to_thread(daemon.run_verb, "restart"))
    await asyncio.gather(visit(), visit(), visit())
    assert (await restarted).returncode == 0
    assert daemon.process.poll() is None


def test_what_it_began_anew_with_outlasts_its_end_too(daemon: DaemonProcess) -> None:
    assert daemon.run_verb("restart").returncode == 0
    daemon.kill()
    visitor = Visitor(daemon.wyoming_port)
    daemon.start()
    assert visitor.answered()


def test_where_settings_changed_meanwhile_the_old_door_is_closed_and_the_new_one_opened(daemon: DaemonProcess) -> None:
    daemon.stop()
    old, new = daemon.wyoming_port, free_port()
    change(daemon, port=new)
    daemon.start()
    assert Visitor(new).answered()
    assert not reaches(old)


def test_where_the_door_opens_wider_meanwhile_it_opens(daemon: DaemonProcess) -> None:
    daemon.stop()
    change(daemon, host="0.0.0.0")
    daemon.start()
    assert Visitor(daemon.wyoming_port).answered()


def test_a_reload_that_opens_a_door_anew_turns_nobody_away_and_closes_the_one_that_is_gone(
    daemon: DaemonProcess,
) -> None:
    change(daemon, max_text_chars=1000)
    reload(daemon)
    assert Visitor(daemon.wyoming_port).answered()
    old, new = daemon.wyoming_port, free_port()
    change(daemon, port=new)
    reload(daemon)
    assert Visitor(new).answered()
    assert not reaches(old)


def reload(daemon: DaemonProcess) -> None:
    """As `systemctl reload` does it: until it says that it is ready again."""
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_notice("RELOADING=1")
    daemon.wait_for_notice("READY=1")
