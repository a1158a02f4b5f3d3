"""Cached replies over Wyoming: 3 s of 44.1 kHz for 1, 16, 64 and 256 clients at the same moment.

Every request is a connection of its own, as Home Assistant makes them, and its clock starts before the connect.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from socket import create_connection

from ..children import BenchError, Child
from ..clip import pcm
from ..daemon import voxd
from ..figures import median, p99
from ..load import LoadProcess, Reply, synthesize
from ..load_client import events
from ..piper import ZERO_COST, wyoming_piper
from ..places import KEPT, PYTHON, free_port
from ..rows import Limit, Row

TEXT = "The washing machine is done"
TURNS = {1: 20, 16: 30, 64: 12, 256: 8}
"""How often each server has its turn, by the number of clients."""

BURSTS = {1: 10}
"""Bursts in one turn; else one. A single client asks ten times in a row, so that a turn is not all warming up."""

PEERS = {
    1: ("floor", "reference", "piper"),
    16: ("reference", "piper"),
    64: ("reference", "piper"),
    256: ("reference",),
}
REFERENCE_FRAMES = 1024
ENGINE_FRAMES = 8192

Replies = dict[int, dict[str, list[Reply]]]


def rows() -> Iterator[Row]:
    """Measure, then give the rows."""
    replies = _measured()
    alone = replies[1]
    yield _total_of_one(alone, "floor", "a bare socket, same bytes", None)
    yield _total_of_one(alone, "reference", "reference library, chunks of 1,024", Limit("ratio", 0.35))
    yield _total_of_one(alone, "piper", "wyoming-piper, a voice that costs nothing", None)
    for clients, limit in ((16, Limit("ratio", 0.15)), (64, None)):
        yield _first_of_many(replies, clients, "reference", "reference library, chunks of 1,024", limit)
        yield _first_of_many(replies, clients, "piper", "wyoming-piper, a voice that costs nothing", None)
    crowd = {name: p99([reply.first_ms for reply in of]) for name, of in replies[256].items()}
    yield Row(
        "wyoming_cached_first_audio_p99_256_vs_reference",
        crowd["voxd"],
        "ms",
        "reference library, its backlog of 100",
        crowd["reference"],
        Limit("ratio", 0.15),
    )


def _total_of_one(alone: Mapping[str, Sequence[Reply]], peer: str, against: str, limit: Limit | None) -> Row:
    total = {name: median([reply.total_ms for reply in alone[name]]) for name in ("voxd", peer)}
    return Row(f"wyoming_cached_total_1_vs_{peer}", total["voxd"], "ms", against, total[peer], limit)


def _first_of_many(replies: Replies, clients: int, peer: str, against: str, limit: Limit | None) -> Row:
    first = {name: median([reply.first_ms for reply in replies[clients][name]]) for name in ("voxd", peer)}
    return Row(f"wyoming_cached_first_audio_{clients}_vs_{peer}", first["voxd"], "ms", against, first[peer], limit)


def _measured() -> Replies:
    with _servers() as ports, LoadProcess() as load:
        return {
            clients: _interleaved(load, {name: ports[name] for name in ("voxd", *PEERS[clients])}, clients, turns)
            for clients, turns in TURNS.items()
        }


def _interleaved(load: LoadProcess, ports: Mapping[str, int], clients: int, turns: int) -> dict[str, list[Reply]]:
    """Everybody in turn: A B C A B C; the first turn only warms up."""
    replies: dict[str, list[Reply]] = {name: [] for name in ports}
    for turn in range(1 + turns):
        for name, port in ports.items():
            for _ in range(BURSTS.get(clients, 1)):
                burst = load.burst(port, [synthesize(TEXT)] * clients)
                _check(name, burst)
                replies[name] += burst if turn else []
    return replies


def _check(name: str, burst: Sequence[Reply]) -> None:
    short = [reply.received for reply in burst if reply.received < len(pcm())]
    if short:
        raise BenchError(f"{name} sent {short[0]} bytes of a clip of {len(pcm())}")


@contextmanager
def _servers() -> Iterator[dict[str, int]]:
    """Every server's port, all of them at once; voxd holds the clip already."""
    with ExitStack() as running:
        engine = running.enter_context(_clip_server("engine", ENGINE_FRAMES))
        settings = {
            "engines": {"bench": {"type": "wyoming", "host": "127.0.0.1", "port": engine}},
            "voices": {"clip": {"engine": "bench", "speaker": "clip", "language": "en-US"}},
            "speech": {"voice": "clip"},
        }
        port = running.enter_context(voxd("voxd-cached", settings)).wyoming_port
        reply = _reply_of(port)
        yield {
            "voxd": port,
            "floor": running.enter_context(_floor(reply)),
            "reference": running.enter_context(_clip_server("reference", REFERENCE_FRAMES)),
            "piper": running.enter_context(wyoming_piper(ZERO_COST))[0],
        }


@contextmanager
def _clip_server(name: str, frames: int) -> Iterator[int]:
    port = free_port()
    with Child(name, (PYTHON, "-m", "tests.bench.peers.clip_server", str(port), str(frames))) as process:
        process.wait_for_port(port)
        yield port


@contextmanager
def _floor(reply: bytes) -> Iterator[int]:
    port, file = free_port(), KEPT / "reply.bin"
    file.write_bytes(reply)
    with Child("floor", (PYTHON, "-m", "tests.bench.peers.floor_server", str(port), file)) as process:
        process.wait_for_port(port)
        yield port


def _reply_of(port: int) -> bytes:
    """The bytes with which voxd answers once it holds the clip, every sample of it. Raises BenchError if it is not."""
    _exchanged(port)
    reply = _exchanged(port)
    spans = [reply[payload_at:end] for kind, payload_at, end in events(reply) if kind == "audio-chunk"]
    if b"".join(spans) != pcm():
        raise BenchError(f"voxd's reply is not the engine's clip: {reply[:300]!r}")
    return reply


def _exchanged(port: int) -> bytes:
    """One whole reply."""
    received = b""
    with closing(create_connection(("127.0.0.1", port), 20)) as connection:
        connection.sendall(synthesize(TEXT).encode())
        while not any(kind in ("audio-stop", "error") and end <= len(received) for kind, _, end in events(received)):
            received += connection.recv(1 << 20) or _closed(received)
    return received


def _closed(received: bytes) -> bytes:
    raise BenchError(f"voxd closed the connection after {received[:300]!r}")
