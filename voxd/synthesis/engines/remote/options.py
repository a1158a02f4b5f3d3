"""Which options of an engine tell what its servers are: not where, and how patiently, they are asked."""

from typing import Any

from voxd.settings.engines import RemoteSettings

_OF_THE_WAY = frozenset(RemoteSettings.model_fields) | {"url", "host", "port", "servers", "tls"}


def of_the_sound(settings: RemoteSettings) -> dict[str, Any]:
    """What may change how it sounds, or who speaks; an option at its default is none of them."""
    return settings.model_dump(mode="json", exclude_defaults=True, exclude=set(_OF_THE_WAY))
