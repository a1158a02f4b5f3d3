"""The devices that Home Assistant has of us: the house, and each zone where there are several."""

from collections.abc import Mapping
from dataclasses import dataclass

from voxd.frontends.mqtt.home_assistant import components
from voxd.frontends.mqtt.home_assistant.component import Components
from voxd.frontends.mqtt.home_assistant.home import Home, zone_key


@dataclass(frozen=True, slots=True)
class Device:
    """`unique` is what its identifiers begin with, `entity_prefix` what its entities are called by at first."""

    unique: str
    entity_prefix: str
    about: Mapping[str, object]
    components: Components


def devices(home: Home) -> tuple[Device, ...]:
    """The house first, as the zones name it."""
    zones = home.zones if home.has_several_zones else ()
    return (_house(home), *(_zone(home, zone) for zone in zones))


def _house(home: Home) -> Device:
    about = {
        "identifiers": [home.unique],
        "name": f"voxd {home.topics.node}",
        "manufacturer": "voxd",
        "model": "Announcer",
        "sw_version": home.version,
        "serial_number": home.own_id,
    }
    return Device(home.unique, home.entity_prefix, about, components.house(home))


def _zone(home: Home, zone: str) -> Device:
    key = zone_key(zone)
    unique = f"{home.unique}_zone_{key}"
    about = {
        "identifiers": [unique],
        "name": f"voxd {zone}",
        "manufacturer": "voxd",
        "model": "Zone",
        "sw_version": home.version,
        "via_device": home.unique,
    }
    return Device(unique, f"{home.entity_prefix}_{key}", about, components.zone(home, zone))
