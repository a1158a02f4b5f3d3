"""What is published for Home Assistant to discover, in either of its two styles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from voxd.frontends.mqtt.home_assistant.component import Component
from voxd.frontends.mqtt.home_assistant.components import without_notify
from voxd.frontends.mqtt.home_assistant.device import Device, devices
from voxd.frontends.mqtt.home_assistant.home import Home

Style = Literal["device", "entities"]
Body = Mapping[str, object]
Platforms = Mapping[str, str]
"""The platform of each component, by its id."""
NOTHING: Platforms = MappingProxyType({})
SINGLE = "_single"
"""Ends the node of single entities, which is that of no device."""


@dataclass(frozen=True, slots=True)
class Config:
    """The body of one topic, and what it makes Home Assistant have."""

    body: Body
    platforms: Platforms

    def payload(self, gone: Platforms = NOTHING) -> bytes:
        """As it is published. What is `gone` is named by its platform alone, whereupon Home Assistant removes it."""
        body = self.body
        if gone:
            components = body["components"]
            assert isinstance(components, Mapping), "only devices lose components"
            body = {**body, "components": {**components, **{id_: {"platform": kind} for id_, kind in gone.items()}}}
        return json.dumps(body, ensure_ascii=False).encode()


def configs(home: Home, style: Style, prefix: str) -> Mapping[str, Config]:
    """By topic. No component has the same topic, node and id in both styles: so one can take the other's place.

    https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
    """
    if style == "device":
        return {f"{prefix}/device/{device.unique}/config": _of_device(home, device) for device in devices(home)}
    return {topic: config for device in devices(home) for topic, config in _of_entities(home, device, prefix).items()}


def _of_device(home: Home, device: Device) -> Config:
    components = {id_: _complete(device, id_, component) for id_, component in device.components.items()}
    body = {"device": device.about, "origin": _origin(home), **_shared(home), "components": components}
    return Config(body, {id_: str(component["platform"]) for id_, component in device.components.items()})


def _of_entities(home: Home, device: Device, prefix: str) -> Mapping[str, Config]:
    found: dict[str, Config] = {}
    for id_, component in without_notify(device.components).items():
        platform = str(component["platform"])
        options = {key: value for key, value in _complete(device, id_, component).items() if key != "platform"}
        if "default_entity_id" in options:
            options["object_id"] = f"{device.entity_prefix}_{id_}"
        body = {**options, "device": device.about, "origin": _origin(home), **_shared(home)}
        found[f"{prefix}/{platform}/{device.unique}{SINGLE}/{id_}/config"] = Config(body, {id_: platform})
    return found


def _complete(device: Device, id_: str, component: Component) -> Component:
    """With its identifiers; device triggers have none."""
    platform = component["platform"]
    if platform == "device_automation":
        return component
    named = {"unique_id": f"{device.unique}_{id_}", "default_entity_id": f"{platform}.{device.entity_prefix}_{id_}"}
    return {**component, **named}


def _origin(home: Home) -> Body:
    return {"name": "voxd", "sw_version": home.version}


def _shared(home: Home) -> Body:
    """The last will says when we are gone.

    The payloads are said although they are the defaults: while Home Assistant imports a platform in another thread, it
    may take this list as it is, and lose the entity for want of them (seen in 2026.2.3: voluptuous compiles in place).
    """
    will = {"topic": home.topics.availability, "payload_available": "online", "payload_not_available": "offline"}
    return {"availability": [will], "qos": 1}
