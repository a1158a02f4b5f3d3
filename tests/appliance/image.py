"""voxd's image, built by `make image` on a Debian of this machine's making: no registry of images is asked."""

import configparser
import os
import subprocess
from pathlib import Path

from roots import MACHINE_FILES, ROOT, debian, wheelhouses

from appliance.podman import Podman

BASE = "localhost/debian:bookworm-slim"
PACKAGES = ("base-files",)
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
AUTHORITIES_INSIDE = "/machine/ca-certificates.crt"
PIP_INSIDE = "/root/.config/pip/pip.conf"
BUILD_TIMEOUT_S = 1800.0


def build(podman: Podman, scratch: Path, neural: str = "") -> str:
    """The name of the image of this clone; what has not changed since the last one is not made again."""
    _have_base(podman, scratch)
    mounted = [f"--volume={ours}:{inside}:ro" for ours, inside in _machine_files(scratch).items()]
    arguments = ["--network=host", f"--build-arg=BASE={BASE}", *mounted]
    asked = [f"NEURAL={neural}"] if neural else []
    asked += [f"TORCH_WHEELS={place}" for place in wheelhouses()[:1]]
    done = subprocess.run(
        ["make", "image", *asked, f"PODMAN={' '.join(podman.program)}", f"ARGS={' '.join(arguments)}"],
        cwd=ROOT,
        env=podman.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:]
    return f"localhost/voxd:{neural or 'latest'}"


def _have_base(podman: Podman, scratch: Path) -> None:
    if podman.run("image", "exists", BASE, check=False).returncode:
        archive = scratch / "base.tar"
        debian("bookworm", PACKAGES, archive)
        podman.run("import", str(archive), BASE)
        archive.unlink()


def _machine_files(scratch: Path) -> dict[Path, str]:
    """What is mounted while it is built, and never in it: how this machine reaches its package registries."""
    files = {Path(file): file for file in MACHINE_FILES if file.endswith("pip.conf") and Path(file).exists()}
    files |= {place: str(place) for place in wheelhouses()} | {AUTHORITIES: AUTHORITIES_INSIDE}
    settings = configparser.RawConfigParser()
    settings["global"] = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"
    } | {"cert": AUTHORITIES_INSIDE}
    ours = scratch / "pip.conf"
    with ours.open("w") as file:
        settings.write(file)
    return files | {ours: PIP_INSIDE}
