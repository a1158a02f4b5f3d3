"""Orders over MQTT: acknowledge, stop, skip, clear, pause, replay, do_not_disturb, prefer, siren, ...; the history."""

from collections.abc import Awaitable, Callable, Mapping

from voxd.announcing.selection import Selection
from voxd.frontends import order_answers, order_payloads
from voxd.frontends.house import Orders
from voxd.frontends.mqtt.answers import Answers, ok
from voxd.frontends.payloads import Transaction
from voxd.model.identifiers import AnnouncementId
from voxd.wire.mqtt.packets import Delivery

Verb = Callable[[Delivery], Awaitable[None]]
Order = Callable[[Selection], Awaitable[tuple[AnnouncementId, ...]]]


class OrderRequests:
    """Answers both on the verb's topic and to the asker; the history, which tells what was said, only to the asker."""

    def __init__(self, orders: Orders, answers: Answers) -> None:
        self._orders = orders
        self._answers = answers

    def verbs(self) -> Mapping[str, Verb]:
        """What each verb does; they raise VoxdError."""
        orders = self._orders
        about_some: Mapping[str, Order] = {
            "acknowledge": orders.acknowledge,
            "stop": orders.stop,
            "skip": orders.skip,
            "clear": orders.clear,
            "replay": orders.replay,
        }
        return {
            **{verb: self._about_some(verb, order) for verb, order in about_some.items()},
            "pause": self._pause,
            "resume": self._resume,
            "do_not_disturb": self._do_not_disturb,
            "prefer": self._prefer,
            "siren": self._siren,
            "restart": self._restart,
            "history": self._history,
        }

    def _about_some(self, verb: str, order: Order) -> Verb:
        async def serve(asked: Delivery) -> None:
            wish = order_payloads.order(asked.payload)
            self._answers.check(asked)
            self._answer(verb, asked, order_answers.done(await order(wish.which)), wish.transaction)

        return serve

    async def _pause(self, asked: Delivery) -> None:
        wish = order_payloads.zones_order(asked.payload)
        self._answers.check(asked)
        self._answer("pause", asked, order_answers.done(await self._orders.pause(wish.which.zones)), wish.transaction)

    async def _resume(self, asked: Delivery) -> None:
        wish = order_payloads.zones_order(asked.payload)
        self._answers.check(asked)
        self._answer("resume", asked, order_answers.done(await self._orders.resume(wish.which.zones)), wish.transaction)

    async def _do_not_disturb(self, asked: Delivery) -> None:
        wish = order_payloads.quiet(asked.payload)
        self._answers.check(asked)
        await self._orders.do_not_disturb(wish.zones, wish.passes)
        self._answer("do_not_disturb", asked, order_answers.quiet(wish.zones, wish.passes), wish.transaction)

    async def _prefer(self, asked: Delivery) -> None:
        wish = order_payloads.choice(asked.payload)
        self._answers.check(asked)
        await self._orders.prefer(wish.choice)
        self._answer("prefer", asked, order_answers.choice(wish.choice), wish.transaction)

    async def _siren(self, asked: Delivery) -> None:
        wish = order_payloads.siren(asked.payload)
        self._answers.check(asked)
        ids = await self._orders.siren(wish.zones, wish.tone)
        self._answer("siren", asked, order_answers.done(ids), wish.transaction)

    async def _restart(self, asked: Delivery) -> None:
        transaction = order_payloads.bare(asked.payload)
        self._answers.check(asked)
        await self._orders.restart()
        self._answer("restart", asked, {}, transaction)

    async def _history(self, asked: Delivery) -> None:
        wish = order_payloads.history(asked.payload)
        self._answers.check(asked)
        past = await self._orders.history(wish.limit, wish.state)
        answer = ok(order_answers.history(past), wish.transaction)
        if asked.response_topic is None:
            self._answers.to_verb("history", answer)
            return
        self._answers.to_asker(asked, answer)
        self._answers.to_verb("history", ok({"count": len(past)}, wish.transaction))

    def _answer(self, verb: str, asked: Delivery, told: Mapping[str, object], transaction: Transaction) -> None:
        answer = ok(told, transaction)
        self._answers.to_verb(verb, answer)
        self._answers.to_asker(asked, answer)
