"""What a lock of config/locks holds for this Python on this machine, and where its wheels are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename

REQUIREMENT = re.compile(r"^([a-z0-9.-]+)={2,3}(\S+)(?: ; (.+?))? \\$((?:\n +--hash=\S+(?: \\)?$)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """A distribution in the version that a lock allows, and the SHA-256 of each file that it may be installed from."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked_in(lock: Path) -> Iterator[Locked]:
    """What is installed from the lock here, in its order."""
    for name, version, marker, hashes in REQUIREMENT.findall(lock.read_text()):
        if not marker or Marker(marker).evaluate():
            yield Locked(name, version, tuple(re.findall(r"sha256:([0-9a-f]{64})", hashes)))


def wheels_by_name(wheelhouse: Path) -> dict[str, Path]:
    """The wheels of a folder, by the names of their distributions."""
    return {canonicalize_name(parse_wheel_filename(wheel.name)[0]): wheel for wheel in sorted(wheelhouse.glob("*.whl"))}
