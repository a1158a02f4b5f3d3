"""Makes the locks of the releases again: `cd tests && ../.venv/bin/python -m home_assistant.lock`.

They hold Home Assistant, what the integrations in use ask for when they are set up, and all that these need, in the
versions of Home Assistant's own constraints, and none that was not there when it came out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from home_assistant.releases import RELEASES, Release

INTEGRATIONS = (
    *("analytics", "api", "assist_pipeline", "assist_satellite", "automation", "backup", "config", "conversation"),
    *("device_automation", "diagnostics", "frontend", "hardware", "homeassistant", "labs", "logger", "media_source"),
    *("mqtt", "network", "notify", "persistent_notification", "siren", "system_health", "tts", "usb", "wyoming"),
    *("camera", "hassio", "infrared", "isal", "radio_frequency", "recorder", "stream", "zeroconf"),
)
BIN = Path(sys.executable).parent


def requirements(wheel: ZipFile, names: tuple[str, ...]) -> Iterator[str]:
    """What these integrations and those that they depend on are declared to need."""
    waiting, seen = list(names), set(names)
    while waiting:
        file = f"homeassistant/components/{waiting.pop()}/manifest.json"
        if file not in wheel.namelist():  # of another release
            continue
        manifest = json.loads(wheel.read(file))
        yield from manifest.get("requirements", ())
        waiting += (more := set(manifest.get("dependencies", ())) - seen)
        seen |= more


def make(release: Release, folder: Path) -> None:
    """Write the lock of a release."""
    itself = f"homeassistant=={release}"
    download = ("download", "--quiet", "--no-deps", "--python-version", release.python, "--dest", folder)
    subprocess.run([BIN / "python", "-m", "pip", *download, itself], check=True)
    with ZipFile(next(folder.glob("homeassistant-*.whl"))) as wheel:
        wanted = {itself, *requirements(wheel, INTEGRATIONS)}
        constraints = wheel.extract("homeassistant/package_constraints.txt", folder)
    (folder / "wanted.in").write_text("\n".join(sorted(wanted)))
    plain = ("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate")
    of_then = ("--python-version", release.python, "--exclude-newer", release.day, "-c", constraints)
    options = ("--quiet", "--generate-hashes", "--upgrade", *plain, *of_then, "-o", release.lock)
    subprocess.run([BIN / "uv", "pip", "compile", *options, folder / "wanted.in"], check=True)


if __name__ == "__main__":
    for each in RELEASES:
        with tempfile.TemporaryDirectory() as temporary:
            make(each, Path(temporary))
