"""Many WebSockets, opened at the same moment, each saying something new every few seconds, until the input ends.

    python -m tests.bench.peers.websocket_crowd PORT CLIENTS EVERY_S

Prints `begin` before the first, and at the end a JSON object: how many sockets were `open` at once and how many `lost`,
how many texts `served` and `refused`.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from itertools import count

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException


class Crowd:
    """All of them."""

    def __init__(self, port: int, clients: int, every_s: float) -> None:
        self._url = f"ws://127.0.0.1:{port}/api/stream"
        self._clients = clients
        self._every_s = every_s
        self._numbers = count()
        self.seen: Counter[str] = Counter(open=0, served=0, refused=0, lost=0)

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(*(self._client(number) for number in range(self._clients)))

    async def _client(self, number: int) -> None:
        try:
            async with connect(self._url, open_timeout=30, max_queue=256) as line:
                self.seen["open"] += 1
                await asyncio.sleep(self._every_s * number / self._clients)
                while True:
                    text = f"This is number {next(self._numbers)} of crowd {os.getpid()}."
                    await line.send(json.dumps({"text": text, "end": True}))
                    while isinstance(frame := await line.recv(), bytes) or '"audio"' in frame:
                        pass
                    self.seen["served" if "done" in frame else "refused"] += 1
                    await asyncio.sleep(self._every_s)
        except (OSError, WebSocketException):
            self.seen["lost"] += 1


async def main(port: int, clients: int, every_s: float) -> None:
    """Until told to end."""
    crowd = Crowd(port, clients, every_s)
    print("begin", flush=True)
    running = asyncio.create_task(crowd.run())
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    print(json.dumps(crowd.seen), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
