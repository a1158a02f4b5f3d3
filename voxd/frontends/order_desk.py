"""What people tell the house to do with announcements, by name and payload: for every door that is asked in JSON."""

from collections.abc import Awaitable, Callable, Mapping

from voxd.announcing.selection import Selection
from voxd.frontends import order_answers, order_payloads
from voxd.frontends.house import Orders
from voxd.frontends.order_answers import Answer
from voxd.model.identifiers import AnnouncementId, ZoneId

Order = Callable[[Selection], Awaitable[tuple[AnnouncementId, ...]]]
ZonesOrder = Callable[[tuple[ZoneId, ...]], Awaitable[tuple[AnnouncementId, ...]]]
Obeying = Callable[[bytes], Awaitable[Answer]]


class OrderDesk:
    """Reads an order as the MQTT request of the same name has it, gives it, and tells what came of it."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        about_some: Mapping[str, Order] = {
            "acknowledge": orders.acknowledge,
            "stop": orders.stop,
            "skip": orders.skip,
            "clear": orders.clear,
            "replay": orders.replay,
        }
        self._obeying: Mapping[str, Obeying] = {
            **{name: _about_some(order) for name, order in about_some.items()},
            "pause": _about_zones(orders.pause),
            "resume": _about_zones(orders.resume),
            "do_not_disturb": self._quiet,
            "prefer": self._prefer,
            "siren": self._siren,
            "restart": self._restart,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every order."""
        return tuple(self._obeying)

    async def obey(self, name: str, payload: bytes) -> Answer:
        """Give the order of that name. Raises VoxdError."""
        return await self._obeying[name](payload)

    async def _quiet(self, payload: bytes) -> Answer:
        wish = order_payloads.quiet(payload)
        await self._orders.do_not_disturb(wish.zones, wish.passes)
        return order_answers.quiet(wish.zones, wish.passes)

    async def _prefer(self, payload: bytes) -> Answer:
        wish = order_payloads.choice(payload)
        await self._orders.prefer(wish.choice)
        return order_answers.choice(wish.choice)

    async def _siren(self, payload: bytes) -> Answer:
        wish = order_payloads.siren(payload)
        return order_answers.done(await self._orders.siren(wish.zones, wish.tone))

    async def _restart(self, payload: bytes) -> Answer:
        order_payloads.bare(payload)
        await self._orders.restart()
        return {}


def _about_some(order: Order) -> Obeying:
    async def obey(payload: bytes) -> Answer:
        return order_answers.done(await order(order_payloads.order(payload).which))

    return obey


def _about_zones(order: ZonesOrder) -> Obeying:
    async def obey(payload: bytes) -> Answer:
        return order_answers.done(await order(order_payloads.zones_order(payload).which.zones))

    return obey
