"""`voxd say`: through the running daemon where there is one, else by itself."""

import asyncio
import sys
import tempfile
import time
import wave
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from voxd.announcing.renderer import Renderer
from voxd.announcing.speaking.speech import Speech
from voxd.app import engines_of, router_of, synthesizer_of
from voxd.audio import wav
from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.commands.lone_voices import introduce, lone_register
from voxd.delivery.outputs.table import output_for
from voxd.errors import VoxdError
from voxd.frontends import payloads
from voxd.frontends.payloads import Circumstances
from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Chunk
from voxd.model.identifiers import ZoneId
from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.synthesis.engine_room import EngineRoom
from voxd.synthesis.voices import VoiceBook
from voxd.text.normalizer import Normalizer

WAIT_S = 600.0
PROGRESS_AFTER_S = 1.0
ANNOUNCED = ("zones", "volume", "priority", "ttl_s", "replaces", "chime")
"""What only has a meaning where something is announced, not for a file."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    text: str
    voice: str | None = None
    language: str | None = None
    rate: float | None = None
    zones: tuple[str, ...] = ()
    volume: int | None = None
    priority: str | None = None
    ttl_s: float | None = None
    replaces: str | None = None
    chime: str | bool | None = None

    def content(self, *names: str) -> dict[str, Any]:
        """What is set of the named keys, as the daemon takes it."""
        return {name: value for name, value in asdict(self).items() if name in names and value not in (None, ())}


def say(settings: Settings, wish: Wish, *, wait: bool) -> None:
    """Have it spoken; returns when it was heard, or accepted where nobody waits. Raises VoxdError."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    content = wish.content("text", "voice", "language", "rate", *ANNOUNCED)
    payloads.announcement_from(content, Circumstances("command line", time.time()))
    try:
        answer = client.announce(content, WAIT_S if wait else 0.0)
    except DaemonAwayError as away:
        print(f"{away}; speaking without it", file=sys.stderr)
        asyncio.run(_say_alone(settings, wish))
        return
    if wait and answer["state"] == "queued":  # an alarm, which was heard and is not over
        print(f"{answer['reason']}: voxd ack {answer['id']}")
    elif wait and answer["state"] == "coalesced":
        print(answer["reason"])
    elif wait and answer["state"] != "finished":
        raise VoxdError(f"The announcement is {answer['state']}. {answer.get('reason', '')}".rstrip())


def render(settings: Settings, wish: Wish, file: Path) -> None:
    """Write what it sounds like into a WAV file, which appears when it is whole; `-` is standard output.

    Raises VoxdError.
    """
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    content = wish.content("text", "voice", "language", "rate")
    payloads.announcement_from(content, Circumstances("command line", time.time()))
    with _whole_file(file) as unfinished:
        try:
            _write_stream(client.render(content), unfinished)
        except DaemonAwayError:
            asyncio.run(_render_alone(settings, wish, unfinished))


def _write_stream(parts: Iterator[bytes], file: Path) -> None:
    """Write WAV that arrives in pieces, with the right sizes in its header."""
    head = b""
    while len(head) < wav.HEADER_BYTES and (part := next(parts, b"")):
        head += part
    with _wave_writer(file, wav.parse(head).format) as write:
        write(head[wav.HEADER_BYTES :])
        for part in parts:
            write(part)


@contextmanager
def _wave_writer(file: Path, format_: AudioFormat) -> Iterator[Any]:
    """Writes PCM of a format into a file and shows how many seconds there are, once it takes a while."""
    with wave.open(str(file), "wb") as target, _progress() as progress:
        target.setnchannels(format_.channels)
        target.setsampwidth(SAMPLE_WIDTH)
        target.setframerate(format_.rate_hz)

        def write(pcm: bytes) -> None:
            target.writeframesraw(pcm)
            progress.update(len(pcm) / format_.bytes_per_s)

        yield write


def _progress() -> "tqdm[Any]":
    return tqdm(
        desc="Rendering",
        unit="s",
        delay=PROGRESS_AFTER_S,
        disable=None,
        bar_format="{desc}: {n:.1f} s of sound [{elapsed}]",
    )


@contextmanager
def _whole_file(file: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `file` when everything went well, or goes to standard output."""
    to_output = str(file) == "-"
    target = file.resolve()
    if not to_output and target.exists() and not target.is_file():
        raise VoxdError(f"{file} is no ordinary file")
    try:
        with tempfile.TemporaryDirectory(dir=None if to_output else target.parent, prefix=".voxd-") as folder:
            unfinished = Path(folder) / "sound.wav"
            yield unfinished
            if to_output:
                sys.stdout.buffer.write(unfinished.read_bytes())
            else:
                unfinished.replace(target)
    except OSError as error:
        raise VoxdError(f"{file} cannot be written: {error.strerror or error}") from error


async def _render_alone(settings: Settings, wish: Wish, file: Path) -> None:
    async with AsyncExitStack() as opened:
        speech = await _speech(settings, wish, opened)
        async with aclosing(_rendering(speech, wish)) as sound:
            first = await anext(sound)
            with _wave_writer(file, first.format) as write:
                write(first.pcm)
                async for chunk in sound:
                    write(chunk.pcm)


async def _say_alone(settings: Settings, wish: Wish) -> None:
    async with AsyncExitStack() as opened:
        make_output = partial(output_for, on_written=print, mqtt=settings.mqtt, node=f"{settings.node}-say")
        router = router_of(settings, paths_in_force(settings.paths), make_output)
        zones = router.resolve(tuple(ZoneId(zone) for zone in wish.zones or settings.announcements.zones))
        speech = await _speech(settings, wish, opened)
        await router.start()
        opened.push_async_callback(router.stop)
        volume = 100.0 if wish.volume is None else wish.volume
        await router.play(
            zones, lambda: _rendering(speech, wish), lambda zone: settings.zones[zone].volume * volume / 100
        )


async def _speech(settings: Settings, wish: Wish, opened: AsyncExitStack) -> Speech:
    """What speaks; a model is loaded first if the voice needs one."""
    engines = engines_of(settings)
    synthesizer = synthesizer_of(settings, paths_in_force(settings.paths), engines)
    room = EngineRoom(engines)
    for part in (room, synthesizer):
        await part.start()
        opened.push_async_callback(part.stop)
    register = await lone_register(settings)
    voices = VoiceBook(settings.voices, settings.speech.voice, engines, register)
    speech = Speech(Normalizer(settings.speech.pronunciations), voices, synthesizer, engines, settings.speech)
    await speech.learn_languages()
    voice = speech.style(wish.voice, wish.language, wish.rate).voice
    engine = voice.engine
    if not room.ready(engine):
        print(f"Loading {engine}", file=sys.stderr)
        await room.until(lambda: room.ready(engine))
    await introduce(voice, register, engines)
    return speech


def _rendering(speech: Speech, wish: Wish) -> AsyncGenerator[Chunk, None]:
    return Renderer(speech).render(wish.text, voice=wish.voice, language=wish.language, rate=wish.rate)
