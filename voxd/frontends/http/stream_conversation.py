"""What is said over one WebSocket of /api/stream, until one side has had enough."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from voxd.errors import BadRequestError, BusyError, VoxdError
from voxd.frontends.http.stream_frames import StreamFrame, StreamOptions, stream_frame
from voxd.frontends.http.streamed_speech import StreamedSpeech, Told

log = logging.getLogger(__name__)

FRAMES_MAX = 25_000
"""Of one text, which has 20,000 characters at most."""
WRONG, FAILED, BUSY, IDLE = 1008, 1011, 1013, 1001
"""Codes that a WebSocket is closed with (RFC 6455, 7.4.1)."""

Begin = Callable[[StreamOptions], StreamedSpeech]


class IdleError(VoxdError):
    """It was the client's turn for too long."""

    code = "idle"


class StreamConversation:
    """Hears frames, and speaks one text after the other. `begin` makes the speech of a text, and may refuse it."""

    def __init__(self, socket: WebSocket, begin: Begin, idle_s: float) -> None:
        self._socket = socket
        self._begin = begin
        self._idle_s = idle_s
        self._speech: StreamedSpeech | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._frames = 0

    async def serve(self) -> None:
        """Until the client leaves, or is shown out."""
        try:
            while (frame := await self._next()) is not None:
                await self._heed(frame)
                await asyncio.sleep(0)  # frames that came together must not hold up the house
        except VoxdError as error:
            await self._hush()
            await self._show_out(error)
        finally:
            await self._hush()

    async def _next(self) -> StreamFrame | None:
        """What the client says next; None where it left. Raises BadRequestError, and IdleError."""
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    heard = await self._socket.receive()
                    break
            except TimeoutError:
                if self._speech is None or not self._speech.ended:
                    raise IdleError(f"Nothing came for {self._idle_s:g} s (http.stream_idle_s)") from None
        if heard["type"] == "websocket.disconnect":
            return None
        if heard.get("text") is None:
            raise BadRequestError("Frames from clients are JSON, in text frames")
        return stream_frame(heard["text"])

    async def _heed(self, frame: StreamFrame) -> None:
        """Do what a frame says. Raises VoxdError."""
        if frame.cancel:
            await self._cancel()
            return
        speech = self._speech_for(frame)
        speech.text.add(frame.text)
        if frame.flush:
            speech.text.flush()
        if frame.end:
            speech.end()

    def _speech_for(self, frame: StreamFrame) -> StreamedSpeech:
        """That of the text which a frame belongs to; a new one where there is none."""
        if self._speech is None:
            self._frames = 0
            self._speech = self._begin(frame.options or StreamOptions())
            self._speaking = asyncio.create_task(self._speak(self._speech), name="streamed speech")
        elif self._speech.ended:
            raise BadRequestError("The text before is not spoken to its end; wait for done, or cancel it")
        elif frame.options:
            raise BadRequestError("How a text is spoken is said in its first frame; end the text before, or cancel it")
        self._frames += 1
        if self._frames > FRAMES_MAX:
            raise BadRequestError(f"A text has at most {FRAMES_MAX} frames")
        return self._speech

    async def _speak(self, speech: StreamedSpeech) -> None:
        """To its end. A failure ends the text; where more of it may still come, the conversation, too."""
        try:
            await speech.speak()
        except VoxdError as error:
            await (self._say_quietly(_told(error)) if speech.ended else self._show_out(error))
        except WebSocketDisconnect:
            return  # whoever hears finds out, too
        except Exception:  # shields every other client from a bug that this one has found
            log.exception("A text over a WebSocket ran into a bug")
            await self._show_out(VoxdError("Something went wrong inside voxd: its log says more"))
        finally:
            if self._speech is speech:
                self._speech = None

    async def _cancel(self) -> None:
        """Break off what is being spoken, and say so; what has come to its end by itself has said so already."""
        speech = self._speech
        await self._hush()
        if speech is not None:
            await self._say_quietly({"done": speech.report() | {"cancelled": True}})

    async def _hush(self) -> None:
        speaking, self._speaking, self._speech = self._speaking, None, None
        if speaking is not None:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    async def _show_out(self, error: VoxdError) -> None:
        """Say what is wrong, and close."""
        await self._say_quietly(_told(error))
        with suppress(RuntimeError, WebSocketDisconnect):  # it was closed meanwhile
            await self._socket.close(_code(error), error.code)

    async def _say_quietly(self, told: Told) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.send_text(json.dumps(told))


def _told(error: VoxdError) -> Told:
    return {"error": str(error), "code": error.code}


def _code(error: VoxdError) -> int:
    match error:
        case BadRequestError():
            return WRONG
        case BusyError():
            return BUSY
        case IdleError():
            return IDLE
    return FAILED
