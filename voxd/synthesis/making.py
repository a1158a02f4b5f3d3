"""A sentence whose sound is being found or made."""

import asyncio
from dataclasses import dataclass, field

from voxd.synthesis.admission import Place
from voxd.synthesis.engine import Engine, Sentence
from voxd.synthesis.fingerprint import phrase_key
from voxd.synthesis.sound import Sound


@dataclass(eq=False, slots=True)
class Making:
    """What is known of it while it lasts; `holds` counts the listeners; what is `unwanted` is not kept.

    `began_at` is when it was asked for, by the clock of the loop.
    """

    key: str
    sentence: Sentence
    engine: Engine
    place: Place
    sound: Sound
    task: asyncio.Task[None] | None = None
    holds: int = 0
    unwanted: bool = False
    began_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def is_lost(self) -> bool:
        """Whether nobody should join: it failed, or was displaced."""
        return self.sound.clip is None and (self.sound.ended or self.place.lost)

    @property
    def is_worth_keeping(self) -> bool:
        """Whether the engine is still what the key says; it may have learned what it is only by speaking."""
        return not self.unwanted and phrase_key(self.sentence, self.engine.traits) == self.key
