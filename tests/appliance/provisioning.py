"""A voice appliance as the playbook makes it of a bare machine: with a broker, a firewall, monitoring, offline."""

from pathlib import Path
from typing import Any

from appliance.machine import Machine
from appliance.playbooks import ANSIBLE, Play, play
from appliance.wheels import PLACE

NODE = "appliance"
"""The host name of every machine."""
BROKER_PORT = 8883
USERS: dict[str, tuple[str, ...]] = {
    "homeassistant": ("home_assistant",),
    "doorbell": ("say",),
    "smoke": ("say", "alarm", "read"),
}


def password(user: str) -> str:
    """What a user of the broker knows; not easy for shells and YAML."""
    return f'{user}\'s "$ecret": {{word}}'


def variables(wheels: dict[str, Path], **more: Any) -> dict[str, Any]:
    """The inventory of an owner, whose zone plays on ALSA's default device, sample for sample."""
    users = [{"name": user, "password": password(user), "may": list(may)} for user, may in USERS.items()]
    return {
        "voxd_wheelhouse": str(wheels[PLACE]),
        "voxd_neural": "none",
        "voxd_health_stable_s": 1,
        "voxd_settings": {
            "wyoming": {"host": "0.0.0.0"},
            "zones": {"home": {"outputs": {"type": "device"}}},
            "sound": {"loudness_lufs": None},
        },
        "voxd_broker_enabled": True,
        "voxd_broker_addresses": ["0.0.0.0"],
        "voxd_broker_users": users,
        "voxd_firewall_enabled": True,
        "voxd_firewall_networks": ["10.89.0.0/16"],
        "voxd_monitoring_enabled": True,
    } | more


def provision(machine: Machine, given: dict[str, Any]) -> Play:
    """Run the playbook that an owner runs."""
    return play(machine, ANSIBLE / "site.yml", given)
