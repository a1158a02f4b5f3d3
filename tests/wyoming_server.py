"""A Wyoming server of the reference library, as a process of its own, that speaks with the tests' sine engine.

Its port and the seconds before each first sound may be given; SIGUSR1 has it take SLOW_TIMES as long from now on.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from engines_for_tests import SineEngine, sentence, voice
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize

CHUNK_DELAY_S = 0.002
SLOW_TIMES = 20


@asynccontextmanager
async def wyoming_server() -> AsyncIterator[int]:
    """Run it; gives its port."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            port = int(await process.stdout.readline())
        yield port
    finally:
        process.kill()
        await process.wait()


class Sine(AsyncEventHandler):
    """Answers describe and synthesize."""

    first_s = 0.0

    async def handle_event(self, event: Event) -> bool:
        """Keep the connection open, as wyoming-piper does."""
        with contextlib.suppress(ConnectionError):
            if Describe.is_type(event.type):
                await self.write_event(_info())
            elif Synthesize.is_type(event.type):
                await self._speak(Synthesize.from_event(event))
            return True
        return False

    async def _speak(self, asked: Synthesize) -> None:
        speaker = asked.voice.name if asked.voice and asked.voice.name else "anna"
        if speaker not in (known.name for known in SineEngine().speakers):
            await self.write_event(Error(f"no voice {speaker}").event())
            return
        engine = SineEngine()
        engine.chunk_delay_s = CHUNK_DELAY_S
        engine.chunks = 2 + len(asked.text) // 100
        rate = engine.format.rate_hz
        await asyncio.sleep(self.first_s)
        await self.write_event(AudioStart(rate, 2, 1).event())
        async with aclosing(engine.speak(sentence(asked.text, voice(speaker=speaker)))) as sound:
            async for chunk in sound:
                await self.write_event(AudioChunk(rate, 2, 1, chunk.pcm).event())
        await self.write_event(AudioStop().event())


def _info() -> Event:
    us = Attribution("voxd tests", "")
    voices = [TtsVoice(one.name, us, True, one.description, None, list(one.languages)) for one in SineEngine().speakers]
    return Info(tts=[TtsProgram("sine", us, True, None, "1", voices)]).event()


def _be_slow() -> None:
    Sine.first_s *= SLOW_TIMES


async def serve(port: int = 0, first_s: float = 0.0) -> None:
    """Serve until killed; print the port."""
    Sine.first_s = first_s
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _be_slow)
    server = AsyncTcpServer("127.0.0.1", port)
    await server.start(Sine)
    listening = server._server
    assert isinstance(listening, asyncio.Server)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:3])))
