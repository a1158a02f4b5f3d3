"""An output in words, for the owner."""

from voxd.settings import (
    DeviceOutputSettings,
    HermesOutputSettings,
    OutputSettings,
    SatelliteOutputSettings,
    SnapcastOutputSettings,
)


def in_words(output: OutputSettings) -> str:
    """Its type, and where it is."""
    match output:
        case DeviceOutputSettings(type=kind, device=device):
            return f"{kind}, device {device!r}"
        case SatelliteOutputSettings(host=host, port=port):
            return f"satellite {host}:{port}"
        case HermesOutputSettings(site=site):
            return f"hermes, site {site!r}"
        case SnapcastOutputSettings(host=host, port=port, pipe=pipe):
            return f"snapcast {pipe or f'{host}:{port}'}"
    return output.type
