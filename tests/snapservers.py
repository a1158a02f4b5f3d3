"""A real Snapcast server with one source and one client that writes what it plays into a file."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BUFFER_S = 0.4
"""The server's buffer: less than its default, so that tests need not wait a second for everything."""
START_TIMEOUT_S = 10.0
HOST = "127.0.0.1"


@dataclass(frozen=True)
class SnapServer:
    """`tcp_port` and `pipe` lead into its source, whichever it was started with."""

    tcp_port: int
    pipe: Path
    control_port: int
    played: Path

    @property
    def status(self) -> str:
        """`idle` or `playing`, as the server tells over its JSON-RPC."""
        with socket.create_connection((HOST, self.control_port), 2) as control:
            control.sendall(b'{"id":1,"jsonrpc":"2.0","method":"Server.GetStatus"}\r\n')
            with control.makefile() as answers:
                answer = next(told for told in map(json.loads, answers) if "result" in told)
        return str(answer["result"]["server"]["streams"][0]["status"])

    def heard(self) -> bytes:
        """The left channel of what the client has played until now."""
        raw = self.played.read_bytes() if self.played.exists() else b""
        frames = np.frombuffer(raw[: len(raw) // 4 * 4], dtype="<i2").reshape(-1, 2)
        return frames[:, 0].tobytes()


@contextmanager
def snapserver(folder: Path, *, by_pipe: bool = False) -> Iterator[SnapServer]:
    """Run both, as processes of our own on free ports; the source reads 48000 Hz, two channels."""
    folder.mkdir(parents=True, exist_ok=True)
    tcp_port, control_port, stream_port = (_free_port() for _ in range(3))
    there = SnapServer(tcp_port, folder / "fifo", control_port, folder / "played")
    place = f"pipe://{there.pipe}?mode=create&" if by_pipe else f"tcp://{HOST}:{tcp_port}?mode=server&"
    server = ["snapserver", "-c", os.devnull, f"--server.datadir={folder}", "--http.enabled=0"]
    server += [f"--tcp.bind_to_address={HOST}", f"--tcp.port={control_port}"]
    server += [f"--stream.bind_to_address={HOST}", f"--stream.port={stream_port}", "--stream.codec=pcm"]
    server += [f"--stream.buffer={round(1000 * BUFFER_S)}"]
    server += [f"--stream.source={place}name=voxd&sampleformat=48000:16:2"]
    client = ["snapclient", "-h", HOST, "-p", str(stream_port), "--hostID=test", "--logsink=null"]
    client += [f"--player=file:filename={there.played}"]
    with ExitStack() as ending:
        ending.enter_context(_running(server, folder))
        _until(lambda: _listens(control_port))
        ending.enter_context(_running(client, folder))
        _until(lambda: there.played.exists() and there.played.stat().st_size > 0)
        yield there


@contextmanager
def _running(command: list[str], folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with (folder / f"{command[0]}.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not condition():
        assert time.monotonic() < end, "snapserver does not start"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 0.5).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
