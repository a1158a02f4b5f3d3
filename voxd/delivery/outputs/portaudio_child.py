"""The audio child: PortAudio in a process of its own, so that a wedged device can be killed.

The daemon runs `python -m voxd.delivery.outputs.portaudio_child`, asks for devices and streams, and sends PCM;
see child_wire.py for the frames. The child dies with the daemon: its input ends. What it writes to a device
is the sound, or silence where there is none. It must start quickly, so it imports little.
"""

import os
import queue
import resource
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from voxd.delivery.outputs.cards import CARDS, stable_name
from voxd.delivery.outputs.child_presence import GoneError, Presence
from voxd.delivery.outputs.child_stream import Stream
from voxd.delivery.outputs.child_wire import PCM, Words, read_frame, words, words_frame
from voxd.delivery.outputs.tape import Tape

NICE = -11
"""PulseAudio's own; where it is not allowed, the device's buffer must do."""

Format = tuple[int, int]
"""Rate in Hz, channels."""


def say(wire: BinaryIO, **said: object) -> None:
    """Send words to the daemon; without one there is no reason to live."""
    try:
        wire.write(words_frame(said))
    except OSError:
        os._exit(0)


class Child:
    """Does what the daemon asks for, one thing after the other; between them it feeds the stream."""

    def __init__(self, portaudio: Any, tape: Tape, wire: BinaryIO, cards: Path = CARDS) -> None:
        self._portaudio, self._tape, self._wire, self._cards = portaudio, tape, wire, cards
        self._stream: Stream | None = None
        self._presence: Presence | None = None

    def run(self, requests: "queue.SimpleQueue[Words]") -> None:
        """Until the device is gone (GoneError), else for ever; the reader thread ends the process."""
        while True:
            if self._stream and requests.empty():
                self._stream.pump()
                if self._presence:
                    self._presence.look()
            else:
                self.answer(requests.get())

    def answer(self, asked: Words) -> None:
        """Do it, and say what came of it."""
        try:
            answer = self._done(asked)
        except self._portaudio.PortAudioError as error:
            answer = {"error": str(error)}
        say(self._wire, re=asked["n"], **answer)

    def _done(self, asked: Words) -> Words:
        match asked:
            case {"do": "devices"}:
                return {"devices": self._devices()}
            case {"do": "open", "device": int(device), "stable": str(stable), "formats": list(formats), **how}:
                stream = self._opened(device, formats, how)
                if not self._is_still(device, stable):
                    stream.close(0.0)
                    return {"error": f"{stable} is gone, or another card has its number"}
                self._stream = stream
                wanted = (stream.rate_hz, stream.channels)
                again = partial(self._opened_stream, device, wanted, how["latency_s"])
                self._presence = Presence(again, self._portaudio.PortAudioError) if how["by_name"] else None
                return {"rate_hz": stream.rate_hz, "channels": stream.channels}
            case {"do": "close", "lead_out_s": lead_out_s} if self._stream:
                stream, self._stream = self._stream, None
                stream.close(lead_out_s)
        return {}

    def _devices(self) -> list[Words]:
        default = self._portaudio.default.device[1]
        hosts = [api["name"] for api in self._portaudio.query_hostapis()]
        return [
            {
                "index": at,
                "name": device["name"],
                "host": hosts[device["hostapi"]],
                "channels": device["max_output_channels"],
                "rate_hz": int(device["default_samplerate"]),
                "default": at == default,
                "stable": stable_name(device["name"], self._cards),
            }
            for at, device in enumerate(self._portaudio.query_devices())
            if device["max_output_channels"] > 0
        ]

    def _is_still(self, device: int, stable: str) -> bool:
        """Whether this index is the card that it was when the devices were listed; cards come and go, indices stay."""
        return stable_name(self._portaudio.query_devices()[device]["name"], self._cards) == stable

    def _opened(self, device: int, formats: list[Format], how: Words) -> Stream:
        """A running stream in the first of the formats that the device takes."""
        *others, last = formats
        for wanted in others:
            with suppress(self._portaudio.PortAudioError):
                return self._opened_as(device, wanted, how)
        return self._opened_as(device, last, how)

    def _opened_as(self, device: int, wanted: Format, how: Words) -> Stream:
        opened = self._opened_stream(device, wanted, how["latency_s"])
        try:
            stream = Stream(self._tape, partial(say, self._wire), opened, *wanted)
            stream.silence(how["lead_in_s"])
        except self._portaudio.PortAudioError:
            opened.close()
            raise
        return stream

    def _opened_stream(self, device: int, wanted: Format, latency_s: float) -> Any:
        rate_hz, channels = wanted
        return self._portaudio.RawOutputStream(
            device=device,
            samplerate=rate_hz,
            channels=channels,
            dtype="int16",
            latency=latency_s,
            dither_off=True,
            clip_off=True,
        )


def read(wire: BinaryIO, tape: Tape, requests: "queue.SimpleQueue[Words]") -> None:
    """What the daemon sends, until it ends; sound and its control act at once, requests wait their turn."""
    rate_hz, channels = 48_000, 1
    while frame := read_frame(wire.read):
        kind, payload = frame
        if kind == PCM:
            tape.put(payload)
            continue
        match words(payload):
            case {"do": "begin", "sound": int(sound), "rate_hz": int(rate_hz), "channels": int(channels)}:
                tape.begin(sound)
            case {"do": "hold", "moment": float(moment)}:
                tape.hold(moment)
            case {"do": "hush", "fade_s": fade_s}:
                tape.hush(int(fade_s * rate_hz), channels)
            case asked:
                requests.put(asked)


def _read_and_die(wire: BinaryIO, tape: Tape, requests: "queue.SimpleQueue[Words]") -> None:
    try:
        read(wire, tape, requests)
    finally:
        os._exit(0)  # the only way out while PortAudio hangs in the other thread


def main() -> None:
    """Run the child."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the daemon decides when the last sentence is over
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wire = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # libraries may print; the wire stays ours
    tape, requests = Tape(), queue.SimpleQueue[Words]()
    threading.Thread(target=_read_and_die, args=(sys.stdin.buffer, tape, requests), daemon=True).start()
    try:
        import sounddevice

        Child(sounddevice, tape, wire).run(requests)
    except GoneError as error:
        say(wire, failed=str(error))
        os._exit(1)
    except Exception as error:  # whatever it was, the daemon must learn of it before the end
        say(wire, failed=f"{type(error).__name__}: {error}")
        os._exit(1)


if __name__ == "__main__":
    main()
