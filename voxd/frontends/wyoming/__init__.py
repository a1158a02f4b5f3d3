"""Wyoming: text-to-speech for Home Assistant and its relatives."""

from voxd.frontends.wyoming.frontend import WyomingFrontend

__all__ = ["WyomingFrontend"]
