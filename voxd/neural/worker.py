"""The one thread in which a model is loaded and does all it does: CUDA graphs belong to the thread that made them."""

import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar

from voxd.errors import BusyError, VoxdError
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import Samples
from voxd.neural.work import Errand, Failed, Pulse, Spoken, Work
from voxd.wire.wyoming.host_events import Fault

WAITING_MAX = 256
"""So many sentences, and so many other things, may wait."""
_HALTING = (Fault.OUT_OF_MEMORY, Fault.DEVICE_LOST)
Result = TypeVar("Result")


class ModelThread:
    """Does one thing after the other: sentences in their order, and everything else when no sentence waits.

    Used from one event loop, in which `failed` is called with whatever goes wrong, whoever waits for it. The thread
    is a daemon: a model that hangs does not hold up the end of the process.

    After a failure of the device everything waits, but for `repair`.
    """

    def __init__(self, name: str, failed: Failed) -> None:
        self._failed = failed
        self._sentences: deque[Errand] = deque()
        self._work: deque[Errand] = deque()
        self._repairs: deque[Errand] = deque()
        self._halted = False
        self._due = threading.Condition()
        self._given_up: VoxdError | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.speaking = False
        """Whether what is, or was last, done is a sentence."""
        self.pulse = Pulse()
        """Long work may beat it, from within the thread."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def busy_s(self) -> float:
        """For how long what is done now has given no sign of life; 0 while nothing is done."""
        return self.pulse.silent_s

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` gives.

        Raises VoxdError: what it raised, as faults.py understands it. When the waiting is cancelled, the work
        is done nevertheless.
        """
        errand = Work(work)
        self._enqueue(errand, self._work)
        return await errand.outcome

    async def repair(self, work: Callable[[], bool]) -> bool:
        """Have `work` done before everything else; where it gives True, all the rest goes on. Raises VoxdError."""
        errand = Work(work)
        self._enqueue(errand, self._repairs)
        if good := await errand.outcome:
            with self._due:
                self._halted = False
                self._due.notify()
        return good

    async def speak(self, make: Callable[[], Iterator[Samples]]) -> AsyncGenerator[Samples, None]:
        """The pieces of a sentence as they are made, never more than a few ahead of who takes them.

        Closing this closes the iterator, in the thread, before it makes the next piece. Raises VoxdError.
        """
        errand = Spoken(make)
        self._enqueue(errand, self._sentences)
        try:
            while (piece := await errand.next()) is not None:
                yield piece
        finally:
            errand.close()

    def fail_sentences(self, error: VoxdError) -> None:
        """Give this answer to all sentences that wait."""
        self._fail(self._sentences, error)

    def give_up(self, error: VoxdError) -> None:
        """Give this answer to everything that waits, and to whatever will be asked."""
        self._given_up = error
        self._fail(self._sentences, error)
        self._fail(self._work, error)

    def _enqueue(self, errand: Errand, queue: deque[Errand]) -> None:
        if self._given_up is not None:
            raise self._given_up
        with self._due:
            if len(queue) >= WAITING_MAX:
                raise BusyError(f"{WAITING_MAX} requests wait for the engine already")
            queue.append(errand)
            self._due.notify()

    def _fail(self, queue: deque[Errand], error: VoxdError) -> None:
        with self._due:
            waiting: tuple[Any, ...] = tuple(queue)
            queue.clear()
        for errand in waiting:
            errand.fail(error)

    def _run(self) -> None:
        while True:
            errand = self._next()
            self.speaking = isinstance(errand, Spoken)
            self.pulse.beat()
            failure = errand.do(self.pulse, self._failed)
            if isinstance(failure, FaultError) and failure.fault in _HALTING:
                self._halted = True
            del errand, failure  # what they hold may take the device's memory

    def _next(self) -> Errand:
        with self._due:
            while not (queue := self._foremost()):
                self._due.wait()
            return queue.popleft()

    def _foremost(self) -> deque[Errand]:
        return self._repairs if self._repairs or self._halted else (self._sentences or self._work)
