"""Requests over MQTT: request/<verb> in, response/<verb> out, each in a task of its own."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing

from voxd.audio.wav import wav_bytes
from voxd.errors import BadRequestError, BusyError, EngineError, VoxdError
from voxd.frontends import payloads
from voxd.frontends.fields import shown
from voxd.frontends.house import Renderer
from voxd.frontends.mqtt.answers import Answers, failed, ok
from voxd.lib.logs import Sparing
from voxd.model.audio import AudioFormat, Chunk
from voxd.wire.mqtt.packets import Delivery

log = logging.getLogger(__name__)

AT_ONCE_MAX = 4
WAITING_MAX = 16
ORDERS_MAX = 64
ORDER_S_MAX = 30.0
SOUND_S_MAX = 600.0
SOUND_BYTES_MAX = 16 * 1024 * 1024
TIME_S_MAX = 600.0
Verbs = Mapping[str, Callable[[Delivery], Awaitable[None]]]
VERB = re.compile(r"[a-z_]{1,32}")
"""What may be a verb. A stranger's own words become no part of a topic of ours."""


class Requests:
    """Serves requests beside the announcements, a few at once; more wait, and more than that are refused.

    `more` are verbs beside render, and what serves them. `orders` wait for nobody: whatever is being rendered, the
    house is silent when somebody says so.
    """

    def __init__(self, renderer: Renderer, answers: Answers, more: Verbs, orders: Verbs) -> None:
        self._renderer = renderer
        self._answers = answers
        self._verbs: Verbs = {"render": self._render, **more, **orders}
        self._order_verbs = frozenset(orders)
        self._places = asyncio.Semaphore(AT_ONCE_MAX)
        self._served: set[asyncio.Task[None]] = set()
        self._orders_served: set[asyncio.Task[None]] = set()
        self._refusals = Sparing(log)

    def take(self, verb: str, asked: Delivery, group: asyncio.TaskGroup) -> None:
        """Begin to serve a request; it is answered whatever comes of it."""
        is_order = verb in self._order_verbs
        served, most = (self._orders_served, ORDERS_MAX) if is_order else (self._served, AT_ONCE_MAX + WAITING_MAX)
        if verb not in self._verbs:
            self._refuse(verb, asked, f"There is no request {shown(verb)}; known: {', '.join(self._verbs)}")
        elif len(served) >= most:
            self._refuse(verb, asked, str(BusyError("Too many requests are being served; try again later")))
        else:
            serve = self._obey if is_order else self._serve
            serving = group.create_task(serve(verb, asked), name=f"mqtt request {verb}")
            served.add(serving)
            serving.add_done_callback(served.discard)

    def cancel(self) -> None:
        """Give up whatever is being served."""
        for serving in (*self._served, *self._orders_served):
            serving.cancel()

    async def _serve(self, verb: str, asked: Delivery) -> None:
        async with self._places:
            await self._serve_within(TIME_S_MAX, verb, asked)

    async def _obey(self, verb: str, asked: Delivery) -> None:
        await self._serve_within(ORDER_S_MAX, verb, asked)

    async def _serve_within(self, limit_s: float, verb: str, asked: Delivery) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await self._verbs[verb](asked)
        except TimeoutError:
            self._refuse(verb, asked, f"It took longer than {limit_s:.0f} s")
        except VoxdError as error:
            self._refuse(verb, asked, str(error))

    async def _render(self, asked: Delivery) -> None:
        """The sound of a text as WAV to the response topic, and a word about it to response/render."""
        if asked.response_topic is None:
            raise BadRequestError("A render request needs an MQTT 5 response topic, where the sound is sent")
        self._answers.check(asked)
        wish = payloads.rendering(asked.payload)
        async with aclosing(
            self._renderer.render(wish.text, voice=wish.voice, language=wish.language, rate=wish.rate)
        ) as sound:
            whole = await _joined(sound)
        self._answers.to_asker(asked, wav_bytes(whole), "audio/wav")
        told = {"duration_s": round(whole.duration_s, 3), "rate_hz": whole.format.rate_hz}
        self._answers.to_verb("render", ok(told, wish.transaction))

    def _refuse(self, verb: str, asked: Delivery, reason: str) -> None:
        self._refusals.warning("The MQTT request %s is refused: %s", shown(verb), reason)
        answer = failed(reason, payloads.transaction_in(asked.payload))
        if VERB.fullmatch(verb):
            self._answers.to_verb(verb, answer)
        try:
            self._answers.to_asker(asked, answer)
        except BadRequestError:
            return  # the very response topic is what is wrong, as the other answer says


async def _joined(sound: AsyncIterator[Chunk]) -> Chunk:
    """All of it in one. Raises BadRequestError when it grows out of bounds."""
    pieces: list[bytes] = []
    size = 0
    format_: AudioFormat | None = None
    async for chunk in sound:
        format_ = chunk.format
        size += len(chunk.pcm)
        if size > min(SOUND_BYTES_MAX, SOUND_S_MAX * format_.bytes_per_s):
            raise BadRequestError(
                f"The sound is longer than {SOUND_S_MAX / 60:.0f} minutes or {SOUND_BYTES_MAX >> 20} MiB"
            )
        pieces.append(chunk.pcm)
    if format_ is None:
        raise EngineError("There was no sound")
    return Chunk(format_, b"".join(pieces))
