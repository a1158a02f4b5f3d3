"""An engine host that has no model and plays the odd cases: a process that is started as a real one is.

Its settings are the line of JSON that every host gets, with `script`: how it begins (see SCRIPTS). What it says to a
sentence is the sentence itself: see `_speak`. Every line of its `log` is something it was asked.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wyoming.event import Event, async_read_event, async_write_event

from voxd.settings.engines import HostSettings, PythonSettings
from voxd.synthesis.engines.host_process import HostPlace
from voxd.wire.wyoming.host_events import (
    ClipReady,
    Embed,
    Embedded,
    Forgotten,
    Health,
    HostState,
    Vector,
    host_event,
    word_of,
)

READY = Health(
    HostState.READY, fingerprint="fake 1", rate_hz=16000, languages=("en", "de"), speakers=("anna", "bert"),
    clones=True, device="cpu", dtype="float32", memory_mb=7,
)  # fmt: skip
LOADING = Health(HostState.LOADING, "reading nothing")
LACKING = Health(HostState.FAILED, "The model is not here; fetch it")
RATE = {"rate": 16000, "width": 2, "channels": 1}
PCM = bytes(range(200)) * 8

SCRIPTS = ("ready", "loads", "never loads", "lacks", "dies", "dies once", "never listens", "ignores SIGTERM", "falls")


def fake_settings(**options: Any) -> HostSettings:
    """Settings of an engine with short patience."""
    chosen = {"model": "nobody:Nobody", "chunk_timeout_s": 0.5, "load_timeout_s": 20.0, **options}
    return PythonSettings.model_validate(chosen)


def fake_place(folder: Path, script: str = "ready") -> HostPlace:
    """Where a fake host with that script listens, its log beside it."""
    assert script in SCRIPTS
    given = {"script": script, "folder": str(folder)}
    return HostPlace(folder / "host.sock", (sys.executable, __file__), json.dumps(given).encode())


def asked_of(folder: Path) -> list[str]:
    """What the hosts in that folder were asked, in order."""
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def pids_of(folder: Path) -> list[int]:
    """The processes of all hosts that were started in that folder, in order."""
    return [int(line.split()[1]) for line in asked_of(folder) if line.startswith("begun ")]


class FakeHost:
    """One life of it."""

    def __init__(self, script: str, folder: Path) -> None:
        self._script = script
        self._folder = folder
        self._health = asyncio.Event()
        self._busy_since: float | None = None
        self.ended = asyncio.Event()

    async def serve(self) -> None:
        """Until SIGTERM or the end of its input."""
        self._note(f"begun {os.getpid()}")
        again = len(pids_of(self._folder)) > 1
        if self._script == "dies" or (self._script == "dies once" and not again):
            sys.exit(3)
        loop = asyncio.get_running_loop()
        if self._script != "ignores SIGTERM":
            loop.add_signal_handler(signal.SIGTERM, self.ended.set)
            loop.add_reader(0, self.ended.set)
        else:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self._script != "never listens":
            socket = self._folder / "host.sock"
            socket.unlink(missing_ok=True)
            await asyncio.start_unix_server(self._converse, socket)
        await self.ended.wait()
        self._note("ended")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (event := await async_read_event(reader)) is not None:
                async for answer in self._answers(event):
                    await async_write_event(answer, writer)
                    if answer.type == "bye":
                        return
        except ConnectionError:
            self._note("left")
        finally:
            writer.close()

    async def _answers(self, event: Event) -> AsyncIterator[Event]:  # noqa: C901 - one case after the other
        match event.type:
            case "health":
                async for health in self._healths():
                    yield host_event(health)
            case "embed":
                asked = word_of(event, Embed)
                self._note(f"embed {asked.voice} {asked.transcript} {len(event.payload or b'')}")
                await asyncio.sleep(float(asked.transcript) if asked.transcript else 0.0)
                if asked.voice.startswith("bad"):
                    yield Event("error", {"text": "The clip is bad", "code": "bad_request"})
                else:
                    yield host_event(Embedded(asked.voice, "clip", 0.1))
            case "forget":
                self._note(f"forget {event.data['voice']}")
                if event.data["voice"].startswith("bad"):
                    yield Event("error", {"text": "The disk fails", "code": "engine_failed"})
                else:
                    yield host_event(Forgotten(event.data["voice"]))
            case "clip" | "vector":
                self._note(f"{event.type} {len(event.payload or b'')}")
                async for answer in self._made(event.type, event.payload or b""):
                    yield answer
            case "synthesize":
                self._note(f"speak {json.dumps(event.data)}")
                async for answer in self._speak(event.data["text"]):
                    yield answer

    async def _made(self, kind: str, data: bytes) -> AsyncIterator[Event]:
        """A clip, or a vector; or what the file asks for."""
        match data:
            case b"bad":
                yield Event("error", {"text": "That is no sound file", "code": "bad_request"})
            case b"hang":
                await asyncio.sleep(3600)
            case b"die":
                os._exit(6)
            case _ if kind == "clip":
                yield host_event(ClipReady(1.0, "WAV", 48000, 1, 1.5, ("Well done",), (1.0,), 1), b"RIFF")
            case _:
                yield host_event(Vector((0.6, 0.8), 1.0))

    async def _healths(self) -> AsyncIterator[Health]:
        for health in self._story():
            yield health
            await asyncio.sleep(0.05)
        while True:
            yield self._last
            await asyncio.sleep(0.2)

    def _story(self) -> Iterator[Health]:
        self._last = READY
        match self._script:
            case "loads":
                yield from [LOADING] * 3
            case "never loads":
                self._last = LOADING
            case "lacks":
                self._last = LACKING
            case "falls":
                self._last = Health(**asdict(READY) | {"state": HostState.FAILED, "reason": "The device is lost"})
                asyncio.get_running_loop().call_later(0.2, os._exit, 80)

    async def _speak(self, text: str) -> AsyncIterator[Event]:  # noqa: C901 - one case after the other
        """Sound; or what one of these words, the sentence's first, asks for."""
        start, chunk = Event("audio-start", RATE), Event("audio-chunk", RATE, PCM)
        yield start
        match text.split(maxsplit=1)[0]:
            case "refuse":
                yield Event("error", {"text": "There is no such voice", "code": "unknown_voice"})
            case "wrong":
                yield chunk
                yield Event("audio-chunk", {"rate": "fast", "width": 2, "channels": 1}, PCM)
            case "nothing":
                yield Event("audio-stop")
            case "silence":
                yield chunk
                await asyncio.sleep(3600)
            case "slow":
                for _ in range(1000):
                    yield chunk
                    await asyncio.sleep(0.02)
            case "close":
                yield chunk
                yield Event("bye")
            case "die":
                yield chunk
                os._exit(5)
            case _:
                yield chunk
                yield chunk
                yield Event("audio-stop")

    def _note(self, line: str) -> None:
        with (self._folder / "log").open("a") as file:
            file.write(f"{line}\n")


async def _serve() -> None:
    given = json.loads(sys.stdin.readline())
    await FakeHost(given["script"], Path(given["folder"])).serve()


if __name__ == "__main__":
    asyncio.run(_serve())
    os._exit(0)
