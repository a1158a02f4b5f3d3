"""The client's end of a conversation with a Wyoming server that plays sound: a satellite, or a `snd` server.

After `describe` and its `info` the client sends audio-start, audio-chunk..., audio-stop, and the server says `played`
when that was heard; not all of them do (wyoming-satellite 1.0 does not).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from wyoming.event import Event
from wyoming.info import Describe

from voxd.errors import ProtocolError
from voxd.lib.os_errors import in_words
from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Chunk
from voxd.wire.wyoming.audio import wire_format
from voxd.wire.wyoming.client import Address, Client, connected
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start, frame

PAYLOAD_MAX_BYTES = 1024 * 1024
"""A satellite may send what its microphone hears; we do not listen."""
QUIET_MAX_S = 24 * 3600.0
_COMPLAINT_CHARS = 300


class Player:
    """One connection to such a server. Everything raises ProtocolError and OSError once it is of no use any more."""

    def __init__(self, client: Client, timeout_s: float) -> None:
        self._client, self._timeout_s = client, timeout_s
        self._played = asyncio.Event()
        self._described = asyncio.Event()
        self._info: dict[str, Any] = {}
        self._listening = asyncio.create_task(self._listen(), name="listening to a satellite")

    async def describe(self) -> AudioFormat | None:
        """Ask what it is, and learn that it answers; the format it wants, where it says.

        Raises ProtocolError if it plays no sound at all.
        """
        self._described.clear()
        await self._send(frame(Describe()))
        if not await self._until(self._described, self._timeout_s):
            raise ProtocolError(f"it told nothing of itself within {self._timeout_s:g} s")
        programs = _objects(self._info.get("snd"))
        if not programs and not isinstance(self._info.get("satellite"), dict):
            raise ProtocolError("it is neither a satellite nor a server that plays sound")
        return _format_of(programs)

    async def begin(self, format: AudioFormat) -> None:  # noqa: A002 - the word of the model
        """A sound begins."""
        self._played.clear()
        await self._send(audio_start(format))

    async def send(self, chunk: Chunk) -> None:
        """A piece of it; waits as long as the server takes nothing, within its time."""
        for burst in audio_bursts(chunk):
            await self._send(burst)

    async def end(self) -> None:
        """It is over."""
        await self._send(AUDIO_STOP)

    async def played(self, timeout_s: float) -> bool:
        """Wait until the server has played it; False where it has not said so in time."""
        return await self._until(self._played, timeout_s)

    async def close(self) -> None:
        """Listen no more."""
        self._listening.cancel()
        await asyncio.wait((self._listening,))
        if not self._listening.cancelled():
            self._listening.exception()

    async def _send(self, frames: bytes) -> None:
        if self._listening.done():
            self._listening.result()
        await self._client.send(frames, self._timeout_s)

    async def _until(self, event: asyncio.Event, timeout_s: float) -> bool:
        """Whether it came in time. Raises what ended the connection."""
        waiting = asyncio.create_task(event.wait(), name="waiting for a satellite")
        try:
            await asyncio.wait((waiting, self._listening), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not event.is_set() and self._listening.done():
            self._listening.result()
        return event.is_set()

    async def _listen(self) -> None:
        """Take in what the server says. Raises ProtocolError when it says no more."""
        while (event := await self._client.next(QUIET_MAX_S)) is not None:
            match event.type:
                case "info":
                    self._info = event.data
                    self._described.set()
                case "played":
                    self._played.set()
                case "error":
                    raise ProtocolError(_complaint(event))
        raise ProtocolError("it closed the connection; perhaps another server, such as Home Assistant, uses it")


@asynccontextmanager
async def playing(address: Address, timeout_s: float) -> AsyncIterator[Player]:
    """A connection to a server that plays sound, dropped at the end. Raises ProtocolError with the reason."""
    try:
        async with connected(address, timeout_s, PAYLOAD_MAX_BYTES) as client:
            player = Player(client, timeout_s)
            try:
                yield player
            finally:
                await player.close()
    except OSError as error:
        raise ProtocolError(in_words(error)) from error


def _format_of(programs: list[dict[str, Any]]) -> AudioFormat | None:
    for program in programs:
        if isinstance(wanted := program.get("snd_format"), dict):
            form = wire_format(Event("snd_format", wanted))
            return AudioFormat(form.rate_hz, form.channels) if form.width == SAMPLE_WIDTH else None
    return None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _complaint(event: Event) -> str:
    said = " ".join(str(event.data.get("text", "")).split())[:_COMPLAINT_CHARS]
    return f"it answers: {said or 'an error without a word'}"
