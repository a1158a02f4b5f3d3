"""The documents: what they show works, and nothing they name is missing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from voxd.settings_file import load

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLES = sorted((ROOT / "config").glob("*.yaml")) + sorted((ROOT / "config/examples").glob("*.yaml"))


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_configuration_example_loads(example: Path) -> None:
    load(example, environment={})


@pytest.mark.parametrize("example", [block for block in fenced("yaml") if "# voxd.yaml" in block])
def test_every_configuration_in_the_readme_loads(example: str, tmp_path: Path) -> None:
    file = tmp_path / "voxd.yaml"
    file.write_text(example)
    load(file, environment={})


@pytest.mark.parametrize("example", fenced("yaml"))
def test_every_yaml_in_the_readme_is_valid(example: str) -> None:
    yaml.safe_load(example)


def test_the_readme_begins_with_the_two_commands() -> None:
    first = fenced("sh")[0]
    assert "make run" in first
    assert "make test" in first


def test_every_make_verb_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for verb in set(re.findall(r"^\s*make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


def test_every_voxd_verb_of_the_readme_exists() -> None:
    verbs = set(re.findall(r"^voxd ([a-z-]+)", "".join(fenced("sh")), re.MULTILINE))
    assert {"say", "check", "voices"} <= verbs
    for verb in verbs:
        done = subprocess.run([sys.executable, "-m", "voxd", verb, "--help"], capture_output=True, check=False)
        assert done.returncode == 0, verb


def test_every_file_the_documents_link_to_exists() -> None:
    for document in ("README.md", "ARCHITECTURE.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text()):
            assert (ROOT / target).exists(), f"{document}: {target}"


def test_every_folder_of_the_architecture_exists() -> None:
    for place in re.findall(r"`(voxd/[a-z_/.]+)`", (ROOT / "ARCHITECTURE.md").read_text()):
        assert (ROOT / place).exists(), place


def test_the_options_of_the_readme_exist() -> None:
    options = yaml.safe_load((ROOT / "config/voxd.yaml").read_text())
    for section, option in re.findall(r"`([a-z]+)\.([a-z_]+)(?:: [^`]*)?`", README):
        if section in options:
            assert option in options[section], f"{section}.{option}"


def test_the_readmes_inventory_has_variables_of_the_role_only() -> None:
    specs = yaml.safe_load((ROOT / "ansible/roles/voxd/meta/argument_specs.yml").read_text())
    (inventory,) = (yaml.safe_load(block) for block in fenced("yaml") if "# inventory.yml" in block)
    assert inventory["voxd"]["vars"].keys() <= specs["argument_specs"]["main"]["options"].keys()
