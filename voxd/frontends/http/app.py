"""The FastAPI application: its routes, what is told of them, and how what goes wrong is told."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from voxd.errors import VoxdError
from voxd.frontends.http.documented import REFUSAL
from voxd.frontends.http.refusal import refusal, refusal_of

_WORDS = {404: "There is no such page", 405: "That page is not asked in this way"}
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A token of http.tokens; on this machine none is needed"}


class Api(FastAPI):
    """FastAPI whose OpenAPI document says what is true here: refusals of our own shape, and the tokens."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Refusal"] = REFUSAL
            document["components"]["securitySchemes"] = {"token": _TOKEN}
        assert self.openapi_schema is not None
        return self.openapi_schema


def application(routers: Iterable[APIRouter], version: str) -> Api:
    """Answers what the routers have; every failure is a sentence in JSON."""
    app = Api(
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
    text = _WORDS.get(error.status_code, "") or str(error.detail)
    return refusal(error.status_code, text, headers=dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refusal(400, "; ".join(_sentence(one) for one in error.errors()[:5]))


def _sentence(mistake: Any) -> str:
    where = ".".join(str(part) for part in mistake.get("loc", ())[1:])
    return f"{where}: {mistake.get('msg', 'is wrong')}"
