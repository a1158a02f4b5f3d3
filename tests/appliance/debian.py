"""The bare Debian 12 that every machine begins as, with a repository of packages that it can install offline."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from roots import ROOT, Root, debian, give_machine_files

from appliance.kept import kept

INSTALLED = ("ca-certificates", "dbus", "iproute2", "procps", "python3", "systemd", "systemd-sysv")
"""What any Debian server has, as far as it matters here; Ansible asks for Python."""
LISTS = (ROOT / "config/packages/run.txt", Path(__file__).with_name("packages.txt"))
MAKING = "1"
"""To be raised when the way that it is made changes."""
REPOSITORY = "srv/debian"
DOWNLOAD_TIMEOUT_S = 900.0


def bare_root() -> Path:
    """The folder of that root. Nobody writes to it: machines lay their own over it."""
    names = _names()
    return kept("appliance", [MAKING, *INSTALLED, *names], lambda folder: _make(folder, names))


def _names() -> list[str]:
    lines = [line for file in LISTS for line in file.read_text().splitlines()]
    return sorted({name for line in lines if (name := line.split("#")[0].strip())})


def _make(folder: Path, names: list[str]) -> None:
    debian("bookworm", INSTALLED, folder)
    give_machine_files(folder)
    for command in (("update", "-qq"), ("install", "-y", "-qq", "--download-only", "--no-install-recommends", *names)):
        done = Root(folder).run("apt-get", *command, timeout_s=DOWNLOAD_TIMEOUT_S)
        assert done.returncode == 0, done.stdout[-10_000:]
    _make_repository(folder)
    for name in ("etc/resolv.conf", "etc/pip.conf", "etc/hostname"):
        (folder / name).unlink(missing_ok=True)  # the machine is offline
    (folder / "etc/machine-id").write_text("")  # each gets its own at its first boot
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")


def _make_repository(folder: Path) -> None:
    """Make the only source of apt what was downloaded: so update works offline as install does."""
    repository = folder / REPOSITORY
    repository.mkdir(parents=True)
    for package in sorted((folder / "var/cache/apt/archives").glob("*.deb")):
        shutil.move(package, repository)
    index = "\n".join(_entry(package) for package in sorted(repository.glob("*.deb")))
    (repository / "Packages").write_text(index)
    (folder / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:/{REPOSITORY} ./\n")
    shutil.rmtree(folder / "var/lib/apt/lists")
    done = Root(folder).run("apt-get", "update", "-qq", timeout_s=60)
    assert done.returncode == 0, done.stdout


def _entry(package: Path) -> str:
    told = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    return f"{told}Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
