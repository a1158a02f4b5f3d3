"""The line to one device: the audio child and its open stream, made when needed, given up when idle."""

import asyncio
import logging
from contextlib import suppress

from voxd.delivery.outputs.audio_child import AudioChild, DeviceLostError
from voxd.delivery.outputs.cards import is_plugged_in
from voxd.delivery.outputs.device_list import Device, device_named
from voxd.errors import OutputError
from voxd.model.audio import AudioFormat
from voxd.settings import DeviceOutputSettings, PlaybackSettings

log = logging.getLogger(__name__)

SETTLING_S = 0.075
"""After what a device holds, a few of its steps, so that its pace is known when the first frame is placed."""
CHILD_KEPT_S = 60.0
"""An idle child costs no CPU but 22 MB; without one the next sound is late by its start."""


class Line:
    """Whoever uses it calls `warm` or `open` first and `rest` when done; one user at a time."""

    def __init__(
        self, settings: DeviceOutputSettings, playback: PlaybackSettings, child_kept_s: float = CHILD_KEPT_S
    ) -> None:
        self._settings, self._playback, self._child_kept_s = settings, playback, child_kept_s
        self._child: AudioChild | None = None
        self._device: Device | None = None
        self._format: AudioFormat | None = None
        self._wished: AudioFormat | None = None
        self._resting: asyncio.Task[None] | None = None
        self._stable = ""
        self._sounded = False
        self._opened_at = 0.0

    @property
    def lead_s(self) -> float:
        """So long from now a frame can be heard at its very moment; a device just opened is first to find its pace."""
        latency_s = self._playback.latency_ms / 1000
        settled_at = self._opened_at + 2 * latency_s
        return max(1.25 * latency_s + SETTLING_S, settled_at - asyncio.get_running_loop().time())

    @property
    def child(self) -> AudioChild:
        """The child whose stream is open."""
        if not self._child:
            raise DeviceLostError("there is no audio child")
        return self._child

    async def warm(self) -> Device:
        """Have a child that knows the device. Raises OutputError; then there is no child."""
        await self._disturb()
        if self._child and self._device and not self._child.lost:
            return self._device
        await self.drop()
        self._child = await AudioChild.start()
        try:
            self._device = device_named(self._settings.device, await self._child.devices())
            self._stable = self._device.stable
        except BaseException:
            await self.drop()
            raise
        return self._device

    async def open(self, wished: AudioFormat) -> AudioFormat:
        """Have a stream open, at best in this format; gives the format it has. Raises OutputError."""
        device = await self.warm()
        if self._format and (self._settings.rate_hz or wished in (self._wished, self._format)):
            return self._format
        try:
            await self._close()
            self._format = await self.child.open(
                device,
                self._formats(device, wished),
                self._playback.latency_ms / 1000,
                self._playback.lead_in_ms / 1000,
            )
        except BaseException:
            await self.drop()
            raise
        self._wished = wished
        self._opened_at = asyncio.get_running_loop().time()
        return self._format

    async def prove(self) -> None:
        """Find out whether the device really opens: servers that are dead are listed too. Raises OutputError."""
        device = await self.warm()
        await self.open(self._format or AudioFormat(device.rate_hz, min(device.channels, 2)))

    @property
    def is_there(self) -> bool:
        """Whether the card is plugged in that the device was last found on; others than cards always are."""
        return not self._stable or is_plugged_in(self._stable)

    async def drop(self) -> None:
        """Kill the child, if there is one."""
        child, self._child, self._device, self._format = self._child, None, None, None
        if child:
            await child.kill()

    def rest(self, *, sounded: bool) -> None:
        """Nothing more is to be played for now; `sounded` unless the last sound was broken off."""
        self._sounded = sounded
        if self._resting:
            self._resting.cancel()
        self._resting = asyncio.create_task(self._rest(), name=f"resting {self._settings.device}")

    async def stop(self) -> None:
        """Let what was played ring out, then end everything."""
        await self._disturb()
        with suppress(OutputError):
            await self._close()
            await self._retire()
        await self.drop()

    async def _rest(self) -> None:
        try:
            await asyncio.sleep(self._playback.idle_close_s)
            await self._close()
            await asyncio.sleep(self._child_kept_s)
            await self._retire()
        except DeviceLostError as error:
            log.debug("The idle audio child is given up: %s", error)
            await self.drop()

    async def _disturb(self) -> None:
        resting, self._resting = self._resting, None
        if resting:
            resting.cancel()
            await asyncio.wait((resting,))

    async def _close(self) -> None:
        if self._format and self._child:
            self._format = self._wished = None
            await self._child.close(self._playback.lead_out_ms / 1000 if self._sounded else 0.0)

    async def _retire(self) -> None:
        child, self._child, self._device, self._format = self._child, None, None, None
        if child:
            await child.stop()

    def _formats(self, device: Device, wished: AudioFormat) -> tuple[AudioFormat, ...]:
        """What to try, best first: the owner's rate or else the sound's, and the device's own."""
        rates = [self._settings.rate_hz] if self._settings.rate_hz else [wished.rate_hz, device.rate_hz]
        return tuple(
            AudioFormat(rate_hz, channels)
            for rate_hz in dict.fromkeys(rates)
            for channels in dict.fromkeys((wished.channels, 2, device.channels))
            if channels <= device.channels
        )
