"""What is told to Home Assistant: the house with its zones, as they are at this moment."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from voxd.frontends.mqtt.topics import Topics

NAMES_MAX = 255
NAMES_BYTES_MAX = 6 * 1024
"""Bounds of one list of names: it is in a payload up to three times, and that must stay below 64 KiB."""
OWNERS, NO_CHIME = "default", "no chime"
"""What is chosen beside the chimes: what the owner's settings say, and nothing."""
RESERVED = frozenset({"none", OWNERS, NO_CHIME})
"""No option may be called so: to Home Assistant `none` is that nothing is known."""


@dataclass(frozen=True, slots=True)
class Home:
    """The house as Home Assistant is to know it. `own_id` is what all its identifiers begin with, for ever."""

    own_id: str
    topics: Topics
    version: str
    zones: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    chimes: tuple[str, ...] = ()

    @property
    def unique(self) -> str:
        """What no other installation has."""
        return f"voxd_{self.own_id}"

    @property
    def entity_prefix(self) -> str:
        """What the entities are called by until somebody renames them."""
        return f"voxd_{_slug(self.topics.node)}"

    @property
    def has_several_zones(self) -> bool:
        """Whether the zones are devices of their own."""
        return len(self.zones) > 1


def home_of(own_id: str, topics: Topics, version: str, told: Mapping[str, Any]) -> Home:
    """The home that the state tells of; see order_answers.house."""
    return Home(
        own_id,
        topics,
        version,
        tuple(told["volume"]),
        _options(told["voices"], told["voice"]),
        _options(told["chimes"], told["chime"]),
    )


def zone_key(zone: str) -> str:
    """The zone in identifiers and topics, where a name may hold less than ours; no two zones have the same."""
    slug = _slug(zone)
    return slug if slug == zone else f"{slug}_{hashlib.sha256(zone.encode()).hexdigest()[:6]}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _options(names: Iterable[str], current: str) -> tuple[str, ...]:
    """As many as there is room for, in their order, the current one always among them."""
    room = NAMES_BYTES_MAX - _size(current)
    kept: list[str] = []
    for name in dict.fromkeys(name for name in names if name.lower() not in RESERVED):
        if name != current:
            room -= _size(name)
        if len(kept) < NAMES_MAX and (room >= 0 or name == current):
            kept.append(name)
    return tuple(kept)


def _size(name: str) -> int:
    """What it takes in a template that is itself written in JSON."""
    return len(json.dumps(json.dumps(name, ensure_ascii=False), ensure_ascii=False).encode()) + 2
