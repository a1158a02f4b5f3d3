"""`voxd devices`: the sound devices that a zone can name."""

import asyncio

from voxd.delivery.devices import devices
from voxd.settings import DeviceOutputSettings, OutputSettings, Settings


def show(settings: Settings) -> None:
    """Print a line for each device, and which zone uses which. Raises OutputError where there is none to ask."""
    found = asyncio.run(devices())
    if not found:
        print("This machine has no sound device; announcements become WAV files")
    for device in found:
        mark = "*" if device.default else " "
        print(f"{mark} {device.name}  ({device.channels} channels, {device.rate_hz} Hz)")
    for name, zone in settings.zones.items():
        outputs = ", ".join(_shown(output) for output in zone.outputs)
        print(f"zone {name}: {outputs}")


def _shown(output: OutputSettings) -> str:
    return f"{output.type}, device {output.device!r}" if isinstance(output, DeviceOutputSettings) else output.type
