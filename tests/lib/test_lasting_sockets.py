"""Listening sockets that outlast a restart: taken by their address, stored, and dropped where nobody wants them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from daemons import ServiceManager
from waiting import until

from voxd.lib import systemd
from voxd.lib.lasting_sockets import LastingSockets


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    """What stores the sockets as systemd does."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with closing(ServiceManager(tmp_path / "notify")) as listening:
        yield listening


@pytest.fixture
def sockets() -> Iterator[LastingSockets]:
    with closing(LastingSockets()) as made:
        yield made


def listener(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def reaches(address: tuple[str, int]) -> bool:
    with socket.socket() as client:
        return client.connect_ex(address) == 0


def test_whoever_connects_between_two_doors_is_let_in_by_the_second(sockets: LastingSockets) -> None:
    first = sockets.add(listener())
    address = first.getsockname()
    first.close()
    with socket.create_connection(address) as client:
        client.sendall(b"hello")
        second = sockets.take(socket.AF_INET, address)
        assert second is not None
        with second:
            second.setblocking(True)
            inside, _ = second.accept()
            with inside:
                assert inside.recv(5) == b"hello"


def test_an_address_that_nobody_listens_on_gives_nothing(sockets: LastingSockets) -> None:
    with sockets.add(listener()) as door:
        host, port = door.getsockname()
        assert sockets.take(socket.AF_INET, (host, port + 1)) is None
        assert sockets.take(socket.AF_INET, ("0.0.0.0", port)) is None


def test_what_nobody_uses_any_more_is_dropped_and_what_is_used_is_not(sockets: LastingSockets) -> None:
    used, unused = sockets.add(listener()), sockets.add(listener())
    here, gone = used.getsockname(), unused.getsockname()
    unused.close()
    assert reaches(gone), "until then clients wait"
    sockets.drop_unused()
    with used:
        assert reaches(here)
        assert not reaches(gone)


def test_only_those_on_the_same_port_make_way(sockets: LastingSockets) -> None:
    in_the_way, elsewhere = sockets.add(listener()), sockets.add(listener())
    here, there = in_the_way.getsockname(), elsewhere.getsockname()
    assert not sockets.make_way(here[1]), "it is in use"
    in_the_way.close()
    elsewhere.close()
    assert sockets.make_way(here[1])
    assert not reaches(here)
    assert reaches(there)


async def test_new_ones_are_stored_by_the_service_manager_until_they_are_dropped(
    manager: ServiceManager, sockets: LastingSockets
) -> None:
    four, six = sockets.add(listener()), sockets.add(listener("::1"))
    ports = four.getsockname()[1], six.getsockname()[1]
    names = [f"door-127.0.0.1-{ports[0]}", f"door-..1-{ports[1]}-0"]
    await until(lambda: sorted(manager.stored) == sorted(names))
    six.close()
    sockets.drop_unused()
    await until(lambda: list(manager.stored) == names[:1])
    four.close()


async def test_those_of_a_socket_unit_are_not_stored_twice_nor_taken_from_it(manager: ServiceManager) -> None:
    with listener() as of_the_unit, closing(LastingSockets([("voxd.socket", of_the_unit.dup())])) as sockets:
        door = sockets.take(socket.AF_INET, of_the_unit.getsockname())
        assert door is not None
        door.close()
        sockets.drop_unused()
        systemd.status("told last")
        await until(lambda: not manager.told.empty())
        assert manager.told.get() == "STATUS=told last"
        assert reaches(of_the_unit.getsockname())


def test_a_socket_unit_that_has_the_port_elsewhere_is_named() -> None:
    with listener() as of_the_unit, closing(LastingSockets([("voxd.socket", of_the_unit.dup())])) as sockets:
        port = of_the_unit.getsockname()[1]
        assert sockets.make_way(port)
        assert sockets.unit_on(port) == "voxd.socket"
        assert sockets.unit_on(port + 1) == ""


def test_what_does_not_listen_is_closed(sockets: LastingSockets) -> None:
    plain, other = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("127.0.0.1", 0))
    address = plain.getsockname()
    with closing(LastingSockets([("door-1", plain), ("door-2", other)])) as handed:
        assert handed.take(socket.AF_INET, address) is None
        assert plain.fileno() == other.fileno() == -1


def test_a_program_that_this_one_becomes_finds_them_and_hides_them_from_its_children() -> None:
    successor = (
        "import os, sys; from voxd.lib.lasting_sockets import LastingSockets; sockets = LastingSockets.handed_over();"
        "door = sockets.take(2, ('127.0.0.1', int(sys.argv[1])));"
        "print(door is not None, [name for name in os.environ if 'LISTEN' in name], os.get_inheritable(3))"
    )
    first = (
        "import os, socket, sys; from voxd.lib.lasting_sockets import LastingSockets; sockets = LastingSockets();"
        "port = sockets.add(socket.create_server(('127.0.0.1', 0))).getsockname()[1]; sockets.leave_to_successor();"
        f"os.execv(sys.executable, [sys.executable, '-c', {successor!r}, str(port)])"
    )
    done = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == "True [] False\n", done.stderr


@pytest.mark.parametrize("told", [{}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}, {"LISTEN_FDS": "one"}])
def test_what_was_handed_to_somebody_else_is_not_ours(told: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if "LISTEN" not in name} | told
    code = "from voxd.lib import systemd; print(systemd.handed_over())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout == "[]\n"
