"""What `voxd check` says of one thing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is."""

    verdict: Literal["ok", "warning", "problem"]
    thing: str
    text: str
