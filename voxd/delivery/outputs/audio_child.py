"""The daemon's end of the audio child: a process that can always be killed."""

import asyncio
import logging
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from voxd.delivery.outputs.child_wire import (
    HEADER,
    WORDS,
    Words,
    checked_header,
    pcm_frame,
    words,
    words_frame,
)
from voxd.delivery.outputs.device_list import Device
from voxd.errors import OutputError
from voxd.model.audio import AudioFormat

log = logging.getLogger(__name__)

MODULE = "voxd.delivery.outputs.portaudio_child"
START_TIMEOUT_S = 10.0
REPLY_TIMEOUT_S = 5.0
EXIT_TIMEOUT_S = 1.0
MAX_DEVICES = 1000
NO_DEVICE = "PortAudio gave up on this machine's ALSA configuration: it has no default device"


class DeviceLostError(OutputError):
    """The child or its device stopped working; a new child may do better."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the device is.

    `clock` counts the frames it consumed since it was opened, silence included; `sound` is the sound that was
    heard last, `heard` so many of its frames, the last of them at the moment `heard_at` (CLOCK_MONOTONIC, seconds; 0
    while nobody can tell), and `gaps` how often it came too late.
    """

    clock: int = 0
    sound: int = 0
    heard: int = 0
    heard_at: float = 0.0
    gaps: int = 0


class AudioChild:
    """One child. `news` is set whenever its standing changes or it dies."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._replies: dict[int, asyncio.Future[Words]] = {}
        self._numbers = count(1)
        self._reading = asyncio.create_task(self._read(), name=f"audio child {process.pid}")
        self._failure = ""
        self.standing = Standing()
        self.news = asyncio.Event()

    @classmethod
    async def start(cls) -> "AudioChild":
        """Start a child; the device list of its machine is fresh then. Raises OutputError."""
        command = (sys.executable, "-P", "-m", MODULE)  # -P: a folder "voxd" where we were started is not us
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise OutputError(f"The audio child could not be started: {error}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def lost(self) -> str:
        """Why nothing more can come from this child; empty while it works."""
        return self._failure

    async def devices(self) -> tuple[Device, ...]:
        """The devices that can play, as they were when the child started. Raises OutputError."""
        reply = await self._asked({"do": "devices"}, START_TIMEOUT_S)
        return tuple(Device(**device) for device in reply["devices"][:MAX_DEVICES])

    async def open(
        self, device: Device, formats: tuple[AudioFormat, ...], latency_s: float, lead_in_s: float
    ) -> AudioFormat:
        """Open a stream in the first of the formats that the device takes. Raises DeviceLostError."""
        how = {"latency_s": latency_s, "lead_in_s": lead_in_s, "by_name": not (device.stable or device.default)}
        pairs = [(wanted.rate_hz, wanted.channels) for wanted in formats]
        asked = {"do": "open", "device": device.index, "stable": device.stable, "formats": pairs, **how}
        try:
            reply = await self._asked(asked, REPLY_TIMEOUT_S)
        except DeviceLostError as error:
            rates = " or ".join(str(rate_hz) for rate_hz in dict.fromkeys(rate_hz for rate_hz, _ in pairs))
            raise DeviceLostError(f"'{device.name}' cannot be opened at {rates} Hz: {error}") from error
        return AudioFormat(reply["rate_hz"], reply["channels"])

    async def close(self, lead_out_s: float) -> None:
        """Close the stream, after so much silence. Raises DeviceLostError."""
        await self._asked({"do": "close", "lead_out_s": lead_out_s}, REPLY_TIMEOUT_S + lead_out_s)

    def begin(self, sound: int, format: AudioFormat) -> None:  # noqa: A002 - the word of the model
        """What is sent from now on is this sound; numbers of sounds are never used again."""
        self._say({"do": "begin", "sound": sound, "rate_hz": format.rate_hz, "channels": format.channels})

    def send(self, pcm: bytes) -> None:
        """Sound to be played; the caller keeps it below two seconds that were not heard yet."""
        self._write(pcm_frame(pcm))

    def hold(self, moment: float) -> None:
        """What is sent next is to be heard at this moment (CLOCK_MONOTONIC, seconds)."""
        self._say({"do": "hold", "moment": moment})

    def hush(self, fade_s: float) -> None:
        """Fade out and forget the rest of the sound."""
        self._say({"do": "hush", "fade_s": fade_s})

    async def stop(self) -> None:
        """End the child kindly, else by force."""
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(EXIT_TIMEOUT_S):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End the child at once, whatever it hangs in."""
        self._failure = self._failure or "it was stopped"
        with suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin:
            self._process.stdin.close()
        done, _ = await asyncio.wait((self._reading,), timeout=EXIT_TIMEOUT_S)
        if not done:
            self._reading.cancel()
            log.warning("The audio child %d cannot be killed: the kernel's driver hangs", self.pid)

    async def _asked(self, asked: Words, timeout_s: float) -> Words:
        if self._failure:
            raise DeviceLostError(self._failure)
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        self._say(asked | {"n": number})
        try:
            async with asyncio.timeout(timeout_s):  # wait_for would lose a cancellation that comes with the reply
                answer: Words = await reply
        except TimeoutError as error:
            raise DeviceLostError(f"it did not answer within {timeout_s:g} s") from error
        finally:
            del self._replies[number]
        if "error" in answer:
            raise DeviceLostError(str(answer["error"]))
        return answer

    def _say(self, said: Words) -> None:
        self._write(words_frame(said))

    def _write(self, frame: bytes) -> None:
        if self._process.stdin and not self._failure:
            self._process.stdin.write(frame)

    async def _read(self) -> None:
        """Take in what the child says until it dies, then let everybody know."""
        try:
            while True:
                self._hear(await self._next())
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, KeyError, TypeError) as error:
            cause = await self._cause(error)
            self._failure = self._failure or cause
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(DeviceLostError(self._failure))
        self.news.set()

    async def _next(self) -> Words:
        stdout = self._process.stdout
        assert stdout
        kind, length = checked_header(await stdout.readexactly(HEADER.size))
        if kind != WORDS:
            raise ValueError("only words are expected of it")
        return words(await stdout.readexactly(length))

    def _hear(self, said: Words) -> None:
        match said:
            case {"failed": str(why)}:
                self._failure = why
            case {"re": int(number), **answer}:
                reply = self._replies.get(number)
                if reply and not reply.done():
                    reply.set_result(answer)
            case _:
                self.standing = Standing(**said)
        self.news.set()

    async def _cause(self, error: Exception) -> str:
        if not isinstance(error, asyncio.IncompleteReadError | ConnectionError):
            return f"it does not keep to our protocol: {error}"
        code = await self._process.wait()
        if code == -signal.SIGABRT:
            return NO_DEVICE
        return f"it ended with signal {-code}" if code < 0 else f"it ended with exit status {code}"
