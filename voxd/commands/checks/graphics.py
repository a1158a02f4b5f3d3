"""Whether the graphics card can be computed on: NVIDIA's, and its driver."""

import re
from collections.abc import Iterator

from voxd.commands.checks.finding import Finding
from voxd.commands.checks.machine import Machine, line_of
from voxd.settings import Settings, VoxcpmSettings

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
    driver = _DRIVER.search(line_of(machine.proc / "driver/nvidia/version"))
    if driver:
        yield _with_driver(driver, machine, wanted_by)
    elif cards:
        text = f"an NVIDIA card is at {', '.join(cards)}, but its driver is not loaded{wanted_by}"
        advice = "install nvidia-driver (Debian: non-free) and boot; `dmesg | grep -i nvidia` says what is wrong"
        yield Finding("problem" if wanted else "warning", "graphics", f"{text}: {advice}")
    elif wanted:
        text = f"engine {', '.join(wanted)} is to run on a graphics card, and no NVIDIA card is here: set device: auto"
        yield Finding("problem", "graphics", text)


def _with_driver(driver: "re.Match[str]", machine: Machine, wanted_by: str) -> Finding:
    version = driver[1] + driver[2]
    node = machine.dev / "nvidiactl"
    if int(driver[1]) < OLDEST_DRIVER:
        text = f"the NVIDIA driver {version} is too old for CUDA 13.0{wanted_by}: install {OLDEST_DRIVER} or newer"
        return Finding("problem", "graphics", text)
    try:
        if machine.user.may_use(node):
            return Finding("ok", "graphics", f"NVIDIA driver {version}")
    except OSError:
        text = f"NVIDIA driver {version}, but {node} is missing{wanted_by}: run nvidia-modprobe -u -c 0"
        return Finding("problem", "graphics", text)
    return Finding("problem", "graphics", f"{machine.user.name} may not open {node}{wanted_by}: see its mode and group")


def _cards(machine: Machine) -> list[str]:
    """The NVIDIA graphics cards on the PCI bus, by their place."""
    places = sorted((machine.sys / "bus/pci/devices").glob("*"))
    return [
        place.name
        for place in places
        if line_of(place / "vendor") == NVIDIA and line_of(place / "class").startswith(DISPLAY_CLASS)
    ]
