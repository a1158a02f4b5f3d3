"""Sound as a stream of server-sent events: OpenAI's speech.audio.delta, speech.audio.done and speech.audio.error.

Speaches sends lines of data only, vLLM-Omni names each event, too; both tell the type in the data.
"""

import base64
import binascii
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from voxd.errors import ProtocolError
from voxd.synthesis.engines.remote.complaint import complaint

EVENT_MAX_BYTES = 32 * 1024 * 1024
"""A whole long sentence may come as one."""
KIND = "text/event-stream"


async def sound_in(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The bytes of sound in such a stream. `pieces` stays open. Raises ProtocolError, also where its end is missing."""
    any_event = False
    async with aclosing(_data(pieces)) as events:
        async for data in events:
            any_event = True
            match _decoded(data):
                case {"type": "speech.audio.delta", "audio": str(sound)}:
                    yield _bytes(sound)
                case {"type": "speech.audio.done"}:
                    return
                case {"type": "speech.audio.error"} | {"error": _}:
                    raise ProtocolError(f"it answers: {complaint(data.encode()) or 'an error without a word'}")
    raise ProtocolError("its stream of events broke off" if any_event else "it sends a stream without any event")


async def _data(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """What each event's lines of data hold (HTML Standard, 9.2.6); other fields and comments are passed over."""
    rest, lines = bytearray(), list[bytes]()
    async for piece in pieces:
        rest += piece
        if len(rest) + sum(map(len, lines)) > EVENT_MAX_BYTES:
            raise ProtocolError(f"it sends an event of more than {EVENT_MAX_BYTES // 2**20} MiB")
        if b"\n" not in piece:
            continue
        *whole, tail = bytes(rest).split(b"\n")
        rest = bytearray(tail)
        for line in whole:
            field, _, value = line.removesuffix(b"\r").partition(b":")
            if field == b"data":
                lines.append(value.removeprefix(b" "))
            elif not field and not value and lines:
                yield _text(lines)
                lines = []
    if lines:
        yield _text(lines)


def _text(lines: list[bytes]) -> str:
    return b"\n".join(lines).decode(errors="replace")


def _decoded(data: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"it sends an event that is no JSON: {complaint(data.encode())}") from error


def _bytes(sound: str) -> bytes:
    try:
        return base64.b64decode(sound, validate=True)
    except binascii.Error as error:
        raise ProtocolError(f"it sends an event whose sound is no base64: {error}") from error
