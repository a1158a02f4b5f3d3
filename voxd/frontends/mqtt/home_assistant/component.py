"""An entity or a device trigger, as Home Assistant's schemas have it."""

from collections.abc import Mapping

Component = Mapping[str, object]
"""What one is, its platform included, without what all of a device share."""
Components = Mapping[str, Component]
"""By an id that is the same for ever: a change of it makes another entity."""
TEXT_CHARS_MAX = 255
"""As long may the state of an entity be, and so the text of one."""


def entity(platform: str, name: str, /, **options: object) -> Component:
    """An entity of that platform and display name."""
    return {"platform": platform, "name": name, **options}


def button(topic: str, name: str, payload: str, /, **options: object) -> Component:
    """A button that publishes this payload."""
    return entity("button", name, command_topic=topic, payload_press=payload, **options)
