"""An MQTT audio server that speaks the Hermes protocol, as an output."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager

from voxd.audio.pcm import silence
from voxd.audio.wav import HEADER_BYTES, wav_bytes
from voxd.delivery.outputs.wav_pieces import wav_pieces
from voxd.errors import OutputError, ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import HermesOutputSettings, MqttSettings
from voxd.wire.mqtt.audio_server import AudioServer

log = logging.getLogger(__name__)

FINISHED_MARGIN_S = 2.0
"""An audio server has so long to say that it has played, counted from when it should have."""
SILENT_MARGIN_S = 0.25
"""So long Rhasspy waits, and we for a server that did not say so the last time."""
PROBE = wav_bytes(silence(AudioFormat(22_050), 0.05))
"""Silence, by which the broker tells whether anybody listens."""


class HermesOutput:
    """Plays one sound at a time: a WAV file for each sentence, the next when the one before was played.

    The protocol cannot stop a sound: what is cancelled is heard to the end of its piece, for 6 s at most. A server that
    never says that it has played counts as heard.
    """

    def __init__(
        self,
        name: str,
        settings: HermesOutputSettings,
        broker: MqttSettings,
        client_id: str,
        margin_s: float = FINISHED_MARGIN_S,
    ) -> None:
        self.name = name
        self._site = settings.site
        self._server = AudioServer(broker, client_id, settings.site)
        self._margin_s = margin_s
        self._says_finished = True
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Find out whether the broker is there, and an audio server as far as the broker tells. Raises OutputError."""
        async with self._turn:
            with self._failing():
                await self._server.play(PROBE)

    async def stop(self) -> None:
        """Leave the broker."""
        await self._server.close()

    async def look(self) -> None:
        """Find out whether the broker is there, unless something is played. Raises OutputError."""
        if not self._turn.locked():
            async with self._turn:
                with self._failing():
                    await self._server.connect()

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play to the end, until it was heard; cancelled, nothing more is begun. Raises OutputError."""
        async with self._turn:
            with self._failing():
                bytes_max = await self._server.connect()
                pcm_max = None if bytes_max is None else bytes_max - HEADER_BYTES
                async with aclosing(wav_pieces(sound, pcm_max)) as pieces:
                    await self._play(pieces)

    async def _play(self, pieces: AsyncIterator[Chunk]) -> None:
        """Play each, and have the next ready when it is over."""
        piece = await anext(pieces, None)
        while piece is not None:
            following = asyncio.create_task(_next(pieces), name=f"next piece for {self.name}")
            try:
                await self._play_piece(piece)
                piece = await following
            finally:
                await _ended(following)

    async def _play_piece(self, piece: Chunk) -> None:
        loop = asyncio.get_running_loop()
        await self._server.play(wav_bytes(piece))
        over_at = loop.time() + piece.duration_s
        margin_s = self._margin_s if self._says_finished else SILENT_MARGIN_S
        self._says_finished = await self._server.finished(piece.duration_s + margin_s)
        if not self._says_finished:
            log.debug("The audio server of %s does not say when it has played", self.name)
        await asyncio.sleep(max(0.0, over_at - SILENT_MARGIN_S - loop.time()))  # some say so as soon as they have it

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever is wrong is an OutputError that says which site it is about."""
        try:
            yield
        except ProtocolError as error:
            raise OutputError(f"The audio server of {self.name} (site {self._site}) failed: {error}") from error


async def _next(pieces: AsyncIterator[Chunk]) -> Chunk | None:
    return await anext(pieces, None)


async def _ended(following: asyncio.Task[Chunk | None]) -> None:
    """Cancel it and wait for its end; whoever wanted its error has had it."""
    following.cancel()
    await asyncio.wait((following,))
    if not following.cancelled():
        following.exception()
