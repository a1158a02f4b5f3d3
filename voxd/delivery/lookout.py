"""Which outputs are lost, and the search for them until they are back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from voxd.delivery.output import Lookable, Output
from voxd.errors import OutputError
from voxd.lib.backoff import Backoff
from voxd.lib.steps import Steps

log = logging.getLogger(__name__)

FIRST_START_S = 3.0
"""So long the house waits for its outputs when it starts; the others are found meanwhile."""
START_TIMEOUT_S = 30.0
LOOK_EVERY_S = 60.0
RETRY_CAP_S = 15.0

OnChange = Callable[[str, str], None]
"""Told the name of an output and why it is lost; without a reason it is back."""


def nobody(_name: str, _reason: str) -> None:
    """For houses where nobody listens."""


@dataclass(slots=True)
class _Standing:
    """How an output is.

    `reason` is why it is lost, empty if it is not. `worth_trying`: it was found again, or never lost. `unproven`:
    found again, and not heard since. `doubted`: it was found before and then could not be heard.
    """

    output: Output
    reason: str = ""
    worth_trying: bool = True
    unproven: bool = False
    doubted: bool = False
    backoff: Backoff = field(default_factory=lambda: Backoff(cap_s=RETRY_CAP_S))
    search: asyncio.Task[None] | None = None


class Lookout:
    """Tells once when an output is lost, looks for it, and tells once when it is back.

    One that is found but then cannot be heard, again, is back only when it was heard: nobody is told to and fro.
    """

    def __init__(self, on_change: OnChange = nobody, look_every_s: float = LOOK_EVERY_S) -> None:
        self._on_change, self._look_every_s = on_change, look_every_s
        self._standings: dict[int, _Standing] = {}
        self._listeners: list[Callable[[], None]] = []
        self._looking: asyncio.Task[None] | None = None
        self._steps = Steps()

    @property
    def healthy(self) -> bool:
        """Whether all outputs are still looked after; they may be lost."""
        alive = self._looking is None or not self._looking.done()
        return alive and not self._steps.late and not any(_has_failed(each.search) for each in self._standings.values())

    async def start(self, outputs: Iterable[Output]) -> None:
        """Start all of them, wait for them a little, and look after them from now on."""
        standings = [self._standing(output) for output in outputs]
        for standing in standings:
            standing.search = asyncio.create_task(self._first(standing), name=f"starting {standing.output.name}")
        if starting := [standing.search for standing in standings if standing.search]:
            await asyncio.wait(starting, timeout=FIRST_START_S)
        self._looking = asyncio.create_task(self._look_around(), name="looking after outputs")

    async def stop(self) -> None:
        """Look no more, and forget what is lost."""
        tasks = [task for task in (self._looking, *(each.search for each in self._standings.values())) if task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._standings.clear()
        self._looking = None
        self._steps.whenever()

    def lost(self) -> Mapping[str, str]:
        """The outputs that are lost, by name, with the reason."""
        return {each.output.name: each.reason for each in self._standings.values() if each.reason}

    def reason(self, output: Output) -> str:
        """Why it is lost; empty if it is not."""
        return self._standing(output).reason

    def worth_trying(self, output: Output) -> bool:
        """Whether it may well be heard, as far as is known."""
        return self._standing(output).worth_trying

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever one may be heard again; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def note_failed(self, output: Output, reason: str) -> None:
        """It could not be heard."""
        standing = self._standing(output)
        was_lost, standing.reason, standing.worth_trying = bool(standing.reason), reason, False
        if not was_lost:
            standing.doubted, standing.unproven = standing.unproven, False
            log.warning("%s cannot be heard: %s", output.name, reason)
            self._on_change(output.name, reason)
        if standing.search is None or standing.search.done():
            standing.search = asyncio.create_task(self._again(standing), name=f"looking for {output.name}")

    def note_heard(self, output: Output) -> None:
        """It was heard."""
        standing = self._standing(output)
        standing.doubted = standing.unproven = False
        standing.backoff.reset()
        if standing.search:
            standing.search.cancel()
        self._found(standing)

    def _standing(self, output: Output) -> _Standing:
        return self._standings.setdefault(id(output), _Standing(output))

    def _found(self, standing: _Standing) -> None:
        was_lost, standing.reason, standing.worth_trying = bool(standing.reason), "", True
        if was_lost:
            log.info("%s can be heard again", standing.output.name)
            self._on_change(standing.output.name, "")
            self._tell_listeners()

    def _tell_listeners(self) -> None:
        for listener in tuple(self._listeners):
            try:
                listener()
            except Exception:  # shields one listener from another
                log.exception("A listener failed on an output that is back")

    async def _first(self, standing: _Standing) -> None:
        if problem := await _problem(standing.output.start()):
            standing.search = None
            self.note_failed(standing.output, problem)

    async def _again(self, standing: _Standing) -> None:
        while True:
            await asyncio.sleep(standing.backoff.next_s())
            if not (problem := await _problem(standing.output.start())):
                break
            standing.reason = problem
        standing.worth_trying = True
        if standing.doubted:
            self._tell_listeners()  # let it be tried
        else:
            standing.unproven = True
            self._found(standing)

    async def _look_around(self) -> None:
        while True:
            self._steps.within(self._look_every_s)
            await asyncio.sleep(self._look_every_s)
            for standing in tuple(self._standings.values()):
                output = standing.output
                self._steps.within(START_TIMEOUT_S)
                if isinstance(output, Lookable) and not standing.reason and (problem := await _problem(output.look())):
                    self.note_failed(output, problem)


def _has_failed(search: asyncio.Task[None] | None) -> bool:
    """Whether it ended by a bug: nobody looks for that output any more."""
    return search is not None and search.done() and not search.cancelled() and search.exception() is not None


async def _problem(asked: Awaitable[None]) -> str:
    """What is wrong with an output, empty if nothing is."""
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await asked
    except OutputError as error:
        return str(error)
    except TimeoutError:
        return f"It did not answer within {START_TIMEOUT_S:g} s"
    return ""
