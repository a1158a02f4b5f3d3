"""On what it was measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("voxd", "wyoming", "paho-mqtt", "numpy", "torch", "voxcpm")


def description() -> str:
    """One line: date, CPU, cores, and the versions that matter."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    cpu = models[0].partition(": ")[2] if models else platform.machine()
    libraries = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{now}; {cpu}, {os.cpu_count()} cores; {_gpus()}Python {platform.python_version()}, {libraries}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _gpus() -> str:
    """As the driver names them; nothing where there is none."""
    known = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = [line for path in known for line in path.read_text().splitlines() if line.startswith("Model:")]
    return "".join(f"{line.partition(':')[2].strip()}; " for line in lines)
