"""A release, made twice from one commit: in two places, at two times, by two kinds of people."""

import hashlib
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from appliance.debian_package import PYTHON, QUICKLY
from locked import locked_in
from roots import DOWNLOADS, ROOT

from voxd import __version__

pytestmark = pytest.mark.appliance

LOCKS = ROOT / "config/locks"
MAKE = "config/release/make.sh"
TIMEOUT_S = 240.0
ELSEWHERE = {"LANG": "tr_TR.UTF-8", "LC_ALL": "", "TZ": "Asia/Tokyo"}
NAME = f"voxd-{__version__}"


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the locks name, as it lies on the index; nobody asks that again."""
    folder = tmp_path_factory.mktemp("downloads")
    pip = (PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--require-hashes")
    locks = ("-r", LOCKS / "build.txt", "-r", LOCKS / "base.txt")
    subprocess.run([*pip, "--cache-dir", DOWNLOADS, "--dest", folder, *locks], check=True, timeout=TIMEOUT_S)
    return folder


def make(folder: Path, origin: Path, downloads: Path, *before: str, environment: dict[str, str] | None = None) -> Path:
    """A release, from a clone of its own."""
    subprocess.run(["git", "clone", "--quiet", origin, folder / "clone"], check=True, timeout=TIMEOUT_S)
    offline = {"PYTHON": str(PYTHON), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(downloads)}
    subprocess.run(
        [*before, folder / "clone" / MAKE, folder / "made", *QUICKLY],
        env=os.environ | offline | (environment or {}),
        check=True,
        timeout=TIMEOUT_S,
    )
    return folder / "made"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Path:
    return make(tmp_path_factory.mktemp("release"), ROOT, downloads)


def digests(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_everything_that_a_release_consists_of_is_there_and_summed(release: Path) -> None:
    lines = (release / "SHA256SUMS").read_text().splitlines()
    summed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    made = digests(release)
    assert made.keys() - summed.keys() == {"SHA256SUMS"}
    assert summed.items() <= made.items()
    bills = {f"sbom/{NAME}-{lock}.cdx.json" for lock in ("base", "cpu", "cuda", "piper")}
    locks = {f"locks/{lock}.txt" for lock in ("build", "base", "cpu", "cuda", "piper")}
    assert summed.keys() >= {f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz", *bills, *locks}
    assert len([name for name in summed if name.endswith(".deb")]) == 1


def test_made_elsewhere_at_another_time_and_by_somebody_else_it_is_the_same(
    release: Path, downloads: Path, tmp_path: Path
) -> None:
    somebody_else = ("faketime", "2031-03-04 05:06:07", "sh", "-c", 'umask 077; exec "$@"', "sh")
    place, same_commit = tmp_path / "a much longer place", release.parent / "clone"
    again = make(place, same_commit, downloads, *somebody_else, environment=ELSEWHERE)
    assert digests(again) == digests(release)


def test_the_source_makes_the_same_wheel_again(release: Path, tmp_path: Path) -> None:
    with tarfile.open(release / f"{NAME}.tar.gz") as source:
        assert {f"{NAME}/PKG-INFO", f"{NAME}/systemd/voxd.service", f"{NAME}/Makefile"} <= set(source.getnames())
        epoch_s = source.getmember(f"{NAME}/setup.cfg").mtime
    pip = (PYTHON, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run(
        [*pip, "--wheel-dir", tmp_path, release / f"{NAME}.tar.gz"],
        env=os.environ | {"SOURCE_DATE_EPOCH": str(int(epoch_s))},
        umask=0o022,
        check=True,
        timeout=TIMEOUT_S,
    )
    assert (tmp_path / f"{NAME}-py3-none-any.whl").read_bytes() == (release / f"{NAME}-py3-none-any.whl").read_bytes()


@pytest.mark.parametrize("lock", ["base", "cpu", "cuda", "piper"])
def test_a_bill_names_everything_that_its_lock_installs_with_its_hashes(release: Path, lock: str) -> None:
    bill = json.loads((release / f"sbom/{NAME}-{lock}.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["purl"] == f"pkg:pypi/voxd@{__version__}"
    found = {
        (one["name"], one["version"], frozenset(given["content"] for given in one["hashes"]))
        for one in bill["components"]
    }
    assert found == {(one.name, one.version, frozenset(one.hashes)) for one in locked_in(LOCKS / f"{lock}.txt")}
    assert ("torch" in {one["name"] for one in bill["components"]}) == (lock in ("cpu", "cuda"))


def test_lintian_finds_no_error_in_the_package(release: Path) -> None:
    (deb,) = release.glob("*.deb")
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", deb],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
