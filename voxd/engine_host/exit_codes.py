"""With what an engine host's process ends: its owner starts it again, and may say why it ended."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The codes; 2 is wrong usage, as everywhere."""

    GOOD = 0
    """It was asked to end, or its daemon is gone."""
    BUG = 1
    """A bug, or a start that cannot succeed."""
    DEVICE_LOST = 80
    """An error after which the device takes nothing more from this process."""
    OUT_OF_MEMORY = 81
    """The device's memory did not suffice even after everything was given up that could be."""
    HUNG = 82
    """The model gave no sign of life any more."""
