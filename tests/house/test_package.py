"""What the Debian package says of itself is true of the rest of the project."""

import re
from pathlib import Path

import yaml

from voxd.settings import Settings
from voxd.settings_file import load

ROOT = Path(__file__).parent.parent.parent
DEBIAN = ROOT / "config/release/debian"
MAKES_WHEELS = {"gcc", "libsystemd-dev", "pkg-config", "python3-dev", "python3-venv"}
"""What `make run` builds with: the package is built already."""
ELSEWHERE = {"voxd-engine@.service"}
"""Units of what the package does not bring."""


def relations() -> set[str]:
    """The packages that it names."""
    fields = re.findall(r"(?m)^(?:Depends|Recommends|Suggests): (.*)$", (DEBIAN / "control").read_text())
    return {re.split(r"[ (]", name)[0] for field in fields for name in field.split(", ")}


def test_it_relates_to_everything_that_a_run_needs_but_compilers() -> None:
    lines = (ROOT / "config/packages/run.txt").read_text().splitlines()
    needed = {name for line in lines if (name := line.split("#")[0].strip())}
    assert needed - MAKES_WHEELS <= relations()
    assert not MAKES_WHEELS & relations()


def test_it_brings_every_unit_that_works_without_a_neural_part() -> None:
    brought = set(re.findall(r"voxd[@a-z-]*\.(?:service|socket|timer)", (DEBIAN.parent / "package.sh").read_text()))
    assert {unit.name for unit in (ROOT / "systemd").glob("voxd*.[st][eoi]*")} - brought - ELSEWHERE == set()


def test_its_settings_file_changes_nothing_and_its_examples_are_settings(tmp_path: Path) -> None:
    shipped = DEBIAN / "voxd.yaml"
    assert load(shipped, environment={}) == Settings()
    examples = shipped.read_text().partition("\n\n")[2]
    uncommented = tmp_path / "voxd.yaml"
    uncommented.write_text(re.sub(r"(?m)^# ", "", examples))
    assert yaml.safe_load(uncommented.read_text()).keys() == {"mqtt", "wyoming"}
    assert load(uncommented, environment={}).mqtt.host == "broker.lan"


def test_what_it_starts_and_stops_is_what_it_enables_and_purges() -> None:
    started = re.search(r'units="(.*)"', (DEBIAN / "postinst").read_text())
    assert started
    for script in ("prerm", "postrm"):
        assert all(unit in (DEBIAN / script).read_text() for unit in started[1].split())
