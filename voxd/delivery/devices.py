"""What sound devices there are, asked of a short-lived audio child."""

from voxd.delivery.outputs.audio_child import AudioChild
from voxd.delivery.outputs.device_list import Device, device_named

__all__ = ["Device", "device_named", "devices"]


async def devices() -> tuple[Device, ...]:
    """The devices that can play; none on a machine without sound. Raises OutputError if nobody can tell."""
    child = await AudioChild.start()
    try:
        return await child.devices()
    finally:
        await child.stop()
