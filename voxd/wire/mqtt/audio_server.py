"""The audio server of one site, as Snips and Rhasspy have it: the Hermes protocol over MQTT.

A WAV file published to `hermes/audioServer/SITE/playBytes/ID` is played, then `{"id": ID}` comes on
`hermes/audioServer/SITE/playFinished`; what went wrong comes on `hermes/error/audioServer/play` with the ID as
`context`.
The protocol knows no way to stop a sound.
"""

import asyncio
import json
import uuid
from typing import Any

from voxd.errors import ProtocolError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.connection import Connection
from voxd.wire.mqtt.dialling import Identity
from voxd.wire.mqtt.packets import Delivery, Publication

TAKEN_TIMEOUT_S = 10.0
"""So long the broker may need to take a sound."""
PACKET_BYTES_MARGIN = 1024
_ERRORS = "hermes/error/audioServer/play"
_COMPLAINT_CHARS = 300


class AudioServer:
    """One connection at a time, made when needed, for one sound at a time. Everything raises ProtocolError.

    What cannot be delivered now is never delivered later: there is no session at the broker.
    """

    def __init__(self, broker: MqttSettings, client_id: str, site: str) -> None:
        self._broker = broker.model_copy(update={"session_expiry_s": 0})
        self._site = site
        self._finished_topic = f"hermes/audioServer/{site}/playFinished"
        self._identity = Identity(client_id, (self._finished_topic, _ERRORS))
        self._connection: Connection | None = None
        self._connections = 0
        self._id = ""
        self._packet_id: int | None = None
        self._unmatched = False
        self._taken: asyncio.Future[str] | None = None
        self._finished: asyncio.Future[str] | None = None

    async def connect(self) -> int | None:
        """Be connected with the broker; the most bytes it takes in a sound, where it sets a limit."""
        if not self._connection or self._connection.ended.done():
            self._connections += 1
            self._connection = Connection(self._broker, self._identity, self, self._connections)
            if not await self._connection.open():
                raise ProtocolError(f"the broker: {self._connection.ended.result().reason}")
        limit = self._connection.packet_bytes_max
        return None if limit is None else limit - PACKET_BYTES_MARGIN

    async def play(self, wav: bytes) -> None:
        """Have a WAV file played; returns when the broker has it. Fails where the broker says that nobody listens."""
        await self.connect()
        assert self._connection
        loop = asyncio.get_running_loop()
        self._id, self._unmatched = uuid.uuid4().hex, False
        self._taken, self._finished = loop.create_future(), loop.create_future()
        topic = f"hermes/audioServer/{self._site}/playBytes/{self._id}"
        self._packet_id = self._connection.publish(Publication(topic, wav))
        problem = await self._told(self._taken, TAKEN_TIMEOUT_S)
        if problem is None:
            raise ProtocolError(f"the broker did not take it within {TAKEN_TIMEOUT_S:g} s")
        if problem:
            raise ProtocolError(f"the broker did not take it: {problem}")
        if self._unmatched:
            raise ProtocolError(f"no audio server listens for the site {self._site}")

    async def finished(self, timeout_s: float) -> bool:
        """Wait until the last sound was played; False where the audio server has not said so in time."""
        assert self._finished
        problem = await self._told(self._finished, timeout_s)
        if problem:
            raise ProtocolError(f"the audio server answers: {problem}")
        return problem is not None

    async def close(self) -> None:
        """Say goodbye to the broker."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close(1.0)

    async def _told(self, answer: asyncio.Future[str], timeout_s: float) -> str | None:
        """What was answered, None if nothing was in time."""
        assert self._connection
        awaited: set[asyncio.Future[Any]] = {answer, self._connection.ended}
        await asyncio.wait(awaited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self._connection.ended.done():
            raise ProtocolError(f"the broker: {self._connection.ended.result().reason}")
        return None

    # What the connection tells.

    def connected(self, connection: Connection) -> None:
        """See Listener."""

    def delivered(self, delivery: Delivery) -> None:
        """See Listener."""
        if delivery.qos and self._connection:
            self._connection.acknowledge(delivery.packet_id)
        told = _object(delivery.payload)
        if delivery.topic == self._finished_topic:
            if told.get("id") in (self._id, None, ""):  # not every server tells which
                _answer(self._finished, "")
        elif told.get("context") == self._id:
            _answer(self._finished, " ".join(str(told.get("error")).split())[:_COMPLAINT_CHARS] or "an error")

    def unmatched(self, packet_id: int) -> None:
        """See Listener."""
        self._unmatched = packet_id == self._packet_id

    def confirmed(self, packet_id: int, problem: str) -> None:
        """See Listener."""
        if packet_id == self._packet_id:
            _answer(self._taken, problem)


def _answer(awaited: asyncio.Future[str] | None, answer: str) -> None:
    if awaited and not awaited.done():
        awaited.set_result(answer)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
