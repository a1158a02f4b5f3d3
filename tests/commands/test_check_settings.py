"""`voxd check --settings-only`: a file of settings is judged before it replaces another one."""

from pathlib import Path

import pytest

from voxd import cli


def test_valid_settings_are_told_without_a_look_at_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "voxd.yaml"
    file.write_text(
        "mqtt: {host: no.such.broker.invalid}\nengines: {espeak: {type: espeak, program: no-such-program}}\n"
    )
    assert cli.run(["check", "--settings-only", "-c", str(file)]) == cli.GOOD
    assert capsys.readouterr().out == "The settings are valid\n"


def test_every_mistake_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "voxd.yaml"
    file.write_text("mqtt:\n  prot: 1883\nlog:\n  level: chatty\n")
    assert cli.run(["check", "--settings-only", "-c", str(file)]) == cli.PROBLEM
    told = capsys.readouterr().err
    assert f"{file}:2: mqtt.prot: is no option; did you mean port?" in told
    assert f"{file}:4: log.level" in told
