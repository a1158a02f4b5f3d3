"""All engines of the house, started and stopped together, and how each of them is."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from voxd.errors import EngineError, VoxdError
from voxd.synthesis.engine import Engine, EngineHealth, TendedEngine, WatchedEngine

log = logging.getLogger(__name__)

READY = "ready"
FAILED = "failed"
_UNSETTLED = ("waiting", "loading", "repairing")
WORDS: Mapping[str, str] = {
    "waiting": "is not there",
    "loading": "is loading",
    "repairing": "is being repaired",
    "failed": "cannot speak",
}
"""How an engine is that is not ready."""


class EngineRoom:
    """All engines; one that is away leaves the others their voices."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines
        self._resting: dict[str, str] = {}

    async def start(self) -> None:
        """Start all. Raises VoxdError where none can speak, now or later."""
        await asyncio.gather(*(self._start(engine) for engine in self._engines.values()))
        remote = any(engine.traits.remote for engine in self._engines.values())
        if len(self._resting) == len(self._engines) and not remote:
            failures = "; ".join(f"{name}: {reason}" for name, reason in self._resting.items())
            raise VoxdError(f"No engine can speak. {failures}")

    async def stop(self) -> None:
        """Stop all."""
        await asyncio.gather(*(engine.stop() for engine in self._engines.values()))

    def health(self) -> dict[str, EngineHealth]:
        """How each engine is, by its name."""
        return {name: self._health(engine) for name, engine in self._engines.items()}

    def watched(self) -> dict[str, EngineHealth]:
        """How those are whose health changes while the daemon runs."""
        return {name: engine.health for name, engine in self._engines.items() if isinstance(engine, WatchedEngine)}

    @property
    def healthy(self) -> bool:
        """Whether all engines are looked after; they may be away."""
        return all(engine.tended for engine in self._engines.values() if isinstance(engine, TendedEngine))

    def ready(self, name: str) -> bool:
        """Whether an engine of that name is there and can speak."""
        return name in self._engines and self._health(self._engines[name]).state == READY

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the state or reason of an engine changes; what is returned ends that."""
        listening = ExitStack()
        for engine in self._engines.values():
            if isinstance(engine, WatchedEngine):
                listening.callback(engine.listen(lambda _: listener()))
        return listening.close

    def listen_to_ready(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the name of each engine that becomes ready from now on."""
        for name, engine in self._engines.items():
            if isinstance(engine, WatchedEngine):
                engine.listen(partial(_tell_ready, listener, name))

    @property
    def settled(self) -> bool:
        """Whether no engine is waited for."""
        return all(health.state not in _UNSETTLED for health in self.watched().values())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it to become true by a change of the engines; not any longer once all of them have settled."""
        changed = asyncio.Event()
        silence = self.listen(changed.set)
        try:
            while not condition() and not self.settled:
                await changed.wait()
                changed.clear()
        finally:
            silence()

    def once_settled(self, act: Callable[[], None]) -> None:
        """Call `act` as soon as no engine is waited for, which may be now."""
        if self.settled:
            act()
            return

        def look() -> None:
            if self.settled:
                silence()
                act()

        silence = self.listen(look)

    def remark(self) -> str:
        """What is not as it should be with the watched engines, in a few words; empty where all are ready."""
        states = {name: health.state for name, health in self.watched().items()}
        return ", ".join(f"{name} {WORDS.get(state, state)}" for name, state in states.items() if state != READY)

    async def _start(self, engine: Engine) -> None:
        self._resting.pop(engine.name, None)
        try:
            await engine.start()
        except EngineError as error:
            self._resting[engine.name] = str(error)
            log.warning("The engine %s rests: %s", engine.name, error)

    def _health(self, engine: Engine) -> EngineHealth:
        if isinstance(engine, WatchedEngine):
            return engine.health
        if engine.name in self._resting and not engine.traits.remote:
            return EngineHealth(FAILED, self._resting[engine.name])
        return EngineHealth(READY)


def _tell_ready(listener: Callable[[str], None], name: str, health: EngineHealth) -> None:
    if health.state == READY:
        listener(name)
