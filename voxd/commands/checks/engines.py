"""How the engines are: those in this process, and those in a host, which a running daemon may have begun."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from voxd.audio import wav
from voxd.commands.checks.finding import Finding
from voxd.commands.checks.remote_engines import remote_finding
from voxd.commands.control_client import ControlClient
from voxd.errors import EngineError, VoxdError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import EngineSettings, HostSettings, RemoteSettings
from voxd.synthesis.engine import Engine, EngineHealth, Sentence
from voxd.synthesis.engines.hosted import HostedEngine

UNIT_ANSWERS_WITHIN_S = 5.0
TEXT = "This is sentence number {} of a test, and it takes about three seconds."
SHOWN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a sentence took."""

    first_s: float
    whole_s: float
    sound_s: float

    def __str__(self) -> str:
        factor = self.whole_s / self.sound_s if self.sound_s else 0.0
        return (
            f"first sound after {1000 * self.first_s:.0f} ms, {self.sound_s:.1f} s of sound in {self.whole_s:.1f} s "
            f"(real-time factor {factor:.2f})"
        )


async def engine_finding(engine: Engine, settings: EngineSettings, daemon: ControlClient | None) -> Finding:
    """How an engine is; a child of the daemon's is asked about there, a new one is tried here.

    Raises VoxdError, also where it cannot speak.
    """
    thing = f"engine {engine.name}"
    if isinstance(settings, RemoteSettings):
        return await remote_finding(engine, settings, daemon)
    if not isinstance(settings, HostSettings) or not isinstance(engine, HostedEngine):
        await engine.start()
        return Finding("ok", thing, f"{engine.traits.fingerprint}, {len(engine.speakers)} speakers")
    if daemon is not None and settings.process == "child":
        told = await asyncio.to_thread(daemon.status)
        if engine.name in told["engines"]:
            return await asyncio.to_thread(_told_by, daemon, engine.name, told["engines"][engine.name])
    health = await _settled(engine, settings)
    if health.state != "ready":
        raise EngineError(health.reason)
    return Finding("ok", thing, "; ".join([_what(health.details), *await _timed(engine)]))


async def _settled(engine: HostedEngine, settings: HostSettings) -> EngineHealth:
    """Begin it and wait for its model; whoever waits at a terminal sees what goes on."""
    silence = engine.listen(_show)
    try:
        await engine.start()
        if settings.process == "unit":
            await _answered(engine)
        async with asyncio.timeout(settings.load_timeout_s):
            return await engine.settled()
    except TimeoutError:
        raise EngineError(engine.health.reason or f"not loaded within {settings.load_timeout_s:g} s") from None
    finally:
        silence()


async def _answered(unit: HostedEngine) -> None:
    """Wait until somebody answers for a unit. Raises TimeoutError."""
    met = asyncio.Event()
    silence = unit.listen(lambda health: met.set() if health.state != "waiting" else None)
    try:
        async with asyncio.timeout(UNIT_ANSWERS_WITHIN_S):
            await met.wait()
    finally:
        silence()


def _show(health: EngineHealth) -> None:
    if sys.stderr.isatty():
        print(f"         {health.state}: {health.reason}"[:SHOWN_CHARS], file=sys.stderr, flush=True)


async def _timed(engine: Engine) -> list[str]:
    if not engine.speakers:
        return []
    speaker = engine.speakers[0]
    voice = Voice(VoiceId("check"), engine.name, speaker.name, speaker.languages)
    sentence = Sentence(_new_text(), voice, voice.language)
    return [str(await _timing(engine.speak(sentence)))]


async def _timing(sound: AsyncGenerator[Chunk, None]) -> Timing:
    began_s, first_s, sound_s = time.perf_counter(), 0.0, 0.0
    async with aclosing(sound):
        async for chunk in sound:
            first_s = first_s or time.perf_counter() - began_s
            sound_s += chunk.duration_s
    return Timing(first_s, time.perf_counter() - began_s, sound_s)


def _told_by(daemon: ControlClient, name: str, told: Mapping[str, Any]) -> Finding:
    """What the running daemon tells of an engine of its own, and how long it takes for a sentence."""
    if told["state"] != "ready":
        return Finding("problem" if told["state"] == "failed" else "warning", f"engine {name}", _standing(told))
    parts = [_what(told)]
    if told.get("speakers"):
        parts.append(str(_rendering_timed(daemon, {"voice": f"{name}-{told['speakers'][0]}"})))
    return Finding("ok", f"engine {name}", "; ".join(parts))


def default_voice_of(daemon: ControlClient) -> Finding:
    """How the default voice of a running daemon speaks, or what is wrong with its voices. Raises VoxdError."""
    if problems := daemon.voices()["problems"]:
        return Finding("problem", "voices", "; ".join(problems))
    return Finding("ok", "voices", f"the default voice speaks; {_rendering_timed(daemon, {})}")


def _rendering_timed(daemon: ControlClient, wish: Mapping[str, Any]) -> Timing:
    began_s, first_s, data = time.perf_counter(), 0.0, bytearray()
    for part in daemon.render({"text": _new_text(), **wish}):
        data += part
        if len(data) > wav.HEADER_BYTES:
            first_s = first_s or time.perf_counter() - began_s
    whole_s = time.perf_counter() - began_s
    format_: AudioFormat = wav.parse(bytes(data[: wav.HEADER_BYTES])).format
    return Timing(first_s, whole_s, (len(data) - wav.HEADER_BYTES) / format_.bytes_per_s)


def _new_text() -> str:
    """A sentence that no cache holds."""
    return TEXT.format(random.randint(1_000_000, 999_999_999))  # noqa: S311 - no secret


def _standing(told: Mapping[str, Any]) -> str:
    return f"{told['state']}: {told['reason']}" if told.get("reason") else str(told["state"])


def _what(details: Mapping[str, Any]) -> str:
    """Device, memory and model."""
    return "{device} ({dtype}), {memory_mb} MB, {fingerprint}".format_map(details)


def running_daemon(client: ControlClient) -> ControlClient | None:
    """The client, if a daemon answers it."""
    try:
        client.status()
    except VoxdError:
        return None
    return client
