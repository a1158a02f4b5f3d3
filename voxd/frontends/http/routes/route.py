"""A route that looks at who asks, and how much, before anything of the request is read."""

from contextlib import closing
from typing import Any

from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from voxd.frontends.http.body import Body
from voxd.frontends.http.documented import REFUSALS
from voxd.frontends.http.guard import visitor_of
from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.http.uploads import Uploads
from voxd.settings import http as settings


class GuardedRoute(APIRoute):
    """The route of a request that needs a scope (None: whoever we know) and has a bounded body.

    Where it takes `uploads` its requests may be long, and only few of those that are long are served at once.
    """

    needs: settings.Scope | None = None
    body_max_bytes = 0
    body_timeout_s = 15.0
    uploads: Uploads | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        options["responses"] = REFUSALS | (options.get("responses") or {})
        options["openapi_extra"] = {"security": [{"token": []}, {}]} | (options.get("openapi_extra") or {})
        super().__init__(*args, **options)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve whoever may."""
        visitor = visitor_of(scope)
        if not visitor.may(self.needs):
            raise RefusedError(403, f"Your token is not for that: it lacks the scope {self.needs} (http.tokens)")
        body = Body(receive, self.body_max_bytes, self.body_timeout_s, self.uploads)
        with closing(body):
            body.check_length(visitor.headers)
            await super().handle(scope, body.receive, send)


class Routes:
    """Makes the kinds of routes that routers are made of: `APIRouter(route_class=routes.needing("speak"))`."""

    def __init__(self, options: settings.HttpSettings) -> None:
        self._body_max_bytes = 1000 * options.max_body_kb
        self._body_timeout_s = options.body_timeout_s
        self._uploads = Uploads(self._body_max_bytes)

    def needing(self, scope: settings.Scope | None, upload_max_bytes: int = 0) -> type[GuardedRoute]:
        """Routes for whoever has that scope; where something is uploaded, with room for so many bytes."""
        return type(
            "Route",
            (GuardedRoute,),
            {
                "needs": scope,
                "body_max_bytes": upload_max_bytes or self._body_max_bytes,
                "body_timeout_s": self._body_timeout_s,
                "uploads": self._uploads if upload_max_bytes else None,
            },
        )
