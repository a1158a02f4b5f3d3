"""`voxd devices`: the sound devices that a zone can name."""

import asyncio

from voxd.commands.output_words import in_words
from voxd.delivery.devices import devices
from voxd.settings import Settings


def show(settings: Settings) -> None:
    """Print a line for each device, and which zone uses which. Raises OutputError where there is none to ask."""
    found = asyncio.run(devices())
    if not found:
        print("This machine has no sound device; announcements become WAV files")
    for device in found:
        mark = "*" if device.default else " "
        print(f"{mark} {device.name}  ({device.channels} channels, {device.rate_hz} Hz)")
    for name, zone in settings.zones.items():
        outputs = "; ".join(in_words(output) for output in zone.outputs)
        stand_in = f" (else zone {zone.stand_in})" if zone.stand_in else ""
        print(f"zone {name}: {outputs}{stand_in}")
    for name, zones in settings.groups.items():
        print(f"group {name}: {', '.join(zones)}")
