"""All that the house has in Home Assistant, and all that a zone has of its own."""

from voxd.frontends.mqtt.home_assistant.component import TEXT_CHARS_MAX, Component, Components, entity
from voxd.frontends.mqtt.home_assistant.controls import choices, controls, orders
from voxd.frontends.mqtt.home_assistant.home import Home
from voxd.frontends.mqtt.home_assistant.sensors import sensors, triggers
from voxd.frontends.mqtt.home_assistant.templates import made, to_zone


def house(home: Home) -> Components:
    """All that the house has; what is done by it is done in all zones, where there are several."""
    return {
        **_announcing(home, None),
        "alarm": _notify(home.topics.alarm, "Announce an alarm", "mdi:bullhorn-variant", made(text="value")),
        **controls(home, None),
        **choices(home),
        **orders(home),
        **sensors(home),
        **triggers(home),
    }


def zone(home: Home, name: str) -> Components:
    """What a zone has of its own."""
    return {**_announcing(home, name), **controls(home, name)}


def without_notify(components: Components) -> Components:
    """The same for releases of Home Assistant that know no notify over MQTT: fields to write into in their place."""
    kept = {id_: component for id_, component in components.items() if component["platform"] != "notify"}
    fields = {f"say_{id_}": _as_text(components[id_]) for id_ in ("urgent", "alarm") if id_ in components}
    return {**kept, **fields}


def _announcing(home: Home, zone: str | None) -> Components:
    plain = made(text="value", **to_zone(zone))
    urgent = made(text="value", priority="'high'", **to_zone(zone))
    return {
        "announce": _notify(home.topics.say, "Announce", "mdi:bullhorn", plain),
        "urgent": _notify(home.topics.say, "Announce urgently", "mdi:bullhorn", urgent),
        "say": _text("Say", home.topics.say, plain),
    }


def _notify(topic: str, name: str, icon: str, template: str) -> Component:
    return entity("notify", name, icon=icon, command_topic=topic, command_template=template)


def _text(name: str, topic: str, template: str) -> Component:
    bounds = {"min": 1, "max": TEXT_CHARS_MAX}
    return entity("text", name, icon="mdi:message-text", command_topic=topic, command_template=template, **bounds)


def _as_text(notify: Component) -> Component:
    return _text(str(notify["name"]), str(notify["command_topic"]), str(notify["command_template"]))
