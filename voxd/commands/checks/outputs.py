"""What `voxd check` says of outputs elsewhere: satellites, audio servers, Snapcast."""

import asyncio

from voxd.commands.checks.finding import Finding
from voxd.commands.output_words import in_words
from voxd.delivery.outputs.table import output_for
from voxd.errors import OutputError
from voxd.paths import paths_in_force
from voxd.settings import DeviceOutputSettings, FileOutputSettings, OutputSettings, Settings


async def remote_findings(settings: Settings) -> tuple[Finding, ...]:
    """A finding for each, in the order of the settings."""
    remote = [
        (zone, output)
        for zone, options in settings.zones.items()
        for output in options.outputs
        if not isinstance(output, DeviceOutputSettings | FileOutputSettings)
    ]
    return tuple(await asyncio.gather(*(_finding(zone, output, settings) for zone, output in remote)))


async def _finding(zone: str, options: OutputSettings, settings: Settings) -> Finding:
    recordings = paths_in_force(settings.paths).recordings
    output = output_for(zone, options, settings.playback, recordings, mqtt=settings.mqtt, node=f"{settings.node}-check")
    try:
        await output.start()
    except OutputError as error:
        return Finding("problem", f"zone {zone}", str(error))
    finally:
        await output.stop()
    return Finding("ok", f"zone {zone}", f"{in_words(options)} is there")
