"""A client that does no harm: asks a Wyoming server to describe itself, again and again, on a connection each time.

    python -m tests.bench.good_client PORT EVERY_S

Prints for each time the milliseconds from before the connect to the whole answer, or `none` where there was none, until
its input ends.
"""

import json
import select
import socket
import sys
import time

PATIENCE_S = 5.0


def describe_ms(port: int) -> str:
    """Ask once."""
    began_s = time.perf_counter()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line, line.makefile("rb") as answer:
            line.sendall(b'{"type": "describe"}\n')
            header = json.loads(answer.readline())
            answer.read(header.get("data_length", 0))
        if header["type"] != "info":
            return "none"
    except (OSError, ValueError):
        return "none"
    return f"{1000 * (time.perf_counter() - began_s):.3f}"


def main() -> None:
    """Ask until told to end."""
    port, every_s = int(sys.argv[1]), float(sys.argv[2])
    while not select.select([sys.stdin], [], [], every_s)[0]:
        print(describe_ms(port), flush=True)


if __name__ == "__main__":
    main()
