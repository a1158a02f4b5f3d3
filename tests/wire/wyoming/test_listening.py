"""Sockets of doors: taken where they listen already, and left open for the next door."""

import errno
import socket
from contextlib import closing

import pytest

from voxd.lib.lasting_sockets import LastingSockets
from voxd.wire.wyoming.listening import listening


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


async def test_the_next_door_at_an_address_takes_the_socket_of_the_one_before() -> None:
    port = free_port()
    with closing(LastingSockets()) as lasting:
        (first,) = await listening("127.0.0.1", port, lasting)
        first.close()
        with socket.create_connection(("127.0.0.1", port), 5), closing(lasting):
            (second,) = await listening("127.0.0.1", port, lasting)
            accepted, _ = second.accept()
            accepted.close()
            second.close()


async def test_a_door_that_moves_from_one_address_to_all_is_not_in_its_own_way() -> None:
    port = free_port()
    with closing(LastingSockets()) as lasting:
        (first,) = await listening("127.0.0.1", port, lasting)
        first.close()
        (second,) = await listening("0.0.0.0", port, lasting)
        with second, socket.create_connection(("127.0.0.1", port), 5):
            assert second.getsockname()[0] == "0.0.0.0"


async def test_a_port_that_somebody_else_has_is_refused_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, closing(LastingSockets()) as lasting:
        with pytest.raises(OSError, match="in use") as caught:
            await listening("127.0.0.1", other.getsockname()[1], lasting)
        assert caught.value.errno == errno.EADDRINUSE


async def test_two_doors_at_one_address_are_refused() -> None:
    port = free_port()
    with closing(LastingSockets()) as lasting:
        (first,) = await listening("127.0.0.1", port, lasting)
        with first, pytest.raises(OSError, match="in use"):
            await listening("127.0.0.1", port, lasting)


async def test_any_port_is_another_one_each_time() -> None:
    with closing(LastingSockets()) as lasting:
        (first,) = await listening("127.0.0.1", 0, lasting)
        with first:
            pass
        lasting.drop_unused()
        (second,) = await listening("127.0.0.1", 0, lasting)
        with second:
            assert lasting.take(socket.AF_INET, second.getsockname()) is None


async def test_who_comes_in_is_answered_at_once_at_every_socket_a_door_can_have() -> None:
    port = free_port()
    with closing(LastingSockets()) as lasting:
        for _ in ("a new one", "one that listened already"):
            (door,) = await listening("127.0.0.1", port, lasting)
            with door, socket.create_connection(("127.0.0.1", port), 5):
                door.setblocking(True)
                accepted, _ = door.accept()
                with accepted:
                    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
