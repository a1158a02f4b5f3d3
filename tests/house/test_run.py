"""Running the tests: what `make test` asks of pytest, and when it is content."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parent.parent / "run.sh"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The script, in a checkout whose pytest notes how it was called and at which priority."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f'#!/bin/sh\necho "$(nice) $*" >> {tmp_path}/asked\n'
        'case "$*" in *"-m not realtime"*) exit $MANY ;; *) exit $ALONE ;; esac\n'
    )
    python.chmod(0o755)
    (tmp_path / "tests").mkdir()
    return Path(shutil.copy(RUN, tmp_path / "tests"))


def exit_code(run: Path, many: int, alone: int, *arguments: str) -> int:
    environment = {"PATH": "/usr/bin:/bin", "MANY": str(many), "ALONE": str(alone)}
    return subprocess.run([run, *arguments], env=environment, check=False).returncode


@pytest.mark.parametrize(("many", "alone"), [(0, 0), (0, 5), (5, 0)])
def test_it_is_content_when_all_pass_that_were_selected(run: Path, many: int, alone: int) -> None:
    assert exit_code(run, many, alone) == 0


@pytest.mark.parametrize(("many", "alone"), [(1, 0), (0, 1), (1, 5), (5, 1), (2, 0), (0, 2), (5, 5)])
def test_it_fails_when_one_pass_fails_or_nothing_at_all_was_selected(run: Path, many: int, alone: int) -> None:
    assert exit_code(run, many, alone) == 1


def test_both_passes_run_and_select_among_what_was_asked_for(run: Path) -> None:
    exit_code(run, 1, 0, "-k", "journal or sound")
    many, alone = (run.parent.parent / "asked").read_text().splitlines()
    assert (
        "-m not realtime and not bare and not home_assistant and not appliance and not lengthy and not soak -n 4"
        in many
    )
    assert "-m realtime and not bare and not home_assistant and not appliance and not lengthy and not soak" in alone
    assert " -n " not in alone, "one after the other"
    assert many.endswith(" -k journal or sound")
    assert alone.endswith(" -k journal or sound")
    assert int(alone.split()[0]) <= int(many.split()[0])


def test_what_needs_the_machine_for_itself_is_tried_again_and_nothing_else(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        assert bool(item.get_closest_marker("flaky")) == bool(item.get_closest_marker("realtime")), item
