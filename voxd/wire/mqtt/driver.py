"""Paho's socket, read, written and kept alive by the event loop."""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Any

from paho.mqtt.client import Client

from voxd.lib.steps import Steps

TICK_S = 2.0
"""So often paho looks whether the broker still answers."""
READS_AT_ONCE = 64


class Driver:
    """Drives one paho client from `start`, when it has just connected, until paho closes its socket."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._steps = Steps()

    @property
    def healthy(self) -> bool:
        """Whether paho is kept alive, so that it learns of a broker that is gone."""
        return not self._steps.late

    def start(self) -> bool:
        """Begin; False when the connection is gone already."""
        client, sock = self._client, self._client.socket()
        if sock is None:
            return False
        client.on_socket_close = self._on_close
        client.on_socket_register_write = self._on_write_wanted
        client.on_socket_unregister_write = self._on_write_done
        self._loop.add_reader(sock, self._readable)
        if client.want_write():
            self._loop.add_writer(sock, client.loop_write)
        self._tick_again()
        return True

    def pause(self) -> None:
        """Read nothing more until resume, so that the broker keeps what is to come."""
        sock = self._client.socket()
        if sock and not self._paused:
            self._paused = True
            self._loop.remove_reader(sock)

    def resume(self) -> None:
        """Read again."""
        sock = self._client.socket()
        if sock and self._paused:
            self._paused = False
            self._loop.add_reader(sock, self._readable)
            self._loop.call_soon(self._readable)

    def break_off(self) -> None:
        """Close the socket at once, by way of paho."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            self._client.disconnect()
            self._client.loop_write()  # fails, and so makes paho close its socket

    def _readable(self) -> None:
        for _ in range(READS_AT_ONCE):
            if self._paused or self._client.socket() is None:
                return
            self._client.loop_read()
            self._confirm_at_once()
            if not self._holds_decrypted():
                return
        self._loop.call_soon(self._readable)

    def _confirm_at_once(self) -> None:
        # A broker without TCP_NODELAY (mosquitto's default) holds a small packet back until we have confirmed the one
        # before it, which Linux would do up to 40 ms later; the option lasts for one confirmation (tcp(7)).
        sock = self._client.socket()
        if isinstance(sock, socket.socket) and hasattr(socket, "TCP_QUICKACK"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _holds_decrypted(self) -> bool:
        # What TLS has already taken from the socket makes no socket readable any more.
        sock = self._client.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _tick(self) -> None:
        self._tick_again()
        self._client.loop_misc()

    def _tick_again(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._tick)
        self._steps.within(TICK_S)

    def _on_close(self, _client: Client, _userdata: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        if self._timer:
            self._timer.cancel()
        self._steps.whenever()

    def _on_write_wanted(self, client: Client, _userdata: Any, sock: Any) -> None:
        self._loop.add_writer(sock, client.loop_write)

    def _on_write_done(self, _client: Client, _userdata: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)
