"""Paho's client, made proof against publications that it cannot read."""

import logging
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import MQTTException  # type: ignore[attr-defined]  # its one place in both 2.1 and 2.2

log = logging.getLogger(__name__)


class TolerantClient(Client):
    """Acknowledges and drops a publication whose properties paho cannot read.

    Paho would end the connection, and the broker would deliver the same publication again, for ever. Brokers let
    such through: mosquitto 2.0 takes a U+FEFF, for one, which paho holds to be malformed.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._told = False
        self.was_closed = False
        """Whether the broker closed the connection orderly, instead of its being reset or given up."""

    def _sock_recv(self, bufsize: int) -> bytes:
        received = super()._sock_recv(bufsize)
        self.was_closed = not received
        return received

    def _handle_publish(self) -> MQTTErrorCode:
        try:
            return super()._handle_publish()
        except (MQTTException, UnicodeDecodeError):
            self._tell_once()
            return self._drop(self._in_packet["command"], bytes(self._in_packet["packet"]))

    def _drop(self, command: int, packet: bytes) -> MQTTErrorCode:
        """See MQTT 5, section 3.3: the bits of the QoS, the topic with its length, the packet identifier."""
        after_topic = 2 + int.from_bytes(packet[:2], "big")
        if command >> 1 & 3:
            return self._send_puback(int.from_bytes(packet[after_topic : after_topic + 2], "big"))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _tell_once(self) -> None:
        if not self._told:
            self._told = True
            log.warning("Ignored an MQTT publication whose properties cannot be read")
