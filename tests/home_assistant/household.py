"""What people do in Home Assistant with the device that it has of voxd, and what becomes of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from announcements import BASE, Events
from brokers import Peer
from daemons import NODE

from home_assistant.house import House

UNAVAILABLE = "unavailable"
GONE = ("unavailable", "missing")


def entity(platform: str, id_: str, zone: str = "") -> str:
    """The id of an entity that nobody has renamed."""
    return f"{platform}.voxd_{NODE}_{zone}_{id_}" if zone else f"{platform}.voxd_{NODE}_{id_}"


def ours(house: House) -> Mapping[str, str]:
    """The states of all entities of voxd's devices, `missing` where an entity has none."""
    with house.hub.socket() as socket:
        registered = socket.ask("config/entity_registry/list")
    states = house.api.states()
    return {
        one["entity_id"]: states[one["entity_id"]]["state"] if one["entity_id"] in states else "missing"
        for one in registered
        if one["platform"] == "mqtt"
    }


def told_components(house: House) -> list[dict[str, Any]]:
    """All that voxd has told Home Assistant to make, as the broker keeps it."""
    found: list[dict[str, Any]] = []
    with Peer(house.broker.port) as peer:
        peer.subscribe("homeassistant/#", f"{BASE}/availability")
        while (arrival := peer.next()).topic != f"{BASE}/availability" or not found:
            if arrival.payload and arrival.topic.endswith("/config"):
                found += _components(arrival.topic, json.loads(arrival.payload))
    return found


def _components(topic: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    if "components" in told:
        return list(told["components"].values())
    return [told | {"platform": topic.split("/")[1]}]


@contextmanager
def events_of(house: House) -> Iterator[Events]:
    """What voxd tells from now on."""
    with Peer(house.broker.port) as peer:
        yield Events(peer)


def house_state(house: House) -> dict[str, Any]:
    """The state that voxd tells."""
    with Peer(house.broker.port) as peer:
        peer.subscribe(f"{BASE}/state")
        return dict(json.loads(peer.next().payload))


def all_available(house: House) -> bool:
    """Whether each entity of voxd has a state; that of the engine, too."""
    states = ours(house)
    return len(states) > 20 and not any(state in GONE for state in states.values())
