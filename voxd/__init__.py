"""voxd: a voice appliance for the smart home."""

__version__ = "0.1.0"
