"""Makes the lock of a release again: `cd tests && ../.venv/bin/python -m home_assistant.lock VERSION PYTHON`.

It holds Home Assistant, what the integrations in use ask for when they are set up, and all that these need, in the
versions of Home Assistant's own constraints.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from home_assistant.releases import LOCKS

INTEGRATIONS = (
    *("analytics", "api", "assist_pipeline", "assist_satellite", "automation", "backup", "config", "conversation"),
    *("device_automation", "diagnostics", "frontend", "hardware", "homeassistant", "labs", "logger", "media_source"),
    *("mqtt", "network", "notify", "persistent_notification", "siren", "system_health", "tts", "usb", "wyoming"),
    *("recorder", "zeroconf", "isal"),
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


def make(version: str, python: str, folder: Path) -> None:
    """Write the lock."""
    download = ("download", "--quiet", "--no-deps", "--python-version", python, "--dest", folder)
    subprocess.run([BIN / "python", "-m", "pip", *download, f"homeassistant=={version}"], check=True)
    with ZipFile(next(folder.glob("homeassistant-*.whl"))) as wheel:
        wanted = {f"homeassistant=={version}", *requirements(wheel, INTEGRATIONS)}
        constraints = wheel.extract("homeassistant/package_constraints.txt", folder)
    (folder / "wanted.in").write_text("\n".join(sorted(wanted)))
    plain = ("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate")
    options = ("--quiet", "--generate-hashes", *plain, "--python-version", python, "-c", constraints)
    subprocess.run(
        [BIN / "uv", "pip", "compile", *options, folder / "wanted.in", "-o", LOCKS / f"{version}.txt"], check=True
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        make(sys.argv[1], sys.argv[2], Path(temporary))
