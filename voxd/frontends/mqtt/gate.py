"""Who may announce how much: a bound for each source, so that a broken automation cannot drown the house."""

from voxd.errors import BadRequestError
from voxd.frontends import payloads
from voxd.frontends.limit import Limit, Told
from voxd.frontends.mqtt.backlog import Backlog
from voxd.frontends.mqtt.topics import Topics
from voxd.settings import MqttSettings
from voxd.wire.mqtt.packets import Delivery

QUIETLY = ""
"""It is refused like those before it, of which somebody was told."""
_NO_SOURCE = "say/?"


class Gate:
    """Judges deliveries by their topic, before anything is read. Alarms always pass.

    So do those that come again: they passed before, and the broker keeps but few of them.
    """

    def __init__(self, settings: MqttSettings, topics: Topics, tell: Told) -> None:
        self._limit = Limit(settings.rate, "announcement", "mqtt.rate", tell)
        self._alarms_on_say = settings.alarms_on_say
        self._topics = topics
        self._backlog = Backlog()

    def connected(self) -> None:
        """What the broker kept for us comes now."""
        self._backlog.begin()

    def verdict(self, delivery: Delivery) -> str | None:
        """None where it may pass; else why not, QUIETLY where that was said before."""
        self._backlog.go_on()
        door = self._door(delivery)
        if delivery.again or self._limit.allows(door) or self._backlog.allows(door) or self._is_alarm(delivery):
            return None
        return self._limit.turn_away(door) or QUIETLY

    def close(self) -> None:
        """Tell of floods that are not over."""
        self._limit.close()

    def _door(self, delivery: Delivery) -> str:
        """The topic as its owner knows it: say, or say/SOURCE."""
        try:
            return self._topics.source(delivery.topic).replace("mqtt", "say", 1)
        except BadRequestError:
            return _NO_SOURCE

    def _is_alarm(self, delivery: Delivery) -> bool:
        return self._alarms_on_say and payloads.asks_for_alarm(delivery.payload)
