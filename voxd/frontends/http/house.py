"""What the HTTP frontend needs of the house, and the routes that are made of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.route import Routes
from voxd.settings.http import HttpSettings


@dataclass(frozen=True, slots=True)
class HttpHouse:
    """Whom the routes ask. `unready` says in a sentence why nothing can be spoken now, else nothing."""

    unready: Callable[[], str]


def routers_of(house: HttpHouse, settings: HttpSettings) -> Sequence[APIRouter]:
    """Everything that can be asked for."""
    routes = Routes(settings)
    return (health_router(routes, house.unready),)
