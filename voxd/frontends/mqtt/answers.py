"""How MQTT askers are answered: JSON in the manner of zigbee2mqtt, to the topic they named or to response/<verb>."""

import json
import re
from collections.abc import Mapping
from typing import Protocol

from voxd.errors import BadRequestError
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.payloads import Transaction
from voxd.wire.mqtt.packets import Delivery, Publication, check_topic

_FORBIDDEN = re.compile("^\\$|[\0-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""What brokers end a connection for: their own topics, and what MQTT 5, section 1.5.4, advises against."""


def ok(data: Mapping[str, object], transaction: Transaction = None) -> bytes:
    """It was done."""
    return _json({"status": "ok", "data": data}, transaction)


def failed(reason: str, transaction: Transaction = None) -> bytes:
    """It was not done, and why."""
    return _json({"status": "error", "data": {}, "error": reason}, transaction)


class Publisher(Protocol):
    """Where answers go; wire/mqtt/session.py in the daemon."""

    def publish(self, publication: Publication) -> None:
        """Publish now, or when there is a connection."""

    def fits(self, publication: Publication) -> bool:
        """Whether the broker takes anything so large."""


class Answers:
    """Sends answers where they are wanted."""

    def __init__(self, publisher: Publisher, topics: Topics) -> None:
        self._publisher = publisher
        self._topics = topics

    def to_asker(self, asked: Delivery, payload: bytes, content_type: str = "application/json") -> None:
        """Answer on the topic that the asker named, if any.

        Raises BadRequestError for a topic that cannot be, and for an answer larger than the broker takes.
        """
        if asked.response_topic is None:
            return
        self.check(asked)
        answer = Publication(asked.response_topic, payload, content_type=content_type, correlation=asked.correlation)
        if not self._publisher.fits(answer):
            raise BadRequestError(f"The answer of {len(payload)} bytes is larger than the MQTT broker takes")
        self._publisher.publish(answer)

    def to_verb(self, verb: str, payload: bytes) -> None:
        """Answer on the verb's own topic."""
        self._publisher.publish(Publication(self._topics.response(verb), payload, content_type="application/json"))

    def check(self, asked: Delivery) -> None:
        """Raise BadRequestError when the asker named a topic that nobody may be answered on."""
        if asked.response_topic is None:
            return
        try:
            check_topic(asked.response_topic)
        except BadRequestError as error:
            raise BadRequestError(f"Cannot answer on that response topic: {error}") from None
        if _FORBIDDEN.search(asked.response_topic):
            raise BadRequestError("The response topic must neither begin with $ nor hold control characters")
        if self._topics.is_ours(asked.response_topic):
            raise BadRequestError("The response topic must not be one of voxd's own topics, unless below response/")


def _json(body: dict[str, object], transaction: Transaction) -> bytes:
    if transaction is not None:
        body["transaction"] = transaction
    return json.dumps(body).encode()
