"""What the HTTP frontend needs of the house, and the routes that are made of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from voxd.frontends.house import Renderer, Voices
from voxd.frontends.http.kept_sounds import KeptSounds
from voxd.frontends.http.routes.documents import documents_router
from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.http.whole_sounds import WholeSounds
from voxd.settings.http import HttpSettings


@dataclass(frozen=True, slots=True)
class HttpHouse:
    """Whom the routes ask. `unready` says in a sentence why nothing can be spoken now, else nothing."""

    renderer: Renderer
    voices: Voices
    unready: Callable[[], str]


def routers_of(house: HttpHouse, settings: HttpSettings) -> Sequence[APIRouter]:
    """Everything that can be asked for."""
    routes, wholes = Routes(settings), WholeSounds(house.renderer)
    kept = KeptSounds(settings.kept_s, 1_000_000 * settings.kept_mb)
    return (
        health_router(routes, house.unready),
        documents_router(routes, house.renderer, house.voices, wholes, kept),
    )
