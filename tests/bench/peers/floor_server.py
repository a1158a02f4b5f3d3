"""The floor: a bare blocking socket that answers whatever it is asked with the bytes of a file.

python -m tests.bench.peers.floor_server PORT FILE
"""

import socket
import sys
from pathlib import Path


def serve(port: int, reply: bytes) -> None:
    """Answer one connection after the other, for ever."""
    with socket.create_server(("127.0.0.1", port), backlog=1024) as door:
        while True:
            connection, _ = door.accept()
            with connection:
                if connection.recv(65536):
                    connection.sendall(reply)
                    connection.recv(1)  # until the other side has left, so that it closes first


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
