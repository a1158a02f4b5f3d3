"""How an engine host is and what is known of its model, for whoever asks, listens, or waits."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict

from voxd.errors import EngineError
from voxd.synthesis.engine import EngineHealth, EngineTraits, Speaker
from voxd.synthesis.engines.watched_health import WatchedHealth
from voxd.wire.wyoming.host_events import Fault, Health, HostState

log = logging.getLogger(__name__)

_UNDETERMINED = "und"
_REFUSALS = {
    HostState.WAITING: ("The engine {} is not there", Fault.LOADING),
    HostState.LOADING: ("The engine {} is loading", Fault.LOADING),
    HostState.REPAIRING: ("The engine {} is being repaired", Fault.REPAIRING),
    HostState.FAILED: ("The engine {} cannot speak", Fault.FAILED),
}


class HostCondition:
    """What was last heard of a host. Until it was ready once, nothing can be found under its fingerprint."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._health = Health(HostState.WAITING)
        self._watched = WatchedHealth(name)
        self._was_ready = False
        self._complaint = ""
        self.speakers: tuple[Speaker, ...] = ()
        """The model's ways to sound that need no clip; the same object as long as nothing changes."""
        self.traits = EngineTraits(f"{name} {uuid.uuid4()}", remote=True)
        """What the model declares, kept while its host is away."""

    @property
    def health(self) -> EngineHealth:
        """How it is now."""
        known = self._health
        details = {
            "device": known.device,
            "dtype": known.dtype,
            "memory_mb": known.memory_mb,
            "fingerprint": known.fingerprint,
            "speakers": known.speakers,
            "embeddings": asdict(known.embeddings),
        }
        return EngineHealth(known.state.value, known.reason, details if known.fingerprint else {})

    @property
    def ready(self) -> bool:
        """Whether it can speak."""
        return self._health.state is HostState.READY

    def check_ready(self) -> None:
        """Raises EngineError with the reason where it cannot speak now."""
        if self.ready:
            return
        text, fault = _REFUSALS[self._health.state]
        reason = self._health.reason
        raise EngineError(text.format(self._name) + (f": {reason}" if reason else ""), fault)

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """Call `listener` at every change of state or reason from now on; what is returned ends that."""
        return self._watched.listen(listener)

    async def settled(self) -> EngineHealth:
        """Wait until it is ready or has failed."""
        return await self._watched.settled()

    def note(self, health: Health) -> None:
        """Take in what was heard of it."""
        before, self._health = self._health, health
        if health.state is HostState.READY:
            self._learn(health)
        if (health.state, health.reason) != (before.state, before.reason):
            self._log()
        self._watched.note(self.health)

    def leave(self) -> None:
        """Nobody looks after it any more: what follows is a new beginning."""
        self._was_ready, self._complaint = False, ""
        self.note(Health(HostState.WAITING))

    def _learn(self, health: Health) -> None:
        speakers = tuple(Speaker(name, health.languages or (_UNDETERMINED,)) for name in health.speakers)
        if speakers != self.speakers:
            self.speakers = speakers
        self.traits = EngineTraits(
            health.fingerprint,
            health.rate_hz or None,
            changes_rate=health.changes_rate,
            clones=health.clones,
            clones_once=health.clones_once,
            languages=health.languages if health.clones else (),
            needs_transcript=health.needs_transcript,
            remote=True,
        )

    def _log(self) -> None:
        """Tell the owner once that it is lost, or cannot speak, and once that it is back."""
        health = self._health
        if health.state is HostState.READY:
            how = "can speak again" if self._complaint else f"is ready on {health.device} ({health.dtype})"
            if self._complaint or not self._was_ready:
                log.info("The engine %s %s", self._name, how)
            self._was_ready, self._complaint = True, ""
        elif health.state is HostState.FAILED and health.reason != self._complaint:
            log.error("The engine %s cannot speak: %s", self._name, health.reason)
            self._complaint = health.reason
        elif self._was_ready and not self._complaint:
            self._complaint = health.reason or health.state
            log.warning("The engine %s is lost: %s", self._name, self._complaint)
