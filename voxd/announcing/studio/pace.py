"""How quick the engines are of late, and at which rate each voice sounds: what is expected of the next sentence."""

from collections import OrderedDict, deque
from collections.abc import Mapping

from voxd.announcing.speaking.act import Act
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine

REMEMBERED = 5
"""So many of an engine's last sentences are looked at."""
VOICES_MAX = 1000


class Pace:
    """Learns from what is heard."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines
        self._first_sounds_s: dict[str, deque[float]] = {}
        self._rates_hz: OrderedDict[VoiceId, int] = OrderedDict()

    def note(self, take: Act, rate_hz: int, after_s: float) -> None:
        """A take, which somebody still holds, sounded at that rate, so long after it was asked for."""
        if take.voice is not None:
            self._rates_hz[take.voice.name] = rate_hz
            self._rates_hz.move_to_end(take.voice.name)
        while len(self._rates_hz) > VOICES_MAX:
            self._rates_hz.popitem(last=False)
        if not take.cached:
            self.note_first_sound(take.engine, after_s)

    def note_first_sound(self, engine: str, after_s: float) -> None:
        """A sentence that was not cached had its first sound so long after it was asked for."""
        if engine in self._engines:
            self._first_sounds_s.setdefault(engine, deque(maxlen=REMEMBERED)).append(after_s)

    def first_sound_s(self, engine: str) -> float | None:
        """The slowest of the engine's last sentences; None where there was none yet."""
        return max(self._first_sounds_s.get(engine, ()), default=None)

    def rate_hz(self, voice: Voice) -> int | None:
        """The rate the voice will most likely sound at, if anything tells."""
        known = self._rates_hz.get(voice.name)
        engine = self._engines.get(voice.engine)
        return known or (engine.traits.rate_hz if engine else None)
