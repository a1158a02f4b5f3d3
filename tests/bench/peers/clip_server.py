"""A Wyoming TTS server on the plain reference library that answers every text with the same clip.

Two uses: with chunks of 1,024 samples it is what voxd's cached replies are measured against; with larger ones it is the
engine from which voxd learns that very clip. Its listen backlog is the library's default, 100.

    python -m tests.bench.peers.clip_server PORT FRAMES_PER_CHUNK
"""

import asyncio
import sys
from collections.abc import Iterable
from functools import partial

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.tts import Synthesize

from ..clip import RATE_HZ, WIDTH, pcm, pieces

BENCH = Attribution(name="voxd", url="https://example.org")
INFO = Info(
    tts=[
        TtsProgram(
            name="clip",
            attribution=BENCH,
            installed=True,
            description="One clip for every text",
            version="1",
            voices=[
                TtsVoice(
                    name="clip",
                    attribution=BENCH,
                    installed=True,
                    description="One clip for every text",
                    version="1",
                    languages=["en-US"],
                )
            ],
        )
    ]
)


class ClipConnection(AsyncEventHandler):
    """One client: told what there is, and given the clip as often as it asks."""

    def __init__(self, chunks: Iterable[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._chunks = chunks

    async def handle_event(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            await self.write_event(INFO.event())
        elif Synthesize.is_type(event.type):
            await self._send_clip()
        return True

    async def _send_clip(self) -> None:
        await self.write_event(AudioStart(rate=RATE_HZ, width=WIDTH, channels=1).event())
        for chunk in self._chunks:
            await self.write_event(AudioChunk(rate=RATE_HZ, width=WIDTH, channels=1, audio=chunk).event())
        await self.write_event(AudioStop().event())


async def main(port: int, frames: int) -> None:
    """Serve for ever."""
    chunks = tuple(pieces(pcm(), frames))
    await AsyncServer.from_uri(f"tcp://127.0.0.1:{port}").run(partial(ClipConnection, chunks))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
