"""What the control socket has done with announcements, and tells of them: orders and the history."""

from collections.abc import Awaitable, Callable, Mapping

from voxd.announcing.selection import Selection
from voxd.frontends import order_answers, order_payloads
from voxd.frontends.house import Orders
from voxd.frontends.http.connection import Answer, Request
from voxd.model.identifiers import AnnouncementId

HISTORY = "/api/history"
QUIET = "/api/do_not_disturb"
PREFER = "/api/prefer"
SIREN = "/api/siren"

Order = Callable[[Selection], Awaitable[tuple[AnnouncementId, ...]]]


class OrderPages:
    """`POST /api/acknowledge` and so on, a page for each order, and `GET /api/history`.

    The bodies are those of the MQTT requests of the same name; the history takes `?limit=N&state=STATE`.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._pages: Mapping[str, Order] = {
            "/api/acknowledge": orders.acknowledge,
            "/api/stop": orders.stop,
            "/api/skip": orders.skip,
            "/api/clear": orders.clear,
            "/api/replay": orders.replay,
            "/api/pause": lambda which: orders.pause(which.zones),
            "/api/resume": lambda which: orders.resume(which.zones),
        }

    def has(self, path: str) -> bool:
        """Whether it is one of these pages."""
        return path in self._pages or path in (HISTORY, QUIET, PREFER, SIREN)

    async def answer(self, request: Request) -> Answer:
        """Do what is asked. Raises VoxdError."""
        method = "GET" if request.path == HISTORY else "POST"
        if request.method != method:
            return Answer.error(405, f"Use {method}")
        match request.path:
            case "/api/history":
                return await self._history(request)
            case "/api/do_not_disturb":
                return await self._quiet(request)
            case "/api/prefer":
                return await self._prefer(request)
            case "/api/siren":
                return await self._siren(request)
            case "/api/pause" | "/api/resume":
                wish = order_payloads.zones_order(request.body)
            case _:
                wish = order_payloads.order(request.body)
        return Answer.of_json(200, order_answers.done(await self._pages[request.path](wish.which)))

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
