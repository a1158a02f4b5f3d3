"""The zones over HTTP, and how the house stands."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter
from starlette.responses import JSONResponse

from voxd.announcing.progress import HouseState
from voxd.frontends.http.documented import answered
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.standing import Standing
from voxd.model.identifiers import ZoneId
from voxd.settings import ZoneSettings

ZonesInForce = Callable[[], Mapping[ZoneId, ZoneSettings]]
_ZONES = {"type": "object", "properties": {"zones": {"type": "array"}}, "required": ["zones", "groups", "lost"]}
_STATUS = {"type": "object", "properties": {"state": {"type": "string"}}, "required": ["state", "version", "engines"]}


def zones_router(
    routes: Routes, standing: Standing, zones: ZonesInForce, groups: Mapping[str, Sequence[str]]
) -> APIRouter:
    """`GET /api/zones` and `/api/status`."""
    router = APIRouter(route_class=routes.needing(None), tags=["house"])

    @router.get("/api/zones", responses={200: answered("The zones", _ZONES)})
    async def all_zones() -> JSONResponse:
        """The zones, how loud each is, when it is quiet, and what cannot be heard."""
        state = standing.announcer.house_state()
        told = [_zone(zone, settings, state) for zone, settings in zones().items()]
        members = {name: list(members) for name, members in groups.items()}
        return JSONResponse({"zones": told, "groups": members, "lost": dict(state.lost)})

    @router.get("/api/status", responses={200: answered("How the house stands", _STATUS)})
    async def status() -> JSONResponse:
        """What is being said, what waits, how the engines are, and what is not well."""
        return JSONResponse(standing.answer())

    return router


def _zone(zone: ZoneId, settings: ZoneSettings, state: HouseState) -> dict[str, object]:
    return {
        "name": zone,
        "volume": state.volume.get(zone, settings.volume),
        "playing": zone in state.sounding,
        "paused": zone in state.paused,
        "do_not_disturb": zone in state.undisturbed,
        "siren": zone in state.sirens,
        "quiet": settings.quiet.model_dump(),
        "night": settings.night.model_dump(),
        "stand_in": settings.stand_in,
        "outputs": [output.type for output in settings.outputs],
    }
