"""Where voxd keeps its files, for the daemon under systemd and for a person who tries it alike."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voxd.settings import PathSettings

SYSTEM_STATE, SYSTEM_CACHE, SYSTEM_RUNTIME = Path("/var/lib/voxd"), Path("/var/cache/voxd"), Path("/run/voxd")


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders in force, and the files in them that more than one part knows."""

    state: Path
    cache: Path
    runtime: Path
    hosts: Path
    voices: Path
    models: Path
    chimes: Path

    @property
    def journal(self) -> Path:
        """The journal of announcements."""
        return self.state / "journal.sqlite"

    @property
    def recordings(self) -> Path:
        """What outputs without a device write."""
        return self.state / "recordings"

    @property
    def received(self) -> Path:
        """The sounds that came to be announced, until they are over."""
        return self.state / "received"

    @property
    def phrases(self) -> Path:
        """The phrase cache."""
        return self.cache / "phrases"

    @property
    def enrolled(self) -> Path:
        """The enrolled voices: their reference clips and what is known of them."""
        return self.state / "enrolled"

    @property
    def embeddings(self) -> Path:
        """The speaker embeddings, which can be made again from the clips."""
        return self.cache / "embeddings"

    def child_socket(self, engine: str) -> Path:
        """Where the host of an engine listens that is the daemon's child."""
        return self.runtime / f"engine-{engine}.sock"

    def unit_socket(self, engine: str) -> Path:
        """Where the host of an engine listens that is a unit of its own."""
        return self.hosts / f"engine-{engine}.sock"

    def servers(self, engine: str) -> Path:
        """What the servers of an engine told of themselves last."""
        return self.cache / f"servers-{engine}.json"

    @property
    def control_socket(self) -> Path:
        """The control socket."""
        return self.runtime / "control.sock"

    @property
    def lock(self) -> Path:
        """Held by the one daemon that uses the state folder."""
        return self.state / "lock"


def paths_in_force(settings: PathSettings, environment: Mapping[str, str] | None = None) -> Paths:
    """What the owner set; else what systemd names in STATE_DIRECTORY and its like; else the XDG folders.

    A command line without either finds the daemon of the user's own session where that runs, else the system's: its
    control socket in /run/voxd, and its files where this user may use them.
    """
    environment = os.environ if environment is None else environment
    home = Path(environment.get("HOME") or Path.home())
    state = (
        settings.state
        or _first(environment, "STATE_DIRECTORY")
        or _ours(SYSTEM_STATE)
        or _xdg(environment, "XDG_STATE_HOME", home / ".local/state")
    )
    cache = (
        settings.cache
        or _first(environment, "CACHE_DIRECTORY")
        or _ours(SYSTEM_CACHE)
        or _xdg(environment, "XDG_CACHE_HOME", home / ".cache")
    )
    runtime = settings.runtime or _first(environment, "RUNTIME_DIRECTORY")
    if runtime is None and settings.state is not None:
        runtime = settings.state
    session = _xdg(environment, "XDG_RUNTIME_DIR", state.parent)
    if runtime is None:
        in_session = bool(environment.get("XDG_RUNTIME_DIR")) and session.is_dir()
        runtime = SYSTEM_RUNTIME if SYSTEM_RUNTIME.is_dir() and not in_session else session
    return Paths(
        state,
        cache,
        runtime,
        settings.hosts or runtime,
        settings.voices or state / "voices",
        settings.models or state / "models",
        settings.chimes or state / "chimes",
    )


def _first(environment: Mapping[str, str], name: str) -> Path | None:
    """The first of the folders, which systemd separates by colons."""
    return Path(environment[name].split(":")[0]) if environment.get(name) else None


def _ours(folder: Path) -> Path | None:
    """A folder of the system's daemon, where we may use it."""
    return folder if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK) else None


def _xdg(environment: Mapping[str, str], name: str, default: Path) -> Path:
    return (Path(environment[name]) if environment.get(name) else default) / "voxd"
