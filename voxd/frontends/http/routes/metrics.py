"""What Prometheus asks for."""

from fastapi import APIRouter
from starlette.responses import Response

from voxd.frontends.http.documented import answered
from voxd.frontends.http.metrics import Metrics
from voxd.frontends.http.routes.route import Routes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_router(routes: Routes, metrics: Metrics) -> APIRouter:
    """`GET /metrics`."""
    router = APIRouter(route_class=routes.needing(None), tags=["health"])

    @router.get("/metrics", responses={200: answered("The metrics", {"type": "string"}, "text/plain")})
    async def all_metrics() -> Response:
        """Counters, times and states, in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router
