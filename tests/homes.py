"""Homes that Home Assistant is told of, and what is told of them."""

import json
from collections.abc import Mapping
from typing import Any

from voxd.announcing.progress import HouseState
from voxd.frontends import order_answers
from voxd.frontends.mqtt.home_assistant.configs import Style, configs
from voxd.frontends.mqtt.home_assistant.home import Home, home_of
from voxd.frontends.mqtt.topics import Topics
from voxd.model.identifiers import VoiceId, ZoneId

OWN_ID = "0123456789ab"
ODD_NAME = 'o"x\\ 🎉 {{x}} 10%'


def house_state(*zones: str, voices: tuple[str, ...] = ("mum", "dad"), **more: Any) -> HouseState:
    """How a house with these zones stands."""
    volume = dict.fromkeys(map(ZoneId, zones or ("home",)), 100)
    kept = {"voice": voices[0], "voices": tuple(map(VoiceId, voices)), "chimes": ("gong", "siren"), "volume": volume}
    return HouseState(**{**kept, **more})


def home(state: HouseState, node: str = "den", version: str = "1.2.3") -> Home:
    """The home that is told of it."""
    return home_of(OWN_ID, Topics("voxd", node), version, told(state))


def told(state: HouseState) -> dict[str, Any]:
    """What is published of it, as others read it."""
    body: dict[str, Any] = json.loads(json.dumps({**order_answers.house(state), "engines": {}, "version": "1.2.3"}))
    return body


def published(home: Home, style: Style = "device") -> Mapping[str, dict[str, Any]]:
    """What Home Assistant reads, by topic."""
    return {topic: json.loads(config.payload()) for topic, config in configs(home, style, "homeassistant").items()}


def entities(home: Home) -> dict[str, dict[str, Any]]:
    """The components of all devices: `speaking`, `kitchen/speaking`."""
    start = f"homeassistant/device/voxd_{OWN_ID}"
    found: dict[str, dict[str, Any]] = {}
    for topic, device in published(home).items():
        zone = topic.removeprefix(start).removesuffix("/config").removeprefix("_zone_")
        found |= {f"{zone}/{id_}" if zone else id_: part for id_, part in device["components"].items()}
    return found
