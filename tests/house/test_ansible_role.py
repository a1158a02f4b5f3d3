"""The Ansible role as its owner reads it: every variable is explained, with its default; nothing else is."""

import os
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).parent.parent.parent
ROLE = ROOT / "ansible/roles/voxd"
COMPUTED = "{{"
"""Defaults that follow from something else are told in words."""


def read(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text())


def explained() -> dict[str, Any]:
    """The options of all ways to use the role."""
    uses = read("meta/argument_specs.yml")["argument_specs"].values()
    return {name: option for use in uses for name, option in use["options"].items()}


def test_every_variable_is_explained_with_the_default_that_it_has() -> None:
    defaults, options = read("defaults/main.yml"), explained()
    assert set(defaults) <= set(options)
    for name, default in defaults.items():
        if COMPUTED not in str(default):
            assert options[name].get("default") == default, name


def test_what_is_explained_is_used() -> None:
    used = "".join(file.read_text() for folder in ("tasks", "templates", "vars") for file in (ROLE / folder).iterdir())
    assert not [name for name in explained() if name not in used]


def test_every_option_says_what_it_is_for_and_of_which_type() -> None:
    for name, option in explained().items():
        assert option["description"], name
        assert option["type"], name


def test_a_machine_gets_the_packages_that_make_run_needs_but_a_broker() -> None:
    lines = (ROOT / "config/packages/run.txt").read_text().splitlines()
    listed = {name for line in lines if (name := line.partition("#")[0].strip())}
    ours = read("vars/main.yml")
    brought = {*ours["voxd_packages_needed"], *ours["voxd_packages_of_build"]}
    assert listed - brought == {"mosquitto", "mosquitto-clients", "python3"}
    assert brought <= listed


def test_the_named_sound_card_is_a_device_that_alsa_knows(tmp_path: Path) -> None:
    template = jinja2.Template((ROLE / "templates/sound-card.conf.j2").read_text(), undefined=jinja2.StrictUndefined)
    written = template.render(ansible_managed="Ansible", voxd_sound_card="PCH")
    (tmp_path / "asound.conf").write_text(f"</usr/share/alsa/alsa.conf>\n{written}")
    environment = os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    told = subprocess.run(["aplay", "-L"], env=environment, capture_output=True, text=True, check=True, timeout=10)
    assert "voxd\n    The card PCH, shared\n" in told.stdout
    assert 'slave.pcm "dmix:CARD=PCH"' in written


def test_the_oldest_driver_is_that_of_the_cuda_in_the_lock() -> None:
    lock = (ROOT / "config/locks/cuda.txt").read_text()
    assert "\ncuda-toolkit==13.0." in lock, "look up the oldest driver for this CUDA, and put it into vars/main.yml"
    assert read("vars/main.yml")["voxd_driver_min"] == "580"
