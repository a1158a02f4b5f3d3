"""What a model thread is given to do, and the pulse by which others see that it is alive."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from voxd.errors import VoxdError
from voxd.neural.faults import as_voxd_error
from voxd.neural.speech_model import Samples

PIECES_AHEAD = 3
"""So many pieces of a sentence are made ahead of who takes them."""
Result = TypeVar("Result")
Failed = Callable[[VoxdError], None]


class Pulse:
    """Beats while a model gives signs of life, and rests while nothing is asked of it."""

    def __init__(self) -> None:
        self._at: float | None = None

    def beat(self) -> None:
        """The model lives, and has something to do."""
        self._at = time.monotonic()

    def rest(self) -> None:
        """Nothing is due from the model."""
        self._at = None

    @property
    def silent_s(self) -> float:
        """For how long something has been due from the model without a beat."""
        at = self._at
        return 0.0 if at is None else max(0.0, time.monotonic() - at)


class Errand(Protocol):
    """What waits for the thread. Made in the event loop."""

    def do(self, pulse: Pulse, failed: Failed) -> VoxdError | None:
        """Do it, in the thread; what went wrong, of which `failed` is told in the loop before anybody else.

        Whoever hears of the end finds the pulse at rest.
        """

    def fail(self, error: VoxdError) -> None:
        """It will not be done; called in the loop."""


class Work(Generic[Result]):
    """Something to be done once, whoever still waits for it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._loop = asyncio.get_running_loop()
        self._work: Callable[[], Result] | None = work
        self.outcome: asyncio.Future[Result] = self._loop.create_future()

    def do(self, pulse: Pulse, failed: Failed) -> VoxdError | None:
        """See Errand."""
        assert self._work is not None
        try:
            result = self._work()
        except BaseException as error:
            told = as_voxd_error(error)
            pulse.rest()
            _call(self._loop, failed, told)
            _call(self._loop, self.fail, told)
            return told
        finally:
            self._work = None
        pulse.rest()
        _call(self._loop, self._succeed, result)
        return None

    def fail(self, error: VoxdError) -> None:
        """See Errand."""
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def _succeed(self, result: Result) -> None:
        if not self.outcome.done():
            self.outcome.set_result(result)


class Spoken:
    """A sentence, piece by piece, made only a little ahead of who takes it."""

    def __init__(self, make: Callable[[], Iterator[Samples]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._make = make
        self._pieces: asyncio.Queue[Samples | VoxdError | None] = asyncio.Queue()
        self._room = threading.Semaphore(PIECES_AHEAD - 1)
        self._closed = threading.Event()

    async def next(self) -> Samples | None:
        """The next piece, None after the last. Raises VoxdError."""
        piece = await self._pieces.get()
        self._room.release()
        if isinstance(piece, VoxdError):
            raise piece
        return piece

    def close(self) -> None:
        """Nobody takes any more."""
        self._closed.set()
        self._room.release()

    def do(self, pulse: Pulse, failed: Failed) -> VoxdError | None:
        """See Errand."""
        end: VoxdError | None = None
        try:
            self._give_all(pulse)
        except BaseException as error:
            end = as_voxd_error(error)
        pulse.rest()
        if end is not None:
            _call(self._loop, failed, end)
        _call(self._loop, self._pieces.put_nowait, end)
        return end

    def fail(self, error: VoxdError) -> None:
        """See Errand."""
        self._pieces.put_nowait(error)

    def _give_all(self, pulse: Pulse) -> None:
        if self._closed.is_set():
            return
        pieces = self._make()
        try:
            for piece in pieces:
                _call(self._loop, self._pieces.put_nowait, piece)
                pulse.rest()
                self._room.acquire()
                pulse.beat()
                if self._closed.is_set():
                    return
        finally:
            if (close := getattr(pieces, "close", None)) is not None:
                close()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *values: object) -> None:
    with suppress(RuntimeError):  # the loop has ended: nobody waits
        loop.call_soon_threadsafe(function, *values)
