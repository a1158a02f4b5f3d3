"""Releases of Home Assistant, each installed in a Debian root of its own, which is kept."""

import fcntl
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from roots import KEPT, Root, debian, give_machine_files

LOCKS = Path(__file__).parent / "locks"
PACKAGES = ("ca-certificates", "ffmpeg", "g++", "libturbojpeg0", "python3-dev", "python3-venv", "tzdata")
"""ffmpeg makes other formats of our sound; a few of Home Assistant's libraries have no wheels."""
PLACE = "/srv/home-assistant"
CONFIGURATION = "/config"
DEBIAN_TIMEOUT_S = 900.0
PIP_TIMEOUT_S = 1500.0


@dataclass(frozen=True, slots=True)
class Release:
    """A version of Home Assistant, the Debian whose Python it is for, and when it came out."""

    version: str
    debian: str
    python: str
    day: str

    def __str__(self) -> str:
        return self.version

    @property
    def lock(self) -> Path:
        """All that is installed, with hashes; home_assistant/lock.py makes it."""
        return LOCKS / f"{self.version}.txt"

    @property
    def may_be_missing(self) -> bool:
        """Whether a machine without it is no mistake: its Debian is not stable yet."""
        return self.debian == "forky"

    def install(self) -> None:
        """Make its root, where it is not there yet. Raises CalledProcessError, or AssertionError with what pip said."""
        self._installed()

    def command(self, configuration: Path) -> list[str]:
        """What runs it in the foreground; it asks no package index."""
        folder = self._installed()
        hass = (f"{PLACE}/bin/hass", "--config", CONFIGURATION, "--skip-pip", "--log-no-color")
        return Root(folder, {CONFIGURATION: configuration}).command(*hass)

    def _installed(self) -> Path:
        """The root that it is installed in, made where there is none yet or one of another lock."""
        folder, made_of = KEPT / f"home-assistant-{self.version}", KEPT / f"home-assistant-{self.version}.made-of"
        KEPT.mkdir(parents=True, exist_ok=True)
        wanted = hashlib.sha256(self.lock.read_bytes() + " ".join(PACKAGES).encode()).hexdigest()
        with (KEPT / f"home-assistant-{self.version}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # whoever else wants the same waits, and has it
            if not made_of.exists() or made_of.read_text() != wanted:
                made_of.unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)
                self._install(folder)
                made_of.write_text(wanted)
        return folder

    def _install(self, folder: Path) -> None:
        debian(self.debian, PACKAGES, folder, DEBIAN_TIMEOUT_S)
        give_machine_files(folder)
        shutil.copyfile(self.lock, folder / "srv/lock.txt")
        pip = (f"{PLACE}/bin/python", "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps")
        for command in (("python3", "-m", "venv", PLACE), (*pip, "-r", "/srv/lock.txt")):
            done = Root(folder).run(*command, timeout_s=PIP_TIMEOUT_S)
            assert done.returncode == 0, done.stdout[-10_000:]


PER_ENTITY = Release("2024.3.3", "bookworm", "3.11.2", "2024-03-22")
"""Before device discovery, satellites that announce, and streamed synthesis."""
CURRENT = Release("2026.2.3", "trixie", "3.13.5", "2026-02-21")
"""The last one for the Python of Debian stable."""
NEWEST = Release("2026.11.0", "forky", "3.14.7", "2026-11-11")
"""One that takes an error for what it is, and speaks MQTT 5. Its Debian still changes, and may not be had one day."""
MODERN = (CURRENT, NEWEST)
RELEASES = (PER_ENTITY, *MODERN)
