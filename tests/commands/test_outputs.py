"""Promises of `voxd devices` and `voxd check` about outputs elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from satellites import satellite
from sound_servers import PulseServer

from voxd.commands.checks.outputs import remote_findings
from voxd.commands.devices import show
from voxd.settings import Settings

HOUSE = {
    "hall": {"outputs": ["file", {"type": "satellite", "host": "hall.lan"}], "stand_in": "attic"},
    "attic": {"outputs": {"type": "snapcast", "pipe": "/tmp/snapfifo"}},
    "cellar": {"outputs": [{"type": "hermes", "site": "cellar"}, {"type": "snapcast", "host": "snap.lan"}]},
}


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with a sound device."""
    server = PulseServer(tmp_path / "pulse")
    server.start()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield
    server.kill()


@pytest.mark.usefixtures("sound")
def test_zones_are_shown_with_their_outputs_and_groups_with_their_zones(capsys: pytest.CaptureFixture[str]) -> None:
    show(Settings.model_validate({"zones": HOUSE, "groups": {"up": ["attic", "hall"]}}))
    shown = capsys.readouterr().out.splitlines()
    assert shown[-4:] == [
        "zone hall: file; satellite hall.lan:10700 (else zone attic)",
        "zone attic: snapcast /tmp/snapfifo",
        "zone cellar: hermes, site 'cellar'; snapcast snap.lan:4953",
        "group up: attic, hall",
    ]


async def test_what_is_there_and_what_is_not_is_found_out(tmp_path: Path) -> None:
    async with satellite() as there:
        zones = {
            "hall": {"outputs": ["file", {"type": "satellite", "host": "127.0.0.1", "port": there.port}]},
            "attic": {"outputs": {"type": "snapcast", "pipe": str(tmp_path / "fifo")}},
            "cellar": {"outputs": {"type": "hermes"}},
        }
        settings = Settings.model_validate({"zones": zones, "mqtt": {"port": 1}, "paths": {"state": tmp_path}})
        found = await remote_findings(settings)
    assert [(each.verdict, each.thing) for each in found] == [
        ("ok", "zone hall"),
        ("problem", "zone attic"),
        ("problem", "zone cellar"),
    ]
    assert found[0].text == f"satellite 127.0.0.1:{there.port} is there"
    assert "No such file or directory" in found[1].text
    assert "nothing listens there" in found[2].text
