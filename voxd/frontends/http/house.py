"""What the HTTP frontend needs of the house, and the routes that are made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter

from voxd.announcing.progress import Progress
from voxd.frontends.house import Announcer, Engines, Orders, Renderer, Voices
from voxd.frontends.http.encoders import Encoders
from voxd.frontends.http.frontend import HttpFrontend
from voxd.frontends.http.kept_sounds import KeptSounds
from voxd.frontends.http.metrics import Metrics, Sentences
from voxd.frontends.http.routes.announcements import Announcing, announcements_routers
from voxd.frontends.http.routes.docs import docs_router
from voxd.frontends.http.routes.documents import documents_router
from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.metrics import metrics_router
from voxd.frontends.http.routes.openai import openai_routers
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.http.routes.stream import stream_router
from voxd.frontends.http.routes.voices import voices_routers
from voxd.frontends.http.routes.zones import ZonesInForce, zones_router
from voxd.frontends.http.sound_bytes import SoundBytes
from voxd.frontends.http.whole_sounds import WholeSounds
from voxd.frontends.standing import Standing
from voxd.lib.lasting_sockets import LastingSockets
from voxd.settings.http import HttpSettings


@dataclass(frozen=True, slots=True)
class HttpHouse:
    """Whom the routes ask.

    `unready` says in a sentence why nothing can be spoken now, else nothing; `sick` which parts are not well.
    """

    announcer: Announcer
    orders: Orders
    renderer: Renderer
    progress: Progress
    engines: Engines
    voices: Voices
    sentences: Sentences
    zones: ZonesInForce
    version: str
    unready: Callable[[], str] = str
    sick: Callable[[], Sequence[str]] = tuple
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)


def frontend_of(house: HttpHouse, settings: HttpSettings, lasting: LastingSockets | None = None) -> HttpFrontend:
    """The frontend that answers all of it, and counts what it answers."""
    metrics = Metrics(house.announcer, house.progress, house.engines, house.sentences, house.version)
    routers = routers_of(house, settings, metrics)
    return HttpFrontend(settings, routers, house.version, lasting, metrics.begin, metrics.note_request)


def routers_of(house: HttpHouse, settings: HttpSettings, metrics: Metrics) -> Sequence[APIRouter]:
    """Everything that can be asked for."""
    routes, wholes = Routes(settings), WholeSounds(house.renderer)
    sounds = SoundBytes(Encoders())
    kept = KeptSounds(settings.kept_s, 1_000_000 * settings.kept_mb)
    standing = Standing(house.announcer, house.renderer, house.engines, house.version, house.sick)
    return (
        health_router(routes, house.unready),
        metrics_router(routes, metrics),
        docs_router(routes),
        documents_router(routes, house.renderer, house.voices, wholes, kept),
        *announcements_routers(routes, Announcing(house.announcer, house.progress, house.orders)),
        *voices_routers(routes, house.voices),
        zones_router(routes, standing, house.zones, house.groups),
        *openai_routers(routes, house.renderer, sounds),
        stream_router(routes, house.renderer, sounds, settings),
    )
