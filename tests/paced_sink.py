"""A sound device with a clock of its own: a PulseAudio pipe sink, and a reader that takes its sound at its own pace."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from sound_servers import PulseServer

BLOCK_FRAMES = 240


class PacedSink:
    """Takes `pace` seconds of sound a second, mono 16 bit, and keeps what it took with the time at which it began."""

    def __init__(self, server: PulseServer, name: str, pace: float = 1.0) -> None:
        self.name, self.pace, self.rate_hz = name, pace, server.rate_hz
        path = server.folder / f"{name}.fifo"
        server.control(
            "load-module",
            "module-pipe-sink",
            *(f"sink_name={name}", f"file={path}", "format=s16le", f"rate={self.rate_hz}", "channels=1"),
        )
        self._pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._taken = bytearray()
        self.short = 0
        """How many frames were not there when their time came."""
        self._began = time.monotonic()
        self._over = threading.Event()
        self._reader = threading.Thread(target=self._read, name=f"sink {name}")
        self._reader.start()

    def stop(self) -> None:
        """Take no more."""
        self._over.set()
        self._reader.join(timeout=5)
        os.close(self._pipe)

    def heard(self) -> NDArray[np.int16]:
        """Every sample that was taken, silence where there was none to take."""
        return np.frombuffer(bytes(self._taken), dtype="<i2")

    def moment_of(self, frame: int) -> float:
        """When this frame was taken (CLOCK_MONOTONIC, seconds)."""
        return self._began + frame / (self.rate_hz * self.pace)

    def _read(self) -> None:
        frame = 0
        while not self._over.is_set():
            frame += BLOCK_FRAMES
            time.sleep(max(0.0, self.moment_of(frame) - time.monotonic()))
            block = self._block()
            self.short += BLOCK_FRAMES - len(block) // 2
            self._taken += block.ljust(2 * BLOCK_FRAMES, b"\0")

    def _block(self) -> bytes:
        try:
            return os.read(self._pipe, 2 * BLOCK_FRAMES)
        except BlockingIOError:
            return b""


@contextmanager
def paced_sinks(server: PulseServer, **paces: float) -> Iterator[list[PacedSink]]:
    """Sinks of these names, each with its own clock."""
    sinks = [PacedSink(server, name, pace) for name, pace in paces.items()]
    try:
        yield sinks
    finally:
        for sink in sinks:
            sink.stop()
