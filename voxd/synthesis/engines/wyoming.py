"""The engine wyoming: any Wyoming server for speech, here or on another machine."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from voxd.errors import EngineError, ProtocolError
from voxd.lib.backoff import Backoff
from voxd.lib.os_errors import in_words
from voxd.model.audio import Chunk
from voxd.settings.engines import WyomingEngineSettings
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker
from voxd.synthesis.engines.wyoming_sound import IncomingSound
from voxd.wire.wyoming.client import Client, TcpAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.info import SpeakingProgram, SpokenVoice, speaking_program
from voxd.wire.wyoming.requests import Describe, Synthesize, SynthesizeVoice

PAYLOAD_MAX_BYTES = 1024 * 1024
_UNDETERMINED = "und"
_COMPLAINT_CHARS = 300


class WyomingEngine:
    """Asks the server for each sentence over a connection of its own.

    A speaker is named as the server names its voice; `voice+speaker` is one of the speakers of such a voice.
    As long as the server is away nothing is known of it; when it is asked to speak it is looked for again.
    """

    def __init__(self, name: str, settings: WyomingEngineSettings) -> None:
        self.name = name
        self._settings = settings
        self._address = TcpAddress(settings.host, settings.port)
        self._backoff = Backoff(first_s=1.0, cap_s=60.0)
        self._learn_at = 0.0
        self._learned = False
        self._speakers: tuple[Speaker, ...] = ()
        # nothing may be found in the phrase cache under the name of a server that we know nothing of
        self._traits = self._traits_of(f"{uuid.uuid4()}")

    @property
    def traits(self) -> EngineTraits:
        """The fingerprint holds the server's address and its program's name and version."""
        return self._traits

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """One for each voice that the server advertises."""
        return self._speakers

    async def start(self) -> None:
        """Ask the server for its voices."""
        await self._learn()

    async def stop(self) -> None:
        """Nothing is held between two sentences."""

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as the server sends it, as 16 bit."""
        if not self._learned and asyncio.get_running_loop().time() >= self._learn_at:
            await self._learn()
        asked = frame(Synthesize(text=sentence.text, voice=self._voice(sentence)))
        with self._failing():
            async with self._connected() as client:
                await client.send(asked, self._settings.connect_timeout_s)
                async with aclosing(self._sound(client)) as sound:
                    async for chunk in sound:
                        yield chunk

    async def _sound(self, client: Client) -> AsyncGenerator[Chunk, None]:
        incoming = IncomingSound()
        while (event := await client.next(self._settings.chunk_timeout_s)) is not None:
            match event.type:
                case "audio-chunk" if chunk := incoming.chunk(event):
                    yield chunk
                case "audio-stop":
                    incoming.check_ended()
                    return
                case "error":
                    complaint = " ".join(str(event.data.get("text", "")).split())[:_COMPLAINT_CHARS]
                    raise ProtocolError(f"it answers: {complaint or 'an error without a word'}")
        raise ProtocolError("it ended the connection in the middle of a sentence")

    async def _learn(self) -> None:
        """Find out which voices there are. Raises EngineError, and is not due again for a while then."""
        self._learn_at = asyncio.get_running_loop().time() + self._backoff.next_s()
        with self._failing():
            program = await self._described()
        self._speakers = tuple(_speaker(voice) for voice in program.voices)
        self._traits = self._traits_of(f"{program.name} {program.version}")
        self._learned = True
        self._backoff.reset()

    async def _described(self) -> SpeakingProgram:
        timeout_s = self._settings.connect_timeout_s
        async with self._connected() as client:
            await client.send(frame(Describe()), timeout_s)
            while (event := await client.next(timeout_s)) is not None:
                if event.type == "info":
                    return speaking_program(event)
        raise ProtocolError("it ended the connection without telling what it is")

    def _connected(self) -> contextlib.AbstractAsyncContextManager[Client]:
        return connected(self._address, self._settings.connect_timeout_s, PAYLOAD_MAX_BYTES)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever is wrong with the server is an EngineError that says which server it is."""
        try:
            yield
        except (ProtocolError, OSError) as error:
            self._learned = False  # when it comes back it may be another one
            raise EngineError(f"The Wyoming server at {self._address} failed: {in_words(error)}") from error

    def _traits_of(self, program: str) -> EngineTraits:
        return EngineTraits(f"wyoming {self._address} {program}", concurrency=self._settings.concurrency, remote=True)

    def _voice(self, sentence: Sentence) -> SynthesizeVoice | None:
        named = sentence.voice.speaker
        if named in (speaker.name for speaker in self._speakers):
            return SynthesizeVoice(name=named)
        if named:
            name, _, speaker = named.partition("+")
            return SynthesizeVoice(name=name, speaker=speaker or None)
        return SynthesizeVoice(language=sentence.language) if sentence.language != _UNDETERMINED else None


def _speaker(voice: SpokenVoice) -> Speaker:
    return Speaker(voice.name, voice.languages or (_UNDETERMINED,), voice.description)
