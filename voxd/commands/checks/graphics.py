"""Whether the graphics card can be computed on: NVIDIA's, and its driver."""

import re
from collections.abc import Iterator
from typing import Literal

from voxd.commands.checks.finding import Finding
from voxd.commands.checks.machine import Machine, line_of
from voxd.settings import Settings
from voxd.settings.engines import VoxcpmSettings

NVIDIA = "0x10de"
DISPLAY_CLASS = "0x03"
"""How the PCI classes of graphics cards begin."""
OLDEST_DRIVER = 580
"""What CUDA 13.0 needs, which config/locks/cuda.txt has torch built with (NVIDIA's CUDA release notes, table 3)."""
_DRIVER = re.compile(r"Kernel Module[^\d]*(\d+)((?:\.\d+)*)")


def graphics_findings(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Nothing where no engine wants a GPU and none is here."""
    wanted = [
        name
        for name, engine in settings.engines.items()
        if isinstance(engine, VoxcpmSettings) and engine.device.startswith("cuda")
    ]
    cards = _cards(machine)
    wanted_by = f"; engine {', '.join(wanted)} wants it" if wanted else ""
    if_bad: Literal["warning", "problem"] = "problem" if wanted else "warning"
    driver = _DRIVER.search(line_of(machine.proc / "driver/nvidia/version"))
    if driver:
        bad = _wrong_with(driver, machine)
        yield Finding(if_bad, "graphics", f"{bad}{wanted_by}") if bad else Finding("ok", "graphics", _called(driver))
    elif cards:
        text = f"an NVIDIA card is at {', '.join(cards)}, but its driver is not loaded{wanted_by}"
        advice = "install nvidia-driver (Debian: non-free) and boot; `dmesg | grep -i nvidia` says what is wrong"
        yield Finding(if_bad, "graphics", f"{text}: {advice}")
    elif wanted:
        text = f"engine {', '.join(wanted)} is to run on a graphics card, and no NVIDIA card is here: set device: auto"
        yield Finding("problem", "graphics", text)


def _wrong_with(driver: "re.Match[str]", machine: Machine) -> str:
    """Why nothing is computed with that driver, and what to do; empty where something can be."""
    node = machine.dev / "nvidiactl"
    if int(driver[1]) < OLDEST_DRIVER:
        return f"{_called(driver)} is too old for CUDA 13.0: install {OLDEST_DRIVER} or newer"
    try:
        may_use = machine.user.may_use(node)
    except OSError:
        return f"{_called(driver)}, but {node} is missing: run nvidia-modprobe -u -c 0"
    return "" if may_use else f"{machine.user.name} may not open {node}: see its mode and group"


def _called(driver: "re.Match[str]") -> str:
    return f"NVIDIA driver {driver[1]}{driver[2]}"


def _cards(machine: Machine) -> list[str]:
    """The NVIDIA graphics cards on the PCI bus, by their place."""
    places = sorted((machine.sys / "bus/pci/devices").glob("*"))
    return [
        place.name
        for place in places
        if line_of(place / "vendor") == NVIDIA and line_of(place / "class").startswith(DISPLAY_CLASS)
    ]
