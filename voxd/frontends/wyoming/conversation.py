"""What one client asks, and the answers, in order."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from voxd.errors import BadRequestError, BusyError, VoxdError
from voxd.frontends.fragments import Fragments
from voxd.frontends.house import Renderer
from voxd.frontends.wyoming.program import Program
from voxd.frontends.wyoming.reply import framed
from voxd.text.ssml import is_ssml
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.requests import (
    Describe,
    Event,
    Ping,
    Pong,
    SelectProgram,
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
    understood,
)

log = logging.getLogger(__name__)

WAITING_MAX = 8
"""So many requests of one client may wait behind the one that is being answered."""
_STOPPED = frame(SynthesizeStopped())

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


@dataclass(frozen=True, slots=True)
class Request:
    """One text to be spoken, whole or still coming."""

    text: str | Fragments
    voice: str | None
    language: str | None

    @property
    def last(self) -> bytes:
        """What ends its answer, in success and in failure."""
        return _STOPPED if isinstance(self.text, Fragments) else b""


class Conversation:
    """Hears one connection's events. What takes no time is answered at once, texts one after the other.

    `admit` is asked for each text, and raises BusyError where it is one too many.
    """

    def __init__(
        self,
        connection: Connection,
        program: Program,
        renderer: Renderer,
        spawn: Spawn,
        max_text_chars: int,
        admit: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._admit = admit
        self._program = program
        self._renderer = renderer
        self._spawn = spawn
        self._max_text_chars = max_text_chars
        self._waiting: list[Request] = []
        self._answering: asyncio.Task[None] | None = None
        self._stream: Fragments | None = None

    @property
    def busy(self) -> bool:
        """Whether a text is not answered to its end."""
        return self._answering is not None

    @property
    def midway(self) -> bool:
        """Whether a streamed text is not all here."""
        return self._stream is not None

    def left(self) -> None:
        """Nobody listens any more: cancel the synthesis."""
        self._waiting.clear()
        self._stream = None
        if self._answering is not None:
            self._answering.cancel()

    def heard(self, event: Event) -> None:
        """Take an event; what we do not know is dropped, as the protocol wants it."""
        match understood(event):
            case Describe():
                self._connection.write(self._program.info())
            case Ping(text=text):
                self._connection.write(frame(Pong(text)))
            case SelectProgram(name=name):
                self._program.check_selected(name)
            case Synthesize() as asked if self._stream is None:
                self._enqueue(self._whole(asked), asked.voice)
            case SynthesizeStart() as asked:
                self._begin(asked)
            case SynthesizeChunk(text=text):
                self._open_stream("synthesize-chunk").add(text)
            case SynthesizeStop():
                self._open_stream("synthesize-stop").end()
                self._stream = None

    def _whole(self, asked: Synthesize) -> str:
        if len(asked.text) > self._max_text_chars:
            raise BadRequestError(f"The text is longer than {self._max_text_chars} characters (wyoming.max_text_chars)")
        return _rooted(asked.text) if _is_ssml(asked.text_format) else asked.text

    def _begin(self, asked: SynthesizeStart) -> None:
        if self._stream is not None:
            raise BadRequestError("synthesize-start came before the synthesize-stop of the text before it")
        _is_ssml(asked.text_format)  # whatever begins like SSML is read as such
        self._stream = Fragments(self._max_text_chars, "wyoming.max_text_chars")
        self._enqueue(self._stream, asked.voice)

    def _open_stream(self, kind: str) -> Fragments:
        if self._stream is None:
            raise BadRequestError(f"{kind} came without a synthesize-start before it")
        return self._stream

    def _enqueue(self, text: str | Fragments, voice: SynthesizeVoice | None) -> None:
        self._admit()
        if len(self._waiting) >= WAITING_MAX:
            raise BusyError(f"More than {WAITING_MAX} texts wait on this connection")
        self._waiting.append(Request(text, self._program.voice_name(voice), _language(voice)))
        if self._answering is None:
            self._answering = self._spawn(self._answer_all())

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                await self._answer_or_fail(self._waiting.pop(0))
        finally:
            self._answering = None

    async def _answer_or_fail(self, request: Request) -> None:
        try:
            await self._answer(request)
        except VoxdError as error:
            self._connection.fail(error, request.last)
        except Exception:  # shields every other client from a bug that this one has found
            log.exception("A Wyoming client's text ran into a bug")
            self._connection.fail(VoxdError("Something went wrong inside voxd: its log says more"), request.last)

    async def _answer(self, request: Request) -> None:
        sound = self._renderer.render(request.text, voice=request.voice, language=request.language)
        async with aclosing(sound), aclosing(framed(sound)) as pieces:
            async for frames in pieces:
                await self._connection.room()
                self._connection.write(frames)
        if request.last:
            self._connection.write(request.last)


def _language(voice: SynthesizeVoice | None) -> str | None:
    """The language asked for as BCP 47 writes it; piper and its relatives write de_DE."""
    return voice.language.replace("_", "-") if voice and voice.language else None


def _rooted(text: str) -> str:
    """SSML as a whole document; some send only what stands between its first tag and its last."""
    return text if is_ssml(text) or {"<", "&"}.isdisjoint(text) else f"<speak>{text}</speak>"


def _is_ssml(text_format: str | None) -> bool:
    if text_format in (None, "text", "plain"):
        return False
    if text_format == "ssml":
        return True
    raise BadRequestError(f'The text format "{text_format[:64]}" is not understood here: send plain text or ssml')
