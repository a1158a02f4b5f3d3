"""A whole house: a broker, voxd, a Home Assistant that was given both, and what it says to voxd noted."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from announcements import wait_until_online
from brokers import Broker, BrokerOptions, free_port
from daemons import DaemonProcess

from home_assistant.hub import HomeAssistant
from home_assistant.loudspeaker import Loudspeaker
from home_assistant.recorder import Recorder
from home_assistant.releases import PER_ENTITY, Release

ENGINE = "tts.voxd"
QUICK, SLOW = ("kitchen", "hall"), "study"
"""Two zones whose announcements become WAV files at once, and one where they take as long as they sound."""
STEP_S = 0.2
TIMEOUT_S = 60.0


class House:
    """Use it as a context manager."""

    def __init__(self, folder: Path, release: Release) -> None:
        self.release = release
        self.broker = Broker(folder / "broker", BrokerOptions(persistent=True))
        satellite_port = free_port()
        self.loudspeaker = Loudspeaker()
        study = {"outputs": {"type": "satellite", "host": "127.0.0.1", "port": self.loudspeaker.port}}
        style = "entities" if release is PER_ENTITY else "device"
        settings: dict[str, Any] = {
            "mqtt": {"port": self.broker.port, "home_assistant": {"style": style}},
            "satellite": {"port": satellite_port, "zones": [SLOW]},
            "zones": {zone: {"outputs": "file"} for zone in QUICK} | {SLOW: study},
            "announcements": {"zones": ["kitchen"]},
        }
        self.voxd = DaemonProcess(folder / "voxd", mqtt_port=self.broker.port, settings=settings)
        self.recorder = Recorder(self.voxd.wyoming_port)
        self.satellite_recorder = Recorder(satellite_port)
        self.hub = HomeAssistant(folder / "home-assistant", release, None if release is PER_ENTITY else {"rig": None})
        self.api = self.hub.api
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for part in (self.loudspeaker, self.broker, self.voxd, self.recorder, self.satellite_recorder, self.hub):
                stack.enter_context(part)
            wait_until_online(self.broker.port)
            without_tls = {"set_ca_cert": "off", "set_client_cert": False}
            self.api.set_up("mqtt", broker="127.0.0.1", port=self.broker.port, **without_tls)
            self.api.set_up("wyoming", host="127.0.0.1", port=self.recorder.port)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def url(self, message: str, **options: Any) -> str:
        """Where Home Assistant will have a message spoken by voxd, which is not kept in its cache."""
        wanted = {"engine_id": ENGINE, "message": message, "cache": False, "options": options}
        return str(self.api.post("/api/tts_get_url", wanted)["path"])

    def until(self, holds: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
        """Return when it holds; AssertionError with both logs when it does not in time."""
        end_s = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end_s, f"{self.hub.console[-5000:]}\n{self.voxd.log[-5000:]}"
            time.sleep(STEP_S)
