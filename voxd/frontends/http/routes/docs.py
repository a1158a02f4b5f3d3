"""What is told of the API itself: the OpenAPI document, and a page made of it."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from voxd.frontends.http.docs_page import POLICY, docs_page
from voxd.frontends.http.guard import visitor_of
from voxd.frontends.http.routes.route import Routes


def docs_router(routes: Routes) -> APIRouter:
    """`GET /openapi.json` and `/docs`."""
    router = APIRouter(route_class=routes.needing(None), include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> JSONResponse:
        """The document, with where we are for whoever asks."""
        root_path = visitor_of(request.scope).root_path
        return JSONResponse(_document(request) | {"servers": [{"url": root_path or "/"}]})

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        """The page."""
        page = docs_page(_document(request), visitor_of(request.scope).root_path)
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    return router


def _document(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document
