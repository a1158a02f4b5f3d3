"""The FastAPI application: its routes, and how what goes wrong is told."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from voxd.errors import VoxdError
from voxd.frontends.http.refusal import refusal, refusal_of

_WORDS = {404: "There is no such page", 405: "That page is not asked in this way"}


def application(routers: Iterable[APIRouter], version: str) -> FastAPI:
    """Answers what the routers have; every failure is a sentence in JSON."""
    app = FastAPI(
        title="voxd",
        summary="A voice for the house: announcements, renderings, voices",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(VoxdError, _expected)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


async def _expected(_: Request, error: Exception) -> Response:
    assert isinstance(error, VoxdError)
    return refusal_of(error)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refusal(
        error.status_code, _WORDS.get(error.status_code, "") or str(error.detail), headers=_known(error.headers)
    )


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refusal(400, "; ".join(_sentence(one) for one in error.errors()[:5]))


def _known(headers: Any) -> dict[str, str]:
    return dict(headers or {})


def _sentence(mistake: Any) -> str:
    where = ".".join(str(part) for part in mistake.get("loc", ())[1:])
    return f"{where}: {mistake.get('msg', 'is wrong')}"
