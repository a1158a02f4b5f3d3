"""The container as voxd.container has it run: by the command of the unit that Podman's generator makes of it."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from brokers import free_port
from daemons import ServiceManager
from sound_servers import PulseServer

from appliance.podman import Podman
from appliance.quadlet import command

NAME = "voxd"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
USER = 10200


class Container:
    """`folder` holds its settings; its volumes are Podman's and outlive it. `sound` is what it is heard at."""

    def __init__(self, podman: Podman, image: str, unit: str, folder: Path, sound: PulseServer) -> None:
        self._podman = podman
        self._image = image
        self._unit = unit
        self._folder = folder
        self._sound = (
            f"--volume={sound.folder}:{sound.folder}",
            *(f"--env={n}={v}" for n, v in sound.environment.items()),
        )
        self.wyoming_port = free_port()
        self._etc = folder / "etc"
        self._etc.mkdir(parents=True)
        self.configure({})

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Write its settings, which its user may read."""
        content = {
            "mqtt": {"enabled": False},
            "mdns": {"enabled": False},
            "wyoming": {"port": self.wyoming_port},
            "satellite": {"enabled": False},
        }
        file = self._etc / "voxd.yaml"
        file.write_text(yaml.safe_dump(content | dict(settings)))
        file.chmod(0o640)
        os.chown(file, 0, USER)

    def start(self, *more: str) -> None:
        """Start it as systemd would, with more options where told, and wait until it says that it is ready."""
        notify = self._folder / "notify"
        notify.unlink(missing_ok=True)
        manager = ServiceManager(notify)
        try:
            self._podman.run(*self._start(more), timeout_s=READY_TIMEOUT_S, notify=notify)
            told = ""
            while told != "READY=1":
                told = manager.told.get(timeout=READY_TIMEOUT_S)
        finally:
            manager.close()

    def stop(self) -> None:
        """Stop it as systemd would."""
        self._podman.run(*self._in_our_place(command(self._unit, "ExecStop")[1:]), timeout_s=STOP_TIMEOUT_S)
        (self._folder / f"{NAME}.cid").unlink(missing_ok=True)  # which Podman 5 does itself

    def reload(self) -> None:
        """Have the settings read again as systemd would."""
        self._podman.run(*command(self._unit, "ExecReload")[1:])

    def run(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command in it, as its user."""
        return self._podman.run("exec", NAME, *words, check=check)

    def judge_health(self) -> bool:
        """What systemd's timer does: run the health check, and act on it."""
        return self._podman.run("healthcheck", "run", NAME, check=False).returncode == 0

    @property
    def is_there(self) -> bool:
        """Whether there is one; it goes with its first process."""
        return self._podman.run("container", "exists", NAME, check=False).returncode == 0

    @property
    def log(self) -> str:
        """What it logged until now."""
        done = self._podman.run("logs", NAME)
        return done.stdout + done.stderr

    @property
    def daemon_pid(self) -> int:
        """The daemon's pid as seen from here: the child of its first process."""
        first = int(self._podman.run("container", "inspect", "--format", "{{.State.Pid}}", NAME).stdout)
        (child,) = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return int(child)

    def run_until(self, holds: Callable[[], object], timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until that holds of it."""
        end_s = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end_s, self.log
            time.sleep(0.1)

    def _start(self, more: tuple[str, ...]) -> list[str]:
        words = self._in_our_place(command(self._unit)[1:])
        *options, image = words
        assert image.startswith("localhost/voxd:"), image
        options.remove("--cgroups=split")  # which is systemd's way
        for name in [word for word in options if word.startswith("--health-startup-")]:  # for Podman 4.5 and later
            at = options.index(name)
            del options[at : at + 2]
        return [*options, *self._sound, *more, self._image]

    def _in_our_place(self, words: list[str]) -> list[str]:
        place = {"%t": str(self._folder), "%N": NAME, "/etc/voxd:/etc/voxd": f"{self._etc}:/etc/voxd"}
        for theirs, ours in place.items():
            words = [word.replace(theirs, ours) for word in words]
        return words
