"""A machine on which voxd speaks as the units have it: its settings, its broker, its doors, and what is heard."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import yaml
from brokers import Peer
from wyoming.client import AsyncTcpClient

from appliance.machine import Machine
from appliance.sound import Loudspeaker

RATE_HZ = 22_050
"""espeak's own: nothing is resampled on the way to the loudspeaker."""
MQTT_PORT, WYOMING_PORT = 1883, 10_200
SETTINGS: dict[str, Any] = {
    "node": "here",
    "wyoming": {"host": "0.0.0.0"},
    "announcements": {"coalesce_s": 0.0},
    "playback": {"latency_ms": 500},
    "zones": {"home": {"outputs": [{"type": "device", "device": "default"}, "file"]}},
}
"""Of every announcement there is also the file of what was played."""
RECORDINGS = "/var/lib/voxd/recordings"
STEP_S = 0.02
ACTIVE_TIMEOUT_S = 60.0


class SpeakingMachine:
    """`machine` has voxd installed; `set_up` gives it settings, a broker of its own and a loudspeaker."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.loudspeaker = Loudspeaker(machine, RATE_HZ)

    def set_up(self) -> None:
        """Everything but starting voxd."""
        self.machine.write("/etc/mosquitto/conf.d/lan.conf", f"listener {MQTT_PORT} 0.0.0.0\nallow_anonymous true\n")
        self.machine.run("systemctl", "restart", "mosquitto")
        self.loudspeaker.plug_in()
        self.configure({})

    def configure(self, settings: dict[str, Any]) -> None:
        """Write the settings, these on top of the usual."""
        self.machine.write("/etc/voxd/voxd.yaml", yaml.safe_dump(SETTINGS | settings))

    def drop_in(self, unit: str, text: str) -> None:
        """Have a unit otherwise."""
        self.machine.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.machine.run("systemctl", "daemon-reload")

    @contextmanager
    def peer(self) -> Iterator[Peer]:
        """A client of the broker."""
        with Peer(MQTT_PORT, host=self.machine.address) as connected:
            yield connected

    @asynccontextmanager
    async def hub(self, port: int = WYOMING_PORT) -> AsyncIterator[AsyncTcpClient]:
        """A Wyoming client."""
        async with AsyncTcpClient(self.machine.address, port) as client:
            yield client

    def main_pid(self) -> int:
        """The daemon, by the number that the machine knows it by; 0 where it does not run."""
        return int(self.machine.show("voxd", "MainPID")["MainPID"])

    def signal(self, name: str) -> float:
        """Have the daemon get a signal; gives when (CLOCK_MONOTONIC, which the machine shares)."""
        at_s = time.monotonic()
        self.machine.run("kill", f"-{name}", str(self.main_pid()))
        return at_s

    def active_since(self, before_s: float) -> float:
        """When the daemon became READY after that moment (CLOCK_MONOTONIC, seconds); waits for it."""
        end_s = time.monotonic() + ACTIVE_TIMEOUT_S
        while True:
            told = self.machine.show("voxd", "ActiveState", "ActiveEnterTimestampMonotonic")
            at_s = int(told["ActiveEnterTimestampMonotonic"]) / 1e6
            if told["ActiveState"] == "active" and at_s > before_s:
                return at_s
            assert time.monotonic() < end_s, self.machine.journal("voxd")
            time.sleep(STEP_S)

    def processor_time_s(self) -> float:
        """What the daemon and its children have taken of the processors since it was begun."""
        return int(self.machine.show("voxd", "CPUUsageNSec")["CPUUsageNSec"]) / 1e9

    def recordings(self) -> list[Path]:
        """The files of what was played, oldest first."""
        files = self.machine.path(RECORDINGS).rglob("*.wav")
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)
