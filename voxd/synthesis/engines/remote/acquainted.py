"""A speech server that clones, with the voices it was introduced to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from voxd.errors import BadRequestError, EngineError, ProtocolError, UnknownVoiceError
from voxd.model.audio import Chunk
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.introductions import Introductions
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.failures import EXPECTED, told
from voxd.synthesis.engines.remote.server import CloningServer, CloningSpeechServer, Learned
from voxd.wire.wyoming.host_events import Fault

CLIP_SENT_WITHIN_S = 120.0
"""To send a clip, and to have it taken; the speaker embedding may be part of that."""
FORGOTTEN_WITHIN_S = 30.0


class ServerVoices(Introductions):
    """Introduces clips to a server. What it cannot do now is tried again with the next probe."""

    def __init__(self, address: str, server: CloningServer, discretion: Discretion) -> None:
        super().__init__()
        self._address = address
        self._server = server
        self._discretion = discretion

    async def _introduce(self, clip: ReferenceClip) -> str:
        try:
            async with asyncio.timeout(CLIP_SENT_WITHIN_S):
                await self._server.introduce(clip)
        except BadRequestError as error:
            said = self._discretion.hide(str(error))
            raise EngineError(f"{self._address} cannot use the reference clip: {said}") from error
        except EXPECTED as error:
            raise EngineError(self._told(error), Fault.LOADING) from error
        return "clip"

    async def _have_forgotten(self, speaker: str) -> None:
        try:
            async with asyncio.timeout(FORGOTTEN_WITHIN_S):
                await self._server.forget(speaker)
        except EXPECTED as error:
            raise EngineError(f"{self._told(error)}; it did not forget {speaker}") from error

    def _told(self, error: Exception) -> str:
        return self._discretion.hide(told(self._address, error))


class AcquaintedServer:
    """Fills SpeechServer. A server that has lost a voice is introduced to it again before it is asked once more."""

    def __init__(self, server: CloningSpeechServer, discretion: Discretion) -> None:
        self.address = server.address
        self.voices = ServerVoices(server.address, server, discretion)
        self._server = server

    async def close(self) -> None:
        """See SpeechServer."""
        await self._server.close()

    async def learn(self) -> Learned:
        """See SpeechServer."""
        return await self._server.learn()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """See SpeechServer."""
        heard = False
        try:
            async with aclosing(self._server.speak(sentence)) as sound:
                async for chunk in sound:
                    heard = True
                    yield chunk
        except UnknownVoiceError:
            clip = self.voices.clip(sentence.voice.speaker)
            if heard or clip is None:
                raise
        else:
            return
        await self._introduce_again(clip)
        async with aclosing(self._server.speak(sentence)) as sound:
            async for chunk in sound:
                yield chunk

    async def _introduce_again(self, clip: ReferenceClip) -> None:
        self.voices.lost(clip.speaker)
        try:
            await self.voices.embed(clip)
        except EngineError as error:
            raise ProtocolError(f"it has lost the voice {clip.speaker}, and: {error}") from error
