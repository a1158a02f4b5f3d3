"""The announcement satellite: what Home Assistant plays on it is announced in the house."""

from voxd.frontends.satellite.frontend import SatelliteFrontend

__all__ = ["SatelliteFrontend"]
