"""How the house stands, with its engines and whatever is not well: for doors where somebody asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voxd.frontends import order_answers
from voxd.frontends.house import Announcer, Engines, Renderer
from voxd.frontends.order_answers import Answer
from voxd.frontends.resting import resting
from voxd.synthesis.engine import EngineHealth


@dataclass(frozen=True, slots=True)
class Standing:
    """Whom to ask for it; `sick` tells which parts of the daemon are not well."""

    announcer: Announcer
    renderer: Renderer
    engines: Engines
    version: str
    sick: Callable[[], Sequence[str]] = tuple

    def answer(self) -> Answer:
        """That, for JSON."""
        engines = self.engines.health()
        return order_answers.house(self.announcer.house_state()) | {
            "version": self.version,
            "sick": list(self.sick()),
            "engines": {name: _how(health) for name, health in engines.items()},
            "resting": resting(self.renderer.voices(), engines),
        }


def _how(health: EngineHealth) -> dict[str, object]:
    return {"state": health.state, "reason": health.reason, **health.details}
