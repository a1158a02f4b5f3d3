"""Announcements over HTTP: made, ordered about, looked up, cancelled."""

import time
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from voxd.announcing.progress import Progress
from voxd.announcing.selection import Selection
from voxd.frontends import order_answers, payloads
from voxd.frontends.house import Announcer, Orders
from voxd.frontends.http import documented_announcing as documented
from voxd.frontends.http.form import form_of
from voxd.frontends.http.guard import visitor_of
from voxd.frontends.http.history import history_filter
from voxd.frontends.http.presence import while_there
from voxd.frontends.http.refusal import refusal
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.order_desk import OrderDesk
from voxd.frontends.payloads import Circumstances
from voxd.frontends.saying import said, wait_s_of
from voxd.model.identifiers import AnnouncementId
from voxd.settings.http import Scope

PAGE = "/api/announcements"
_OF_THE_OWNER = ("do_not_disturb", "prefer", "restart")
"""Orders that outlast whoever gives them."""


@dataclass(frozen=True, slots=True)
class Announcing:
    """Whom these routes ask."""

    announcer: Announcer
    progress: Progress
    orders: Orders


def announcements_routers(routes: Routes, house: Announcing) -> tuple[APIRouter, ...]:
    """`POST /api/announce`, `/api/stop` and every other order, and what is below /api/announcements."""
    return (_speaking(routes, house), _history(routes, house), *_orders(routes, OrderDesk(house.orders)))


def _speaking(routes: Routes, house: Announcing) -> APIRouter:
    router = APIRouter(route_class=routes.needing("speak"), tags=["announcements"])

    @router.post(
        "/api/announce", status_code=202, responses=documented.ANNOUNCED, openapi_extra=documented.ANNOUNCEMENT
    )
    async def announce(request: Request) -> Response:
        """Have something announced; with `wait_s` the answer comes when it was heard, 200, or the time is over."""
        wait_s = wait_s_of(request.query_params.get("wait_s"))
        source = f"http/{visitor_of(request.scope).address}"
        form = await form_of(request)
        announcement = payloads.announcement_from(form.fields, Circumstances(source, time.time()))
        done = await while_there(request.receive, said(house.announcer, house.progress, announcement, wait_s))
        return JSONResponse(done.answer(), 202 if done.is_under_way else 200)

    @router.get(f"{PAGE}/{{id}}", responses={200: documented.ONE})
    async def one(id: str) -> Response:  # noqa: A002 - the word of the path
        """One announcement, and what became of it until now."""
        past = await house.orders.find(AnnouncementId(id))
        return _unknown() if past is None else JSONResponse(order_answers.past(past))

    @router.delete(f"{PAGE}/{{id}}", responses={200: documented.DONE, 409: documented.OVER})
    async def cancel(id: str) -> Response:  # noqa: A002 - the word of the path
        """End it, whether it waits or is being spoken; an alarm, too."""
        past = await house.orders.find(AnnouncementId(id))
        if past is None:
            return _unknown()
        if past.state.is_end:
            return refusal(409, f"It is over already: {past.state}", "over")
        return JSONResponse(order_answers.done(await house.orders.stop(Selection(AnnouncementId(id)))))

    return router


def _history(routes: Routes, house: Announcing) -> APIRouter:
    router = APIRouter(route_class=routes.needing("manage"), tags=["announcements"])

    @router.get(PAGE, responses={200: documented.HISTORY}, openapi_extra=documented.HISTORY_QUERY)
    async def history(request: Request) -> Response:
        """What was announced, and what became of it, the newest first."""
        wanted = history_filter(dict(request.query_params))
        past = await house.orders.history(wanted.looked_through, wanted.wish.state)
        return JSONResponse(order_answers.history(wanted.chosen(past)))

    return router


def _orders(routes: Routes, desk: OrderDesk) -> tuple[APIRouter, APIRouter]:
    scopes: tuple[Scope, Scope] = ("speak", "manage")
    routers = tuple(APIRouter(route_class=routes.needing(scope), tags=["orders"]) for scope in scopes)
    for name in desk.names:
        _add_order(routers[name in _OF_THE_OWNER], desk, name)
    return routers[0], routers[1]


def _add_order(router: APIRouter, desk: OrderDesk, name: str) -> None:
    async def obey(request: Request) -> Response:
        return JSONResponse(await desk.obey(name, await request.body()))

    router.add_api_route(
        f"/api/{name}",
        obey,
        methods=["POST"],
        name=name,
        description=f"The order {name}, as the MQTT request of that name",
        responses={200: documented.ORDERED[name]},
        openapi_extra=documented.ORDERS[name],
    )


def _unknown() -> Response:
    return refusal(404, "There is no such announcement")
