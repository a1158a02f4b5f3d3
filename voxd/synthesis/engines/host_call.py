"""One request to an engine host and its answer, on a connection of its own."""

import asyncio
from contextlib import suppress
from typing import NoReturn

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.synthesis.engines.host_process import HostProcess
from voxd.wire.wyoming.client import UnixAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.host_events import PAYLOAD_MAX_BYTES, Fault, HostWord, Word, host_event, word_of
from voxd.wire.wyoming.reader import LateError
from voxd.wire.wyoming.requests import Event

CONNECT_TIMEOUT_S = 5.0
KNOCK_EVERY_S = 0.05
_SENTENCE_CHARS = 500
_FAULTS = frozenset(Fault)


async def answered(
    address: UnixAddress, request: HostWord, kind: type[Word], timeout_s: float, payload: bytes | None = None
) -> tuple[Word, bytes]:
    """The host's answer of that kind and its payload.

    Raises BadRequestError and EngineError with the host's own sentence; ProtocolError, which is a LateError where
    the answer takes longer than `timeout_s`; and OSError.
    """
    async with connected(address, CONNECT_TIMEOUT_S, PAYLOAD_MAX_BYTES) as client:
        await client.send(frame(host_event(request, payload)), timeout_s)
        event = await client.next(timeout_s)
        if event is None:
            raise ProtocolError("it ended the connection without an answer")
        if event.type == "error":
            raise_refusal(event)
        return word_of(event, kind), event.payload or b""


async def listens(process: HostProcess, address: UnixAddress, timeout_s: float) -> None:
    """Wait until this very process answers there.

    Raises ConnectionError where it ends instead, and LateError where it takes longer than `timeout_s`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            while process.alive:
                with suppress(ProtocolError, OSError):
                    async with connected(address, CONNECT_TIMEOUT_S, PAYLOAD_MAX_BYTES) as client:
                        if client.peer_pid == process.pid:
                            return
                await asyncio.sleep(KNOCK_EVERY_S)
    except TimeoutError:
        raise LateError(f"it did not listen within {timeout_s:g} s") from None
    raise ConnectionError("it never listened")


def raise_refusal(error: Event) -> NoReturn:
    """Raise what an `error` event of a host says: BadRequestError, or EngineError with the host's word for it."""
    sentence = " ".join(str(error.data.get("text") or "").split())[:_SENTENCE_CHARS] or "The engine failed"
    code = str(error.data.get("code") or "")
    if code == BadRequestError.code:
        raise BadRequestError(sentence)
    raise EngineError(sentence, code if code in _FAULTS else "")
