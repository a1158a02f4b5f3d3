"""One Wyoming server for speech: wyoming-piper and its relatives, an engine host on another machine, another voxd."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from voxd.errors import BadRequestError, ProtocolError, UnknownVoiceError, UnspeakableTextError, VoxdError
from voxd.model.audio import Chunk
from voxd.settings.engines import WyomingEngineSettings
from voxd.synthesis.engine import Sentence, Speaker
from voxd.synthesis.engines.remote.complaint import shortened
from voxd.synthesis.engines.remote.server import Learned
from voxd.synthesis.engines.wyoming_sound import IncomingSound
from voxd.wire.trust import Trust, token_in
from voxd.wire.wyoming.authentication import NOT_AUTHENTICATED, authenticate
from voxd.wire.wyoming.client import Client, TcpAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.info import SpokenVoice, speaking_program
from voxd.wire.wyoming.reader import LateError
from voxd.wire.wyoming.requests import Describe, Event, Synthesize, SynthesizeVoice

PAYLOAD_MAX_BYTES = 1024 * 1024
_UNDETERMINED = "und"
_OUR_FAULT = frozenset(error.code for error in (BadRequestError, UnknownVoiceError, UnspeakableTextError))
"""Codes of voxd's own refusals; most programs give none."""


class WyomingServer:
    """Asked for each sentence over a connection of its own.

    A speaker is named as the server names its voice; `voice+speaker` is one of the speakers of such a voice.
    """

    def __init__(self, address: str, settings: WyomingEngineSettings) -> None:
        self.address = address
        host, _, port = address.rpartition(":")
        self._at = TcpAddress(host.strip("[]"), int(port))
        self._settings = settings
        self._names: frozenset[str] = frozenset()
        self._trust = Trust(settings.tls)

    async def close(self) -> None:
        """Nothing is held between two sentences."""

    async def learn(self) -> Learned:
        """See SpeechServer."""
        timeout_s = self._settings.connect_timeout_s
        try:
            async with asyncio.timeout(2 * timeout_s), self._asked(frame(Describe())) as client:
                while (event := await client.next(timeout_s)) is not None:
                    if event.type == "error":
                        raise self._refusal(event)
                    if event.type == "info":
                        return self._learned(event)
        except (TimeoutError, LateError):
            raise ProtocolError(f"it did not tell what it is within {timeout_s:g} s") from None
        raise ProtocolError("it ended the connection without telling what it is")

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound as the server sends it, as 16 bit."""
        asked = frame(Synthesize(text=sentence.text, voice=self._voice(sentence)))
        async with self._asked(asked) as client, aclosing(self._sound(client)) as sound:
            async for chunk in sound:
                yield chunk

    @contextlib.asynccontextmanager
    async def _asked(self, request: bytes) -> AsyncGenerator[Client, None]:
        """A connection on which that was asked, behind our token: no answer to it is waited for."""
        timeout_s, token = self._settings.connect_timeout_s, b""
        if self._settings.token_file is not None:
            token = authenticate(token_in(self._settings.token_file))
        tls = await self._trust.context() if self._settings.tls.enabled else None
        async with connected(self._at, timeout_s, PAYLOAD_MAX_BYTES, tls) as client:
            await client.send(token + request, timeout_s)
            yield client

    async def _sound(self, client: Client) -> AsyncGenerator[Chunk, None]:
        incoming, patience_s = IncomingSound(), self._settings.first_sound_timeout_s
        due = _now() + patience_s
        try:
            while (event := await client.next(max(due - _now(), 0.0))) is not None:
                match event.type:
                    case "audio-chunk" if chunk := incoming.chunk(event):
                        yield chunk
                        patience_s = self._settings.chunk_timeout_s
                        due = _now() + patience_s
                    case "audio-stop":
                        incoming.check_ended()
                        return
                    case "error":
                        raise self._refusal(event)
        except LateError:
            raise ProtocolError(f"it gave no sound for {patience_s:g} s") from None
        raise ProtocolError("it ended the connection in the middle of a sentence")

    def _learned(self, info: Event) -> Learned:
        program = speaking_program(info)
        self._names = frozenset(voice.name for voice in program.voices)
        return Learned(f"{program.name} {program.version}".strip(), tuple(map(_speaker, program.voices)))

    def _voice(self, sentence: Sentence) -> SynthesizeVoice | None:
        named = sentence.voice.speaker
        if named in self._names:
            return SynthesizeVoice(name=named)
        if named:
            name, _, speaker = named.partition("+")
            return SynthesizeVoice(name=name, speaker=speaker or None)
        return SynthesizeVoice(language=sentence.language) if sentence.language != _UNDETERMINED else None

    def _refusal(self, error: Event) -> VoxdError:
        """What an `error` event says, for the owner."""
        said, code = shortened(str(error.data.get("text") or "")), error.data.get("code")
        if code == NOT_AUTHENTICATED:
            wants = "it wants a token: set token_file" if self._settings.token_file is None else ""
            return ProtocolError(wants or f"it does not take the token in {self._settings.token_file}")
        if code in _OUR_FAULT:
            return BadRequestError(said or "it refuses without a word")
        return ProtocolError(f"it answers: {said or 'an error without a word'}")


def _speaker(voice: SpokenVoice) -> Speaker:
    return Speaker(voice.name, voice.languages or (_UNDETERMINED,), voice.description)


def _now() -> float:
    return asyncio.get_running_loop().time()
