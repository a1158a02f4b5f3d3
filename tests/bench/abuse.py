"""What strangers do to an open Wyoming port: each row is something that takes a server down, or that it must bear.

The rows are those of the facts on reliability, measured there on the reference library's server. Everything is bounded,
and goes to 127.0.0.1.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1024 * 1024
PIECE = b"x" * 65_536
SPEAK = {"type": "synthesize", "data": {"text": "The washing machine in the basement is done. " * 20}}
DESCRIBE = b'{"type": "describe"}\n'
OWN_ADDRESSES = 200
"""Crowds come from so many addresses of 127/8."""
_PACE_S = 0.001
"""Between two of a crowd: who abuses from elsewhere does not take the server's processors."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a server did with an abuser: its last word (`error`, `nothing`, `other`), and when it closed, if ever."""

    said: str
    closed_s: float | None

    def __str__(self) -> str:
        said = {"error": "an error", "nothing": "no word", "other": "something else"}[self.said]
        return f"{said}, still open" if self.closed_s is None else f"{said}, closed after {self.closed_s:.1f} s"


Act = Callable[[int, float], Coroutine[Any, Any, Outcome]]
"""Does it to a port, for at most so many seconds."""


@dataclass(frozen=True, slots=True)
class Abuse:
    """One row. `within_s` is how soon a server that keeps its own timeouts has closed; None: it need not."""

    name: str
    act: Act
    within_s: float | None


def header(**fields: object) -> bytes:
    """The first line of an event."""
    return json.dumps({"type": "describe"} | fields).encode() + b"\n"


def sending(*pieces: bytes, flood_mb: int = 0, then_ends: bool = False) -> Act:
    """Send these, then so much more of nothing; then wait for the end."""

    async def act(port: int, for_s: float) -> Outcome:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began_s = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(_outcome(reader, began_s, for_s), name="abuser")
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(for_s):
                for piece in (*pieces, *(PIECE for _ in range(flood_mb * MEGABYTE // len(PIECE)))):
                    writer.write(piece)
                    await writer.drain()
                if then_ends:
                    writer.write_eof()
        outcome = await waiting
        writer.transport.abort()
        return outcome

    return act


async def _outcome(reader: asyncio.StreamReader, began_s: float, for_s: float) -> Outcome:
    """What is said, and when the connection ends."""
    heard = b""
    closed_s = None
    try:
        async with asyncio.timeout(for_s):
            while data := await reader.read(MEGABYTE):
                heard = (heard + data)[-4096:]
        closed_s = asyncio.get_running_loop().time() - began_s
    except TimeoutError:
        pass
    except OSError:  # a reset
        closed_s = asyncio.get_running_loop().time() - began_s
    return Outcome(_said(heard), closed_s)


def _said(heard: bytes) -> str:
    if b'"type": "error"' in heard:
        return "error"
    return "other" if heard else "nothing"


def crowd(count: int, drop: bytes = b"", every_s: float = 0.5) -> Act:
    """So many connections that send nothing, or a byte of the drop each `every_s`; the outcome is that of the last."""

    async def act(port: int, for_s: float) -> Outcome:
        began_s = asyncio.get_running_loop().time()
        lines = [await _connected(port, number) for number in range(count)]
        try:
            async with asyncio.TaskGroup() as group:
                dripping = group.create_task(_drip([writer for _, writer in lines], drop, every_s), name="drip")
                outcome = await _outcome(lines[-1][0], began_s, for_s)
                dripping.cancel()
        finally:
            for _, writer in lines:
                writer.transport.abort()
        return outcome

    return act


async def _connected(port: int, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    await asyncio.sleep(_PACE_S)
    address = f"127.0.1.{1 + number % OWN_ADDRESSES}"
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


async def _drip(writers: Sequence[asyncio.StreamWriter], drop: bytes, every_s: float) -> None:
    """A byte of the drop at a time, for ever."""
    at = 0
    while drop:
        for writer in writers:
            writer.write(drop[at : at + 1])
        at = (at + 1) % len(drop)
        await asyncio.sleep(every_s)


def deaf(count: int, sent: bytes) -> Act:
    """So many that send this and never read; closed is when the last of them was."""

    async def act(port: int, for_s: float) -> Outcome:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        lines = [_deaf_line(port) for _ in range(count)]
        try:
            asking = [loop.create_task(_sent(line, sent), name="deaf") for line in lines]
            closed = [loop.create_task(_hung_up(line), name="hung up") for line in lines]
            _, open_ = await asyncio.wait(closed, timeout=for_s)
            for task in (*asking, *open_):
                task.cancel()
            await asyncio.gather(*asking, *closed, return_exceptions=True)
        finally:
            for line in lines:
                line.close()
        return Outcome("nothing", None if open_ else loop.time() - began_s)

    return act


def _deaf_line(port: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    return line


async def _sent(line: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        await asyncio.get_running_loop().sock_sendall(line, data)


async def _hung_up(line: socket.socket) -> None:
    """Wait until the other side has reset the connection; nothing is read."""
    tcp_info_state = 0  # the first byte of struct tcp_info (linux/tcp.h)
    established = 1  # TCP_ESTABLISHED (net/tcp_states.h)
    while line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[tcp_info_state] == established:  # noqa: ASYNC110 - the kernel has no event for it
        await asyncio.sleep(0.1)


async def _reset(port: int, for_s: float) -> Outcome:
    """A hundred clients that ask for much and are gone at once."""
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.sendall(json.dumps(SPEAK).encode() + b"\n")
        await asyncio.sleep(0.01)
    return Outcome("nothing", 0.0)


TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + b"\x11" * 194
TERA = 1 << 40


def rows(flood_mb: int = 512, idle: int = 1500, loris: int = 500, pipelined: int = 200_000) -> tuple[Abuse, ...]:
    """All of them, in these sizes."""
    quickly, in_time, unread = 2.0, 13.0, 45.0
    bad = {
        "header: broken JSON": b'{"type": \n',
        "header: an empty line": b"\n",
        "header: NULs": b"\0" * 100 + b"\n",
        "header: bad UTF-8": b'{"type": "\xff\xfe"}\n',
        "header: HTTP GET": b"GET / HTTP/1.1\r\nHost: voxd\r\n\r\n",
        "header: a number of 5,000 digits": b'{"type": "describe", "data_length": ' + b"9" * 5000 + b"}\n",
        "header: []": b"[]\n",
        "header: null": b"null\n",
        "header: no type": b"{}\n",
        "type: {}": b'{"type": {}}\n',
        "type: null": b'{"type": null}\n',
        'data_length: "10"': header(data_length="10"),
        "data_length: []": header(data_length=[]),
        "data_length: true": header(data_length=True),
        "data_length: 2.0": header(data_length=2.0) + b"{}",
        "payload_length: -1": header(payload_length=-1),
        "payload_length: -1e9": header(payload_length=-1_000_000_000),
        "payload_length: Infinity": b'{"type": "describe", "payload_length": Infinity}\n',
        "payload_length: 1e400": b'{"type": "describe", "payload_length": 1e400}\n',
        "data: [1]": header(data_length=3) + b"[1]",
        "data: bad UTF-8": header(data_length=4) + b'"\xff"}',
        "inline data: a list": header(data=[1]),
        "inline data: a string": header(data="x"),
        "nested 30,000 deep": b'{"type": "x", "data": ' + b"[" * 30_000 + b"\n",
        "nested 500,000 deep": b'{"type": "x", "data": ' + b"[" * 500_000 + b"\n",
        "a header of 70 kB with inline data": header(data={"text": "x" * 70_000}),
        "TLS ClientHello": TLS_HELLO,
        "a payload of 1 TiB, then silence": header(payload_length=TERA),
    }
    return (
        *(Abuse(name, sending(sent), quickly) for name, sent in bad.items()),
        Abuse("a payload of 1 TiB and a flood", sending(header(payload_length=TERA), flood_mb=flood_mb), in_time),
        Abuse("data of 1 TiB and a flood", sending(header(data_length=TERA), flood_mb=flood_mb), in_time),
        Abuse("a line without end", sending(b'{"type": "', flood_mb=64), in_time),
        Abuse("half an event, then silence", sending(header(data_length=50) + b"{"), in_time),
        Abuse("half an event, then the end", sending(header(data_length=50) + b"{", then_ends=True), quickly),
        Abuse("a lone surrogate in a text", _surrogate, None),
        Abuse("100 clients reset in mid synthesis", _reset, None),
        Abuse(f"{pipelined:,} describes that nobody reads", deaf(1, DESCRIBE * pipelined), unread),
        Abuse("50 clients that never read", deaf(50, json.dumps(SPEAK).encode() + b"\n"), unread),
        Abuse(f"slow loris, {loris} of them", crowd(loris, drop=DESCRIBE[:-1]), in_time),
        Abuse(f"{idle:,} idle connections", crowd(idle), None),
    )


async def _surrogate(port: int, for_s: float) -> Outcome:
    """Spoken or refused, but nothing breaks."""
    text = b'{"type": "synthesize", "data": {"text": "one \\ud800 two"}}\n{"type": "nonsense", "data": []}\n'
    return await sending(text)(port, for_s)
