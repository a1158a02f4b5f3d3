"""Ids for announcements that bring none, by which those that come again after a crash are known."""

import hashlib
import re
import secrets
from collections.abc import Iterable

from voxd.model.identifiers import AnnouncementId, new_announcement_id
from voxd.wire.mqtt.packets import Delivery

_NAME = re.compile(r"([0-9a-f]{16})-[0-9a-f]{8}")


class Names:
    """Names what the deliveries of one session bring.

    voxd may be killed after it has committed an announcement and before the broker has its acknowledgement; the broker
    then delivers it again, marked so (DUP). Without an id of its own it would be spoken twice. What both deliveries
    share is topic, payload and packet identifier; but these are no id by themselves, as packet identifiers are used
    again and the doorbell rings more than once. So:

    - A delivery that is not marked is new for certain, and gets a name nobody had before: a hash of the three, and
      something random. The journal keeps that name.
    - One that is marked may or may not have been taken over. Within one run the session's ledger knows, and what the
      ledger lets through was not. For earlier runs the journal knows: a marked delivery whose hash is among the names
      it held when we began gets that very name, and so is known already.
    - A broker sends again before it sends anything new (MQTT 5, sections 4.4 and 4.6). With the first delivery that is
      not marked, all of the earlier runs is settled and their names are forgotten: should a later one, of the same text
      and with the same packet identifier, be lost on its way and come marked, it is spoken.
    """

    def __init__(self) -> None:
        self._earlier: dict[str, AnnouncementId] = {}

    def remember(self, ids: Iterable[AnnouncementId]) -> None:
        """These are the newest ids of earlier runs, the newest first."""
        for id_ in ids:
            if named := _NAME.fullmatch(id_):
                self._earlier.setdefault(named[1], id_)

    def name(self, delivery: Delivery) -> AnnouncementId:
        """The id of an announcement that brings none; to be asked for in the order of arrival."""
        if not delivery.qos:
            return new_announcement_id()
        if not delivery.again:
            self._earlier.clear()
        key = _key(delivery)
        return self._earlier.get(key) or AnnouncementId(f"{key}-{secrets.token_hex(4)}")


def _key(delivery: Delivery) -> str:
    parts = (delivery.topic.encode(), delivery.payload, str(delivery.packet_id).encode())
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()[:16]
