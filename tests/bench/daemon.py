"""A voxd of the benchmark's own: fresh folders, free ports, ready."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from .children import Child
from .notify import NotifySocket
from .places import PYTHON, free_port

NODE = "bench"
RUN = (PYTHON.with_name("voxd"), "run", "-c")
"""The daemon as its owner starts it; the path of the settings comes behind."""


@dataclass(frozen=True, slots=True)
class Voxd:
    """A daemon that has told READY."""

    process: Child
    wyoming_port: int
    ready_s: float
    """From the start of the process to READY=1."""


@contextmanager
def voxd(
    name: str,
    settings: Mapping[str, object],
    mqtt_port: int | None = None,
    program: Sequence[str | Path] = RUN,
    env: Mapping[str, str] | None = None,
) -> Iterator[Voxd]:
    """A running daemon with `settings` on top of the benchmark's own; without a broker, MQTT is off.

    It is asked to end when the block is left. Raises BenchError when it does not become ready.
    """
    with tempfile.TemporaryDirectory(prefix="voxd-bench-") as folder, NotifySocket() as ready:
        port = free_port()
        config = Path(folder) / "voxd.yaml"
        config.write_text(yaml.safe_dump(_own(Path(folder), port, mqtt_port) | dict(settings)))
        environment = {"NOTIFY_SOCKET": str(ready.path)} | dict(env or {})
        with Child(name, (*program, config), environment) as process:
            yield Voxd(process, port, ready.wait_ready(process))


def _own(folder: Path, wyoming_port: int, mqtt_port: int | None) -> dict[str, object]:
    unlimited = {"rate": {"per_s": None}}
    mqtt = {"enabled": False} if mqtt_port is None else {"host": "127.0.0.1", "port": mqtt_port} | unlimited
    return {
        "node": NODE,
        "mqtt": mqtt,
        "wyoming": {"host": "127.0.0.1", "port": wyoming_port} | unlimited,
        "satellite": {"enabled": False},
        "paths": {"state": str(folder / "state"), "cache": str(folder / "cache"), "runtime": str(folder / "run")},
        "zones": {"home": {"outputs": "file"}},
        "announcements": {"coalesce_s": 0},
    }
