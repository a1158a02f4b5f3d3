"""What is done to a sound before it is heard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Treatment:
    """Its gain, the true peak that it may have, and the fade where it is abrupt."""

    gain_db: float = 0.0
    ceiling_dbtp: float = 0.0
    fade_s: float = 0.0
