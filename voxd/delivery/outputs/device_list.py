"""The sound devices of this machine, and which of them a name means."""

from collections.abc import Sequence
from dataclasses import dataclass

from voxd.errors import OutputError


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device that can play, as PortAudio sees it. `rate_hz` is the rate it has by default."""

    index: int
    name: str
    host: str
    channels: int
    rate_hz: int
    default: bool = False


def device_named(name: str, devices: Sequence[Device]) -> Device:
    """The device of exactly this name, else the only one whose name holds it in any case.

    `default` is the machine's default device where none has that very name. Raises OutputError that
    lists the names.
    """
    if not devices:
        raise OutputError("This machine has no sound device that can play")
    if exact := [device for device in devices if device.name == name]:
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
    return ", ".join(f"'{device.name}'" for device in devices)
