"""The locks: complete, hashed, of one mind, and true for the machines they are for."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
LOCKS = ROOT / "config/locks"
UV = Path(sys.executable).with_name("uv")
PIN = re.compile(r"^([A-Za-z0-9_.-]+)={2,3}([^\s;=]+)(?: ; (.*?))? \\$", re.MULTILINE)
NAMES = (
    *("base.txt", "bench.txt", "build.txt", "cpu.txt", "cuda.txt", "dev.txt", "fuzz.txt", "piper.txt", "release.txt"),
)
NOT_WANTED = {"gradio", "librosa", "modelscope", "numba", "scipy", "torchaudio"}


@dataclass(frozen=True, slots=True)
class Pin:
    """One version that a lock allows, and where."""

    name: str
    version: str
    marker: str

    def is_for_here(self) -> bool:
        """Whether this Python on this machine gets it."""
        return not self.marker or Marker(self.marker).evaluate()


def pins_of(lock: Path) -> frozenset[Pin]:
    return frozenset(Pin(*found) for found in PIN.findall(lock.read_text()))


def pins(lock: str) -> frozenset[Pin]:
    return pins_of(LOCKS / lock)


def names(lock: str) -> set[str]:
    return {pin.name for pin in pins(lock)}


def left_out() -> set[str]:
    lines = (LOCKS / "left-out.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def required(section: str, option: str) -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    return {canonicalize_name(Requirement(line).name) for line in config[section][option].split("\n") if line}


@pytest.mark.parametrize("lock", NAMES)
def test_every_pin_has_a_hash_and_no_lock_holds_a_path_or_a_host(lock: str) -> None:
    text = (LOCKS / lock).read_text()
    requirements = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(requirements) == len(pins(lock)) > 0
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert not re.search(r"(^|\s)[/-]|//|@", text.replace(" --hash=", " "), re.MULTILINE)


@pytest.mark.parametrize("lock", ["cpu.txt", "cuda.txt", "dev.txt"])
def test_every_lock_begins_with_the_versions_of_the_base(lock: str) -> None:
    assert pins("base.txt") <= pins(lock)


@pytest.mark.parametrize("lock", ["base.txt", "build.txt", "cpu.txt", "cuda.txt", "bench.txt", "piper.txt"])
def test_the_tests_run_on_the_versions_that_are_shipped(lock: str) -> None:
    shared = names(lock) & names("dev.txt")
    assert {pin for pin in pins(lock) if pin.name in shared} == {pin for pin in pins("dev.txt") if pin.name in shared}


def test_what_is_built_with_is_what_the_neural_part_asks_for() -> None:
    shared = names("build.txt") & names("cuda.txt")
    assert "setuptools" in shared
    assert {pin for pin in pins("build.txt") if pin.name in shared} <= pins("cuda.txt")


def test_the_two_neural_locks_differ_in_torch_and_in_nothing_but_cuda() -> None:
    for pin in pins("cuda.txt") ^ pins("cpu.txt"):
        assert re.match(r"torch$|triton$|cuda-|nvidia-", pin.name), pin
    assert not any(re.match(r"triton|cuda-|nvidia-", name) for name in names("cpu.txt"))
    assert {pin.version for pin in pins("cpu.txt") if pin.name == "torch"} == {"2.13.0+cpu"}
    assert {pin.version for pin in pins("cuda.txt") if pin.name == "torch"} == {"2.13.0"}


def test_an_installed_cpu_build_is_not_taken_for_the_other() -> None:
    assert re.search(r"^torch===2\.13\.0 ", (LOCKS / "cuda.txt").read_text(), re.MULTILINE)
    assert not Requirement("torch===2.13.0").specifier.contains("2.13.0+cpu")


def test_the_cpu_build_of_torch_has_a_wheel_for_every_python_and_both_processors() -> None:
    given = (LOCKS / "torch-cpu.txt").read_text().partition("torch==")[2]
    assert len(set(re.findall(r"sha256:([0-9a-f]{64})", given))) == 6
    assert given in (LOCKS / "cpu.txt").read_text()


def test_the_base_lock_has_nothing_neural() -> None:
    assert not names("base.txt") & {"torch", "transformers", "onnxruntime", "voxcpm"}


@pytest.mark.parametrize("lock", NAMES)
def test_no_lock_has_what_nobody_needs(lock: str) -> None:
    assert not names(lock) & NOT_WANTED
    assert left_out() >= NOT_WANTED - {"numba"}


@pytest.mark.parametrize("lock", ["base.txt", "cpu.txt", "cuda.txt"])
def test_piper_is_installed_beside_any_other_lock_and_in_none_of_them(lock: str) -> None:
    shared = names(lock) & names("piper.txt")
    assert "numpy" in shared
    assert {pin for pin in pins(lock) if pin.name in shared} == {pin for pin in pins("piper.txt") if pin.name in shared}
    assert not names(lock) & {"piper-tts", "onnxruntime"}


@pytest.mark.parametrize(
    ("brings", "runs"),
    [
        (("base.txt",), "voxd.app, voxd.commands.engine"),
        (("base.txt", "piper.txt"), "voxd.app, voxd.commands.engine, voxd.commands.models, voxd.neural.piper.model"),
    ],
)
def test_what_runs_with_a_lock_imports_nothing_that_it_does_not_bring(brings: tuple[str, ...], runs: str) -> None:
    there = {"voxd"}.union(*map(names, brings))
    missing = [name for name, of in packages_distributions().items() if not there & set(map(canonicalize_name, of))]
    assert "torch" in missing
    code = f"import sys; sys.modules.update(dict.fromkeys({missing!r})); import {runs}"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_everything_that_setup_cfg_requires_is_locked() -> None:
    assert required("options", "install_requires") <= names("base.txt")
    assert required("options.extras_require", "neural") <= names("cpu.txt")
    for extra in ("test", "lint", "protocols"):
        assert required("options.extras_require", extra) <= names("dev.txt")
    for extra in ("fuzz", "piper", "release"):
        assert required("options.extras_require", extra) <= names(f"{extra}.txt")


def neural_lock() -> str:
    """The neural lock that this environment was installed from."""
    return "cpu.txt" if version("torch").endswith("+cpu") else "cuda.txt"


def test_what_is_installed_is_what_is_locked() -> None:
    for pin in pins(neural_lock()) | pins("piper.txt") | pins("dev.txt"):
        if pin.is_for_here():
            assert version(pin.name) == pin.version, pin


def test_what_is_installed_needs_nothing_that_is_not_locked() -> None:
    locked = {pin.name: pin.version for pin in pins(neural_lock()) | pins("piper.txt") if pin.is_for_here()}
    for name in locked:
        for wanted in map(Requirement, distribution(name).requires or ()):
            needed = canonicalize_name(wanted.name)
            if (wanted.marker and not wanted.marker.evaluate({"extra": ""})) or is_left_out(needed, of=name):
                continue
            assert needed in locked, f"{name} needs {wanted}"
            assert wanted.specifier.contains(locked[needed], prereleases=True), f"{name} needs {wanted}"


def is_left_out(needed: str, *, of: str) -> bool:
    return of in {"pocket-tts", "resemblyzer", "voxcpm"} and needed in left_out()


def run(command: list[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    """What asks the package index; skips where that cannot be reached."""
    environment = {**os.environ, "UV": str(UV), "UV_NO_CONFIG": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    if "Failed to fetch" in done.stderr or "error sending request" in done.stderr:
        pytest.skip("the package index cannot be reached")
    return done


def installation(lock: Path, machine: str, python: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What installing a lock with its dependencies would come to, without downloading it."""
    options = (
        *("--require-hashes", "--excludes", LOCKS / "left-out.txt"),
        *("--only-binary", ":all:", "--no-binary", "systemd-python", "--no-binary", "docopt"),
        *("--python-platform", f"{machine}-manylinux_2_28", "--python-version", python, "--python", sys.executable),
    )
    return run([UV, "pip", "install", "--dry-run", *options, "--target", folder / "target", "-r", lock], folder)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_cuda_lock_is_complete_and_its_files_exist(machine: str, python: str, tmp_path: Path) -> None:
    done = installation(LOCKS / "cuda.txt", machine, python, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "+ torch==2.13.0\n" in done.stderr
    assert "+ nvidia-cublas==" in done.stderr


def test_a_lock_that_lacks_a_part_would_be_noticed(tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.txt"
    lacking.write_text(re.sub(r"(?m)^nvidia-nccl[^\n]*\n(    --hash[^\n]*\n)+", "", (LOCKS / "cuda.txt").read_text()))
    done = installation(lacking, "x86_64", "3.11", tmp_path)
    assert done.returncode != 0
    assert "nvidia-nccl" in done.stderr


def test_making_the_locks_again_changes_no_version(tmp_path: Path) -> None:
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("voxd", "config/locks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    made = tmp_path / "config/locks"
    done = run([made / "make.sh"], tmp_path)
    assert done.returncode == 0, done.stderr
    for lock in NAMES:
        assert pins_of(made / lock) == pins(lock), lock
