"""Whether voxd is alive, and whether it can speak: for whatever looks after it."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import JSONResponse

from voxd.frontends.http.documented import answered
from voxd.frontends.http.refusal import refusal
from voxd.frontends.http.routes.route import Routes

_TOLD = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}


def health_router(routes: Routes, unready: Callable[[], str]) -> APIRouter:
    """`GET /health` and `/ready`; `unready` says in a sentence why the house cannot be served now, else nothing."""
    router = APIRouter(route_class=routes.needing(None), tags=["health"])

    @router.head("/health", include_in_schema=False)
    @router.get("/health", responses={200: answered("It is alive", _TOLD)})
    async def health() -> JSONResponse:
        """Whether voxd is alive: it answers."""
        return JSONResponse({"status": "alive"})

    @router.head("/ready", include_in_schema=False)
    @router.get("/ready", responses={200: answered("It can speak", _TOLD)})
    async def ready() -> JSONResponse:
        """Whether an announcement that names no voice can be spoken now; 503 with the reason where not."""
        if why := unready():
            return refusal(503, why, "not_ready")
        return JSONResponse({"status": "ready"})

    return router
