"""How a sentence came by its sound, for whoever counts and measures."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from voxd.synthesis.admission import Urgency
from voxd.synthesis.making import Making

log = logging.getLogger(__name__)

Source = Literal["memory", "disk", "engine"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, whole or failed. Where its engine spoke, `first_s` and `total_s` count from when it was asked for.

    So they hold the wait for the engine, too. `first_s` is None where no sound came at all.
    """

    engine: str
    urgency: Urgency
    source: Source
    failed: bool = False
    first_s: float | None = None
    total_s: float = 0.0


SpokenListener = Callable[[Spoken], None]


class SpokenNews:
    """Tells of every sentence. Listeners must not block."""

    def __init__(self) -> None:
        self._listeners: list[SpokenListener] = []

    def listen(self, listener: SpokenListener) -> Callable[[], None]:
        """Call `listener` with every sentence from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def remembered(self, engine: str, urgency: Urgency) -> None:
        """A sentence was in memory."""
        self._tell(Spoken(engine, urgency, "memory"))

    def made(self, making: Making) -> None:
        """A sentence was found on the disk, or made, or failed."""
        began, first = making.began_at, making.sound.first_at
        self._tell(
            Spoken(
                making.engine.name,
                making.place.urgency,
                "disk" if making.sound.cached else "engine",
                making.sound.clip is None,
                None if first is None else first - began,
                asyncio.get_running_loop().time() - began,
            )
        )

    def _tell(self, spoken: Spoken) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(spoken)
            except Exception:  # shields one listener from another
                log.exception("A listener failed on a sentence")
