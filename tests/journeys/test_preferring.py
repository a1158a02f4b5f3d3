"""What people choose, and sirens, by the command line."""

import pytest
from daemons import DaemonProcess

pytestmark = pytest.mark.journey


def test_what_is_preferred_and_a_siren_by_the_command_line(daemon: DaemonProcess) -> None:
    done = daemon.run_verb("prefer", "--voice", "espeak-de", "--volume", "50", "--zone", "home")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"{'voice':20} espeak-de")
    assert f"{'volume in home':20} 50 %" in done.stdout
    assert f"{'voice':20} espeak-en-us" in daemon.run_verb("prefer", "--voice", "default").stdout
    assert "50 %" in daemon.run_verb("prefer").stdout
    for wrong, told in (
        (("--voice", "nobody"), "nobody"),
        (("--chime", "gonk"), 'did you mean "gong"'),
        (("--rate", "fast"), "--rate is a number or default, not fast"),
        (("--volume", "120"), "volume must be a number from 0 to 100"),
        (("--volume", "20", "--zone", "attic"), "attic"),
    ):
        done = daemon.run_verb("prefer", *wrong)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    id_ = daemon.run_verb("siren", "on", "--duration", "60", "--tone", "ding").stdout.removeprefix("Sounds as ").strip()
    assert "zone home            has a siren sounding" in daemon.run_verb("status").stdout
    assert daemon.run_verb("siren", "off").stdout == f"Silenced {id_}\n"
    assert daemon.run_verb("siren", "off").stdout == "No siren sounds\n"
    assert "from 0.1 to 600" in daemon.run_verb("siren", "on", "--duration", "6000").stderr
    assert "interrupted  siren " in daemon.run_verb("history").stdout
