"""Several daemons on a machine: each has settings and folders of its own, and they share engine hosts."""

from pathlib import Path

import pytest

from voxd import cli
from voxd.commands.instance import placed
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings_file import load

UNIT = Path(__file__).parents[2] / "systemd" / "voxd@.service"


def test_an_instance_has_the_folders_that_its_unit_gives_it() -> None:
    place = placed("den")
    paths = paths_in_force(load(Path("/dev/null"), place.options).paths)
    assert place.settings == Path("/etc/voxd/den.yaml")
    unit = UNIT.read_text().replace("%i", "den")
    told = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    assert paths.state == Path("/var/lib", told["StateDirectory"])
    assert paths.cache == Path("/var/cache", told["CacheDirectory"])
    assert paths.runtime == Path("/run", told["RuntimeDirectory"])
    assert paths.child_socket("clips").parent == paths.runtime
    assert paths.unit_socket("voxcpm") == Path("/run/voxd/engine-voxcpm.sock")


@pytest.mark.parametrize("name", ["voxd", "../shadow", "", "a b"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(VoxdError, match="can be called"):
        placed(name)


def test_an_instance_has_no_other_settings_than_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["status", "--instance", "den", "-c", "/dev/null"]) == 1
    assert "Give --instance or --config" in capsys.readouterr().err
    assert cli.run(["status", "--instance", "den"]) == 1
    assert "/etc/voxd/den.yaml" in capsys.readouterr().err
