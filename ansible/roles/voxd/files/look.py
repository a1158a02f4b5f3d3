"""Tells as JSON how a machine is, before anything is changed there: look.py PORT,... FOLDER,...

Python 3.9 runs it, too: that it is too old is to be told by the role.
"""

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LISTENING = "0A"
NVIDIA, DISPLAY = "0x10de", "0x03"
"""The vendor and the class of a graphics card on the PCI bus."""


def main(ports: list[int], folders: list[str]) -> None:
    """Print it."""
    told = {
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "machine": platform.machine() if sys.maxsize > 2**32 else f"{platform.machine()} with programs of 32 bits",
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "free_mb": {folder: free_mb(Path(folder)) for folder in folders},
        "taken": dict(taken(ports)),
        "time_s": int(time.time()),
        "synchronized": output("timedatectl", "show", "--property=NTPSynchronized", "--value") != "no",
        "systemd": int((re.findall(r"\d+", output("systemctl", "--version")) or ["0"])[0]),
        "packaged": "ok installed" in output("dpkg-query", "--show", "--showformat=${Status}", "voxd"),
        "sound_cards": [read(card / "id") for card in sorted(Path("/proc/asound").glob("card[0-9]*"))],
        "cards": list(cards()),
        "driver": driver(),
        "capability": capability(),
    }
    print(json.dumps(told))


def output(*command: str) -> str:
    """What a program tells; nothing where it is not there, fails, or takes too long."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def read(path: Path) -> str:
    """A small file; nothing where there is none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def free_mb(folder: Path) -> int:
    """What is free where a folder is, or will be."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    disk = os.statvfs(there)
    return disk.f_bavail * disk.f_frsize // 1_000_000


def cards() -> Iterator[str]:
    """NVIDIA's graphics cards on the PCI bus, by their addresses; with or without a driver."""
    for device in sorted(Path("/sys/bus/pci/devices").glob("*")):
        if read(device / "vendor") == NVIDIA and read(device / "class").startswith(DISPLAY):
            yield device.name


def driver() -> str:
    """The version of NVIDIA's driver, where it is loaded."""
    if not Path("/dev/nvidiactl").exists():
        return ""
    asked = output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return asked.partition("\n")[0].strip() or read(Path("/sys/module/nvidia/version"))


def capability() -> str:
    """The highest compute capability of the cards, such as 8.9."""
    found = re.findall(r"\d+\.\d+", output("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"))
    return max(found, key=lambda version: [int(part) for part in version.split(".")], default="")


def taken(ports: list[int]) -> Iterator[tuple[int, str]]:
    """The ports that somebody else listens on, and who; neither voxd nor systemd, which keeps its doors, is that."""
    listening, holders = listeners(), dict(sockets())
    for port in ports:
        for inode in listening.get(port, ()):
            pid = holders.get(inode, "")
            if pid != "1" and "voxd" not in read(Path("/proc", pid, "cgroup")):
                yield port, read(Path("/proc", pid, "comm")) or "somebody"


def listeners() -> dict[int, set[str]]:
    """Ports that are listened on, with the inodes of their sockets (proc(5), /proc/net/tcp)."""
    found: dict[int, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in read(Path("/proc/net", table)).splitlines():
            fields = line.split()
            if fields[3] == LISTENING:
                found.setdefault(int(fields[1].rpartition(":")[2], 16), set()).add(fields[9])
    return found


def sockets() -> Iterator[tuple[str, str]]:
    """The inodes of sockets and who holds them."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            kind, _, inode = str(link.readlink()).partition(":[")
        except OSError:
            continue
        if kind == "socket":
            yield inode.rstrip("]"), link.parts[2]


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1].split(",") if port], sys.argv[2].split(","))
