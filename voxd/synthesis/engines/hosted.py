"""The engines voxcpm, pocket, piper and python: a model in a process of its own, an engine host."""

import asyncio
import contextlib
import importlib.util
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.lib.os_errors import in_words
from voxd.model.audio import Chunk
from voxd.settings.engines import HostSettings, PiperSettings, PocketSettings, VoxcpmSettings
from voxd.synthesis.engine import EngineHealth, EngineTraits, ReferenceClip, Sentence, Speaker
from voxd.synthesis.engines.host_call import CONNECT_TIMEOUT_S, raise_refusal
from voxd.synthesis.engines.host_condition import HostCondition
from voxd.synthesis.engines.host_life import HostLife
from voxd.synthesis.engines.host_process import HostPlace
from voxd.synthesis.engines.host_voices import EMBED_TIMEOUT_S, HostVoices
from voxd.synthesis.engines.wyoming_sound import IncomingSound
from voxd.wire.wyoming.client import Client, UnixAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.host_events import PAYLOAD_MAX_BYTES, Fault, Health, HostState
from voxd.wire.wyoming.reader import LateError
from voxd.wire.wyoming.requests import Event

log = logging.getLogger(__name__)

_BROKEN_OFF = "it ended in the middle of a sentence"


class HostedEngine:
    """Keeps its host alive, and asks it for each sentence over a connection of its own.

    As long as the host is not ready every sentence is an EngineError with the reason, at once.
    """

    def __init__(self, name: str, settings: HostSettings, place: HostPlace) -> None:
        self.name = name
        self._settings = settings
        self._address = UnixAddress(place.socket)
        self._condition = HostCondition(name)
        self._life = HostLife(name, settings, place, self._note, self._met, self._patience_s)
        self._voices = HostVoices(self._address, self._life.end)
        self._turn = asyncio.Lock()
        """Whoever waits behind another sentence must not take the host for one that hangs."""
        self._living: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    @property
    def traits(self) -> EngineTraits:
        """As the model told them, once it was ready."""
        return self._condition.traits

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """The speakers of the model itself, once it was ready; enrolled voices are not among them."""
        return self._condition.speakers

    @property
    def health(self) -> EngineHealth:
        """See WatchedEngine."""
        return self._condition.health

    @property
    def tended(self) -> bool:
        """See TendedEngine."""
        return self._living is None or (not self._living.done() and self._life.goes_on)

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """See WatchedEngine."""
        return self._condition.listen(listener)

    async def settled(self) -> EngineHealth:
        """See WatchedEngine."""
        return await self._condition.settled()

    async def start(self) -> None:
        """Have the host begun; its model may take minutes to load. Raises nothing: `health` tells."""
        if self._settings.process == "child" and (lacking := _lacking(self.name, self._settings)):
            self._note(Health(HostState.FAILED, lacking))
        else:
            self._living = asyncio.create_task(self._life.run(), name=f"engine host {self.name}")
            self._living.add_done_callback(_tell_bug)

    async def stop(self) -> None:
        """End the host where it is our child, and leave it where it is a unit."""
        tasks = [task for task in (self._telling, self._living) if task is not None]
        self._telling = self._living = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._condition.leave()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as the host makes it. A host that gives none in time is killed."""
        async with self._turn:
            self._condition.check_ready()
            self._voices.check(sentence.voice.speaker)
            async with aclosing(self._spoken(sentence)) as sound:
                async for chunk in sound:
                    yield chunk

    async def _spoken(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        with self._failing(), self._told_again(sentence.voice.speaker):
            async with connected(self._address, CONNECT_TIMEOUT_S, PAYLOAD_MAX_BYTES) as client:
                await client.send(frame(_asked(sentence)), CONNECT_TIMEOUT_S)
                async with aclosing(self._sound(client)) as sound:
                    async for chunk in sound:
                        yield chunk

    async def know(self, clip: ReferenceClip) -> str:
        """See CloningEngine. A host that is loading is not waited for: it is told when it is ready."""
        self._voices.remember(clip)
        self._condition.check_ready()
        return await self._voices.embed(clip)

    async def forget(self, speaker: str) -> None:
        """See CloningEngine. A host that is not ready forgets as soon as it is."""
        self._voices.drop(speaker)
        if self._condition.ready:
            await self._voices.forget(speaker)

    async def _sound(self, client: Client) -> AsyncGenerator[Chunk, None]:
        incoming = IncomingSound()
        while (event := await self._next(client)) is not None:
            match event.type:
                case "audio-chunk" if chunk := incoming.chunk(event):
                    yield chunk
                case "audio-stop":
                    incoming.check_ended()
                    return
                case "error":
                    raise_refusal(event)
        raise ProtocolError(_BROKEN_OFF)

    async def _next(self, client: Client) -> Event | None:
        timeout_s = self._settings.chunk_timeout_s
        try:
            return await client.next(timeout_s)
        except LateError:
            if not self._voices.busy:  # else the model is at work, and its own silence counts
                self._life.end(f"it gave no sound for {timeout_s:g} s")
            raise ProtocolError(f"it gave no sound for {timeout_s:g} s") from None
        except ConnectionError:
            raise ProtocolError(_BROKEN_OFF) from None

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever is wrong with the host is an EngineError that says which engine it is."""
        try:
            yield
        except BadRequestError as error:
            raise EngineError(f"The engine {self.name} cannot say that: {error}") from error
        except (ProtocolError, OSError) as error:
            raise EngineError(f"The engine {self.name} failed: {in_words(error)}", Fault.FAILED) from error

    @contextlib.contextmanager
    def _told_again(self, speaker: str) -> Iterator[None]:
        """A voice whose embedding the host has lost gets its clip once more."""
        try:
            yield
        except EngineError as error:
            if error.fault == Fault.UNKNOWN_VOICE:
                self._voices.lost(speaker)
            raise

    def _patience_s(self) -> float:
        return EMBED_TIMEOUT_S if self._voices.busy else self._settings.chunk_timeout_s

    def _met(self) -> None:
        """A new connection: whoever is there knows none of our voices."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._voices.begin_again()

    def _note(self, health: Health) -> None:
        self._condition.note(health)
        idle = self._telling is None or self._telling.done()
        if health.state is HostState.READY and self._voices.pending and idle:
            self._telling = asyncio.create_task(self._voices.tell_all(), name=f"voices of {self.name}")


def _asked(sentence: Sentence) -> Event:
    """A `synthesize` with all we know; the library would leave out the language of a voice that has a name."""
    voice = {"name": sentence.voice.speaker, "language": sentence.language}
    data = {"text": sentence.text, "voice": {key: value for key, value in voice.items() if value}}
    seed = {} if sentence.voice.seed is None else {"seed": sentence.voice.seed}
    rate = {} if sentence.rate == 1.0 else {"rate": sentence.rate}
    return Event("synthesize", data | seed | rate)


def _tell_bug(living: asyncio.Task[None]) -> None:
    if not living.cancelled() and (bug := living.exception()) is not None:
        log.error("An engine host is no longer looked after", exc_info=bug)


def _lacking(name: str, settings: HostSettings) -> str:
    """What the engine needs and is not installed here, in a sentence; found out without importing it."""
    neural = {VoxcpmSettings: "torch", PocketSettings: "pocket_tts"}.get(type(settings))
    if neural and importlib.util.find_spec(neural) is None:
        return f"The engine {name} needs the neural extra: make run NEURAL=cpu (or cuda)"
    if isinstance(settings, PiperSettings) and importlib.util.find_spec("piper") is None:
        how = "make run PIPER=1, or voxd_piper: true for the Ansible role"
        return f"The engine {name} needs the extra piper (licensed under the GPL): {how}"
    return ""
