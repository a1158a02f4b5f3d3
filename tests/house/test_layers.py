"""The house: its layers, its locks and its documents stay true."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ROOT / "config/locks"


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_contract_is_exhaustive() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["importlinter:contract:layers"]["exhaustive"] == "True"


def pins(lock: str) -> dict[str, str]:
    """Each pinned requirement with its marker, and its version."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)(?: ; (.*?))? \\$", (LOCKS / lock).read_text(), re.MULTILINE)
    return {f"{name} {marker}": version for name, version, marker in found}


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    base, dev = pins("base.txt"), pins("dev.txt")
    assert base
    assert {name: dev.get(name) for name in base} == base


@pytest.mark.parametrize("lock", ["base.txt", "build.txt", "dev.txt"])
def test_every_pin_has_a_hash_and_no_lock_holds_a_path(lock: str) -> None:
    text = (LOCKS / lock).read_text()
    requirements = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert requirements
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "file://" not in text
    assert not re.search(r"(^|\s)/", text)


def test_the_base_lock_has_neither_torch_nor_scipy() -> None:
    names = {name.split()[0].lower() for name in pins("base.txt")}
    assert not names & {"torch", "scipy", "torchaudio", "onnxruntime"}


def test_everything_voxd_requires_is_in_the_base_lock() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    required = re.findall(r"^([A-Za-z0-9_-]+)", config["options"]["install_requires"], re.MULTILINE)
    locked = {name.split()[0].lower() for name in pins("base.txt")}
    assert {name.lower() for name in required} <= locked


def test_every_module_says_in_its_first_line_what_it_holds() -> None:
    for file in (ROOT / "voxd").rglob("*.py"):
        assert file.read_text().startswith('"""'), file


@pytest.mark.parametrize(
    "word", [r"shell\s*=\s*True", r"\bpickle\b", r"yaml\.load\(", r"\beval\(", r"\bexec\(", r"NotImplementedError"]
)
def test_dangerous_words_stay_out_of_the_code(word: str) -> None:
    guilty = [str(file) for file in (ROOT / "voxd").rglob("*.py") if re.search(word, file.read_text())]
    assert guilty == []
