"""What the control socket has done with announcements, and tells of them: orders and the history."""

from collections.abc import Awaitable, Callable, Mapping

from voxd.announcing.selection import Selection
from voxd.frontends import order_answers, order_payloads
from voxd.frontends.control.connection import Answer, Request
from voxd.frontends.house import Orders
from voxd.model.identifiers import AnnouncementId, ZoneId

HISTORY = "/api/history"

Order = Callable[[Selection], Awaitable[tuple[AnnouncementId, ...]]]
Page = Callable[[Request], Awaitable[Answer]]


class OrderPages:
    """`POST /api/acknowledge` and so on, a page for each order, and `GET /api/history`.

    The bodies are those of the MQTT requests of the same name; the history takes `?limit=N&state=STATE`.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        about_some: Mapping[str, Order] = {
            "/api/acknowledge": orders.acknowledge,
            "/api/stop": orders.stop,
            "/api/skip": orders.skip,
            "/api/clear": orders.clear,
            "/api/replay": orders.replay,
        }
        self._pages: Mapping[str, Page] = {
            **{path: self._about_some(order) for path, order in about_some.items()},
            "/api/pause": self._about_zones(orders.pause),
            "/api/resume": self._about_zones(orders.resume),
            "/api/do_not_disturb": self._quiet,
            "/api/prefer": self._prefer,
            "/api/siren": self._siren,
            "/api/restart": self._restart,
            HISTORY: self._history,
        }

    def has(self, path: str) -> bool:
        """Whether it is one of these pages."""
        return path in self._pages

    async def answer(self, request: Request) -> Answer:
        """Do what is asked. Raises VoxdError."""
        method = "GET" if request.path == HISTORY else "POST"
        if request.method != method:
            return Answer.error(405, f"Use {method}")
        return await self._pages[request.path](request)

    @staticmethod
    def _about_some(order: Order) -> Page:
        async def serve(request: Request) -> Answer:
            wish = order_payloads.order(request.body)
            return Answer.of_json(200, order_answers.done(await order(wish.which)))

        return serve

    @staticmethod
    def _about_zones(order: Callable[[tuple[ZoneId, ...]], Awaitable[tuple[AnnouncementId, ...]]]) -> Page:
        async def serve(request: Request) -> Answer:
            wish = order_payloads.zones_order(request.body)
            return Answer.of_json(200, order_answers.done(await order(wish.which.zones)))

        return serve

    async def _history(self, request: Request) -> Answer:
        wish = order_payloads.history_of(request.query)
        return Answer.of_json(200, order_answers.history(await self._orders.history(wish.limit, wish.state)))

    async def _quiet(self, request: Request) -> Answer:
        wish = order_payloads.quiet(request.body)
        await self._orders.do_not_disturb(wish.zones, wish.passes)
        return Answer.of_json(200, order_answers.quiet(wish.zones, wish.passes))

    async def _prefer(self, request: Request) -> Answer:
        wish = order_payloads.choice(request.body)
        await self._orders.prefer(wish.choice)
        return Answer.of_json(200, order_answers.choice(wish.choice))

    async def _siren(self, request: Request) -> Answer:
        wish = order_payloads.siren(request.body)
        return Answer.of_json(200, order_answers.done(await self._orders.siren(wish.zones, wish.tone)))

    async def _restart(self, request: Request) -> Answer:
        order_payloads.bare(request.body)
        await self._orders.restart()
        return Answer.of_json(200, {})
