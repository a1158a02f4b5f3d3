"""A Wyoming satellite, or a Wyoming server that plays sound, as an output."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager, suppress

from voxd.delivery.outputs.pacing import FALL_TIMEOUT_S, Pace, fall, paced
from voxd.errors import OutputError, ProtocolError, VoxdError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import SatelliteOutputSettings
from voxd.wire.wyoming.client import TcpAddress
from voxd.wire.wyoming.player import Player, playing

log = logging.getLogger(__name__)

PLAYED_MARGIN_S = 2.0
"""A satellite has so long to say that it has played, counted from when it should have."""
SILENT_MARGIN_S = 0.5
"""So long is waited for one that did not say so the last time: what it keeps on its way is heard by then."""


class SatelliteOutput:
    """Plays one sound at a time, each over a connection of its own: a satellite serves only one at once.

    The rate is the one that the server tells it plays at, else that of the settings: satellites do not resample, and
    another one makes chipmunks. One that never says `played`, but answers, counts as heard.
    """

    def __init__(self, name: str, settings: SatelliteOutputSettings, played_margin_s: float = PLAYED_MARGIN_S) -> None:
        self.name = name
        self._address = TcpAddress(settings.host, settings.port)
        self._timeout_s = settings.connect_timeout_s
        self._format = AudioFormat(settings.rate_hz)
        self._played_margin_s = played_margin_s
        self._says_played = True
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Ask it what it is. Raises OutputError."""
        async with self._turn:
            await self._asked()

    async def stop(self) -> None:
        """Nothing is held between two sounds."""

    async def look(self) -> None:
        """Ask whether it is still there, unless it plays. Raises OutputError."""
        if not self._turn.locked():
            await self.start()

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play to the end, until it was heard. Cancelled, the connection is closed: it falls silent within 0.5 s.

        Raises OutputError.
        """
        async with self._turn:
            with self._failing():
                async with playing(self._address, self._timeout_s) as player:
                    await self._play(player, sound)

    async def _play(self, player: Player, sound: AsyncIterator[Chunk]) -> None:
        wanted = await player.describe() or self._format
        pace = Pace()
        last: Chunk | None = None
        try:
            async with aclosing(paced(sound, wanted, pace)) as pieces:
                async for piece in pieces:
                    if last is None:
                        await player.begin(wanted)
                    await player.send(piece)
                    last = piece
        except (asyncio.CancelledError, VoxdError):
            if last is not None:
                await _fall(player, last)
            raise
        if last is not None:
            await player.end()
            await self._heard(player, pace.unheard_s)

    async def _heard(self, player: Player, unheard_s: float) -> None:
        margin_s = self._played_margin_s if self._says_played else min(SILENT_MARGIN_S, self._played_margin_s)
        self._says_played = await player.played(unheard_s + margin_s)
        if not self._says_played:
            await player.describe()  # a proof that it lives
            log.debug("%s does not say when it has played", self.name)

    async def _asked(self) -> None:
        with self._failing():
            async with playing(self._address, self._timeout_s) as player:
                await player.describe()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever is wrong with it is an OutputError that says which one it is."""
        try:
            yield
        except ProtocolError as error:
            raise OutputError(f"The satellite of {self.name} at {self._address} failed: {error}") from error


async def _fall(player: Player, last: Chunk) -> None:
    with suppress(OSError, ProtocolError):  # TimeoutError is an OSError
        async with asyncio.timeout(FALL_TIMEOUT_S):
            await player.send(fall(last))
            await player.end()
