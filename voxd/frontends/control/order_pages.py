"""What the control socket has done with announcements, and tells of them: orders and the history."""

from voxd.frontends import order_answers, order_payloads
from voxd.frontends.control.connection import Answer, Request
from voxd.frontends.house import Orders
from voxd.frontends.order_desk import OrderDesk

HISTORY = "/api/history"
_FOLDER = "/api/"


class OrderPages:
    """`POST /api/acknowledge` and so on, a page for each order, and `GET /api/history`.

    The bodies are those of the MQTT requests of the same name; the history takes `?limit=N&state=STATE`.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._desk = OrderDesk(orders)
        self._pages = {_FOLDER + name: name for name in self._desk.names}

    def has(self, path: str) -> bool:
        """Whether it is one of these pages."""
        return path == HISTORY or path in self._pages

    async def answer(self, request: Request) -> Answer:
        """Do what is asked. Raises VoxdError."""
        method = "GET" if request.path == HISTORY else "POST"
        if request.method != method:
            return Answer.error(405, f"Use {method}")
        if request.path == HISTORY:
            return await self._history(request)
        return Answer.of_json(200, await self._desk.obey(self._pages[request.path], request.body))

    async def _history(self, request: Request) -> Answer:
        wish = order_payloads.history_of(request.query)
        return Answer.of_json(200, order_answers.history(await self._orders.history(wish.limit, wish.state)))
