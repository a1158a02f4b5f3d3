"""The sound devices of this machine, and which of them a name means."""

from collections.abc import Sequence
from dataclasses import dataclass

from voxd.errors import OutputError


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device that can play, as PortAudio sees it. `rate_hz` is the rate it has by default.

    `stable` is ALSA's name for it by its card's name, empty where it is no card's.
    """

    index: int
    name: str
    host: str
    channels: int
    rate_hz: int
    default: bool = False
    stable: str = ""


def device_named(name: str, devices: Sequence[Device]) -> Device:
    """The device of exactly this name, else the only one whose name holds it in any case.

    `hw:CARD=NAME`, which may go on with `,DEV=NUMBER`, is a device by the name of its card, whatever the card's number.

    `default` is the machine's default device where none has that very name. Raises OutputError that
    lists the names.
    """
    if not devices:
        raise OutputError("This machine has no sound device that can play")
    if exact := [
        device for device in devices if name in (device.name, device.stable, device.stable.removesuffix(",DEV=0"))
    ]:
        return exact[0]
    if name == "default":
        return next((device for device in devices if device.default), devices[0])
    alike = [device for device in devices if name.lower() in device.name.lower()]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise OutputError(f"More than one sound device is meant by '{name}': {_names(alike)}")
    raise OutputError(f"There is no sound device '{name}'; there are: {_names(devices)}")


def _names(devices: Sequence[Device]) -> str:
    return ", ".join(f"'{device.stable or device.name}'" for device in devices)
