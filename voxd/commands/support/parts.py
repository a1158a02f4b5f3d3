"""What a support bundle holds, by the names of its files."""

import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import metadata
from typing import Any

import yaml

from voxd import __version__
from voxd.commands.control_client import ControlClient
from voxd.commands.support.secrets import shown
from voxd.commands.support.sources import read, sizes, told_by
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings import Settings

UNITS = ("voxd.service", "voxd.socket", "voxd@*", "voxd-engine@*", "voxd-tidy.*")
UNIT_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,ExecMainStatus,ExecMainCode,MemoryCurrent,"
    "TasksCurrent,CPUUsageNSec,WatchdogUSec,WatchdogTimestamp,FragmentPath,DropInPaths,SupplementaryGroups"
)
JOURNAL_LINES = 10_000
CHECK_TIMEOUT_S = 120.0
HISTORY_LENGTH = 500
OF_AN_ANNOUNCEMENT = (
    "at",
    "state",
    "reason",
    "priority",
    "zones",
    "engine",
    "voice",
    "cached",
    "fallback",
    "timings_ms",
)
"""What is told of each; never its text, nor who asked."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle, what is in it, and what writes it."""

    name: str
    what: str
    write: Callable[[], str]


def parts(settings: Settings, mistakes: str, check_options: Sequence[str]) -> tuple[Part, ...]:
    """All of them; `check_options` are those of this command line that say which settings are meant.

    Where the settings have mistakes, those are told in their place.
    """
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    folders = [getattr(paths_in_force(settings.paths), each.name) for each in fields(paths_in_force(settings.paths))]
    return (
        Part("about.txt", "versions of voxd, Python, Debian and of all packages", _about),
        Part(
            "settings.yaml",
            "the settings, without passwords, texts and names outside the house",
            lambda: mistakes or _yaml(settings),
        ),
        Part("check.txt", "what `voxd check` says", lambda: _check(check_options)),
        Part("status.json", "what the daemon says of itself", lambda: _asked(client.status)),
        Part("history.json", "what became of the last announcements, without their texts", lambda: _history(client)),
        Part("log.txt", "the log of a day, without debug lines", _log),
        Part("units.txt", "what systemd says of the units", _units),
        Part("sound.txt", "sound cards, and who uses them", _sound),
        Part("gpu.txt", "graphics cards and their driver", _gpu),
        Part("machine.txt", "memory, disks, clock, sizes of voxd's folders", lambda: _machine() + sizes(folders)),
    )


def _about() -> str:
    packages = sorted({f"{one.name}=={one.version}" for one in metadata.distributions()}, key=str.lower)
    about = f"voxd {__version__}\nPython {sys.version}\n{platform.platform()}\n"
    return about + read("/etc/os-release", "/etc/debian_version") + "\n".join(["", *packages, ""])


def _yaml(settings: Settings) -> str:
    return yaml.safe_dump(shown(settings), sort_keys=False, allow_unicode=True)


def _check(options: Sequence[str]) -> str:
    """With our settings, of the environment, too. What the command line gives is not shown: it may be a password."""
    command = (sys.executable, "-P", "-m", "voxd", "check", *options)
    return told_by(*command, timeout_s=CHECK_TIMEOUT_S, shown_as="voxd check", of_voxd=True)


def _asked(ask: Callable[[], object]) -> str:
    try:
        return json.dumps(ask(), ensure_ascii=False, indent=1)
    except VoxdError as error:
        return str(error)


def _history(client: ControlClient) -> str:
    return _asked(lambda: [_without_text(past) for past in client.history(HISTORY_LENGTH, None)])


def _without_text(past: Mapping[str, Any]) -> dict[str, Any]:
    return {name: past[name] for name in OF_AN_ANNOUNCEMENT if name in past}


def _log() -> str:
    units = [argument for unit in UNITS for argument in ("-u", unit)]
    last = ("--since=-24h", "-p", "info", "-n", str(JOURNAL_LINES), "-o", "short-iso", "--no-pager", "-q")
    return told_by("journalctl", *units, *last)


def _units() -> str:
    return "".join(_of_units())


def _of_units() -> Iterator[str]:
    yield told_by("systemctl", "list-units", "--all", "--no-pager", *UNITS)
    yield told_by("systemctl", "show", "--no-pager", f"--property={UNIT_PROPERTIES}", *UNITS)
    yield told_by("systemctl", "list-timers", "--all", "--no-pager", "voxd-*")


def _sound() -> str:
    files = read("/proc/asound/cards", "/proc/asound/pcm", "/etc/asound.conf")
    programs = (("ls", "-l", "/dev/snd"), ("id",), ("getent", "group", "audio"), ("pactl", "info"))
    return files + "".join(told_by(*command) for command in programs)


def _gpu() -> str:
    return read("/proc/driver/nvidia/version") + told_by("nvidia-smi") + told_by("ls", "-l", "/dev/dri")


def _machine() -> str:
    files = read("/proc/meminfo", "/proc/loadavg", "/proc/uptime")
    return files + told_by("df", "-h") + told_by("timedatectl", "status") + told_by("nproc")
