"""What must be published, and in which order, to get from what Home Assistant was told to what it is to know."""

from collections.abc import Iterable, Mapping

from voxd.frontends.mqtt.home_assistant.configs import SINGLE, Config, Platforms
from voxd.wire.mqtt.packets import Publication

MIGRATE = b'{"migrate_discovery": true}'
"""Has Home Assistant let an entity go without forgetting what people made of it: its name, its area, its history."""

Told = Mapping[str, Platforms]
"""The components that each topic tells of."""


def told_by(configs: Mapping[str, Config]) -> Told:
    """What these tell of."""
    return {topic: config.platforms for topic, config in configs.items()}


def joined(before: Told, after: Told) -> Told:
    """All that may have been told while one becomes the other."""
    return {topic: {**after.get(topic, {}), **before.get(topic, {})} for topic in {**before, **after}}


def steps(before: Told, wanted: Mapping[str, Config]) -> tuple[tuple[Publication, ...], ...]:
    """Publications in steps, between which Home Assistant needs a moment.

    Single entities that become parts of a device migrate; what else is gone is removed first, and so is a device that
    becomes single entities. A component that is gone is named by its platform alone once. Else it is one step.
    """
    old = [topic for topic in before if topic not in wanted]
    migrating = [topic for topic in old if _becomes_part(topic, before[topic], wanted)]
    removed = [topic for topic in reversed(old) if topic not in migrating]  # zones before the house that they name
    gone = {topic: _gone(before.get(topic, {}), config) for topic, config in wanted.items()}
    all_steps = (
        (*_all(migrating, MIGRATE), *_all(removed, b"")),
        tuple(_publication(topic, config.payload(gone[topic])) for topic, config in wanted.items()),
        (
            *_all(migrating, b""),
            *(_publication(topic, wanted[topic].payload()) for topic, ids in gone.items() if ids),
        ),
    )
    return tuple(step for step in all_steps if step)


def _gone(before: Platforms, config: Config) -> Platforms:
    """What a topic told of and does not any more."""
    return {id_: platform for id_, platform in before.items() if config.platforms.get(id_) != platform}


def _becomes_part(topic: str, platforms: Platforms, wanted: Mapping[str, Config]) -> bool:
    """Whether this is a single entity that is the same in a device."""
    *prefix, _platform, node, id_, _config = topic.split("/")
    device = wanted.get("/".join((*prefix, "device", node.removesuffix(SINGLE), "config")))
    return device is not None and device.platforms.get(id_) == platforms.get(id_)


def _all(topics: Iterable[str], payload: bytes) -> Iterable[Publication]:
    return (_publication(topic, payload) for topic in topics)


def _publication(topic: str, payload: bytes) -> Publication:
    return Publication(topic, payload, retain=True, content_type="application/json" if payload else None)
