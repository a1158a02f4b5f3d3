"""The load: one cheap process for any number of Wyoming clients, the same for every server.

Reads orders from its input, one JSON object a line, and answers each with one line:

    {"port": 10200, "ask": ["<bytes of a request>", ...], "at_once": 16, "for_s": null}
    [[<first audio byte, s>, <end of the reply, s>, <bytes>], ...]

Every request has a connection of its own, `at_once` of them are open at a time, and a request's clock starts before its
connect. With `for_s`, no request is begun after so many seconds. The end is `audio-stop`, or the whole `info`.
"""

import gc
import json
import select
import socket
import sys
import time
from collections.abc import Iterator

RECEIVE_BYTES = 1 << 20
TAIL_BYTES = 256
TIMEOUT_S = 30.0


class Exchange:
    """One request and its reply, on one connection."""

    def __init__(self, port: int, request: bytes) -> None:
        self._request = request
        self._head: bytearray | None = bytearray()
        self._tail = b""
        self.first_s = 0.0
        self.total_s = 0.0
        self.received = 0
        self._started_s = time.perf_counter()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.socket.connect_ex(("127.0.0.1", port))

    def send(self) -> None:
        """Ask, once the connection stands."""
        self.socket.sendall(self._request)

    def receive(self, buffer: memoryview) -> bool:
        """Take what has come; whether that was the end."""
        count = self.socket.recv_into(buffer)
        now_s = time.perf_counter() - self._started_s
        if count == 0:
            raise ConnectionError(f"closed after {self.received} bytes: {bytes(self._head or self._tail)!r}")
        self.received += count
        if self._head is not None:
            self._head += buffer[:count]
            self._find_first(now_s)
        self._tail = (self._tail + bytes(buffer[max(0, count - TAIL_BYTES) : count]))[-TAIL_BYTES:]
        ended = bool(self.total_s) or (self._head is None and stopped(self._tail))
        if ended:
            self.total_s = now_s
        return ended

    def _find_first(self, now_s: float) -> None:
        """Look for the first byte of sound, or the end of an `info`; then the head is of no more use."""
        assert self._head is not None
        for kind, payload_at, end in events(bytes(self._head)):
            if kind == "error":
                raise ConnectionError(f"refused: {bytes(self._head)!r}")
            if kind == "audio-chunk" and len(self._head) > payload_at:
                self.first_s, self._head = now_s, None
                return
            if kind == "info" and len(self._head) >= end:
                self.first_s = self.total_s = now_s
                return


def stopped(tail: bytes) -> bool:
    """Whether a reply that ends like this is over: `audio-stop` and the data that belong to it have arrived."""
    named = tail.find(b'"audio-stop"')
    newline = tail.find(b"\n", named)
    if named < 0 or newline < 0:
        return False
    header = json.loads(tail[tail.rfind(b"{", 0, named) : newline])
    return len(tail) >= newline + 1 + int(header.get("data_length", 0))


def events(received: bytes) -> Iterator[tuple[str, int, int]]:
    """Type, place of the payload and place of the end, of every event whose header line has arrived."""
    at = 0
    while (newline := received.find(b"\n", at)) >= 0:
        header = json.loads(received[at:newline])
        payload_at = newline + 1 + header.get("data_length", 0)
        at = payload_at + header.get("payload_length", 0)
        yield header["type"], payload_at, at


class Load:
    """All clients of one order, on one epoll."""

    def __init__(self, port: int, requests: list[bytes], at_once: int, for_s: float | None) -> None:
        self._port = port
        self._waiting = iter(requests)
        self._at_once = at_once
        self._for_s = for_s
        self._epoll = select.epoll()
        self._open: dict[int, Exchange] = {}
        self._done: list[Exchange] = []
        self._buffer = memoryview(bytearray(RECEIVE_BYTES))

    def run(self) -> list[Exchange]:
        """All exchanges, in the order of their ends."""
        self._started_s = time.perf_counter()
        for _ in range(self._at_once):
            self._begin()
        while self._open:
            ready = self._epoll.poll(TIMEOUT_S)
            if not ready:
                raise TimeoutError(f"nothing came for {TIMEOUT_S:g} s; {len(self._open)} replies are missing")
            for number, mask in ready:
                self._serve(number, mask)
        self._epoll.close()
        return self._done

    def _begin(self) -> None:
        over = self._for_s is not None and time.perf_counter() - self._started_s > self._for_s
        request = None if over else next(self._waiting, None)
        if request is not None:
            exchange = Exchange(self._port, request)
            self._open[exchange.socket.fileno()] = exchange
            self._epoll.register(exchange.socket, select.EPOLLOUT)

    def _serve(self, number: int, mask: int) -> None:
        exchange = self._open[number]
        if mask & select.EPOLLIN:
            if exchange.receive(self._buffer):
                self._end(number)
        else:
            exchange.send()  # a connection that failed raises here
            self._epoll.modify(number, select.EPOLLIN)

    def _end(self, number: int) -> None:
        self._epoll.unregister(number)
        exchange = self._open.pop(number)
        exchange.socket.close()
        self._done.append(exchange)
        self._begin()


def main() -> None:
    """Obey until the input ends."""
    gc.disable()
    for line in sys.stdin:
        order = json.loads(line)
        load = Load(order["port"], [text.encode() for text in order["ask"]], order["at_once"], order["for_s"])
        try:
            answer: object = [(done.first_s, done.total_s, done.received) for done in load.run()]
        except (OSError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
