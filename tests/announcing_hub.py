"""A hub that has sound announced on a satellite exactly as Home Assistant does, with the reference library.

After homeassistant/components/wyoming/assist_satellite.py of 2026.11: run-satellite, describe, a ping two seconds after
each pong, five seconds of patience for any answer; an announcement is sent in chunks of 2048 bytes as fast as they are
taken, and is over with `played`, or after its length and half a second.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.satellite import RunSatellite
from wyoming.snd import Played

RATE_HZ = 22_050
CHUNK_BYTES = 2048
PING_DELAY_S = 2.0
WATCHDOG_S = 5.0
EXTRA_S = 0.5


class AnnouncingHub:
    """Connected to a satellite; `silent` once it would have given it up and connected again."""

    def __init__(self, client: AsyncTcpClient, ping_delay_s: float = PING_DELAY_S) -> None:
        self._client = client
        self._ping_delay_s = ping_delay_s
        self._played = asyncio.Event()
        self.info: Info | None = None
        self.pongs = 0
        self.errors: list[Error] = []
        self.silent = False
        self.gone = False

    async def announce(self, pcm: bytes, width: int = 2) -> bool:
        """Returns when Home Assistant's action would; whether `played` came in time."""
        self._played.clear()
        form = {"rate": RATE_HZ, "width": width, "channels": 1}
        await self._client.write_event(AudioStart(**form, timestamp=0).event())
        timestamp_ms = 0
        for at in range(0, len(pcm), CHUNK_BYTES):
            chunk = AudioChunk(**form, audio=pcm[at : at + CHUNK_BYTES], timestamp=timestamp_ms)
            await self._client.write_event(chunk.event())
            timestamp_ms += chunk.milliseconds
        await self._client.write_event(AudioStop().event())
        try:
            async with asyncio.timeout(timestamp_ms / 1000 + EXTRA_S):
                await self._played.wait()
        except TimeoutError:
            return False
        return True

    async def played(self, timeout_s: float = 5.0) -> None:
        """Wait for the next `played`, however late."""
        async with asyncio.timeout(timeout_s):
            await self._played.wait()
        self._played.clear()

    async def say(self, event: Event) -> None:
        """Send something else."""
        await self._client.write_event(event)

    async def follow(self) -> None:
        """Listen and ping, until the satellite is silent or gone."""
        pinging: set[asyncio.Task[None]] = set()
        await self.say(RunSatellite().event())
        await self.say(Describe().event())
        pinging.add(asyncio.create_task(self._ping()))
        try:
            while not self.silent and (event := await self._heard()) is not None:
                if Pong.is_type(event.type):
                    self.pongs += 1
                    pinging.add(asyncio.create_task(self._ping()))
                elif Info.is_type(event.type):
                    self.info = Info.from_event(event)
                elif Played.is_type(event.type):
                    self._played.set()
                elif Error.is_type(event.type):
                    self.errors.append(Error.from_event(event))
        finally:
            for one in pinging:
                one.cancel()
        self.gone = not self.silent

    async def _heard(self) -> Event | None:
        try:
            async with asyncio.timeout(WATCHDOG_S):
                return await self._client.read_event()
        except TimeoutError:
            self.silent = True
        except ConnectionError:
            pass
        return None

    async def _ping(self) -> None:
        await asyncio.sleep(self._ping_delay_s)
        with suppress(ConnectionError):
            await self.say(Ping().event())


@asynccontextmanager
async def announcing_hub(port: int, ping_delay_s: float = PING_DELAY_S) -> AsyncIterator[AnnouncingHub]:
    """One that is connected."""
    client = AsyncTcpClient("127.0.0.1", port)
    await client.connect()
    hub = AnnouncingHub(client, ping_delay_s)
    following = asyncio.create_task(hub.follow())
    try:
        yield hub
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        with suppress(ConnectionError):
            await client.disconnect()
