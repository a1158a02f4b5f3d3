"""The house: its layers stay true."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_contract_is_exhaustive() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["importlinter:contract:layers"]["exhaustive"] == "True"


def test_every_module_says_in_its_first_line_what_it_holds() -> None:
    for file in (ROOT / "voxd").rglob("*.py"):
        assert file.read_text().startswith('"""'), file


@pytest.mark.parametrize(
    "word",
    [
        r"shell\s*=\s*True",
        r"\bpickle\.(load|Unpickler\b)",
        r"\btorch\.load\((?![^()]*weights_only=True)",
        r"yaml\.load\(",
        r"(?<![.\w])eval\(",
        r"\bexec\(",
        r"NotImplementedError",
    ],
)
def test_dangerous_words_stay_out_of_the_code(word: str) -> None:
    guilty = [str(file) for file in (ROOT / "voxd").rglob("*.py") if re.search(word, file.read_text())]
    assert guilty == []
