"""`voxd chimes`: what can be named, where it comes from, and what is wrong with it."""

from pathlib import Path

import pytest
from sounds import tone

from voxd.audio.wav import wav_bytes
from voxd.commands.chimes import show
from voxd.settings import Settings


def test_every_chime_is_listed_with_its_origin_and_its_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "door.wav").write_bytes(wav_bytes(tone(0.5)))
    (tmp_path / "torn.wav").write_bytes(b"RIFF")
    show(Settings.model_validate({"paths": {"chimes": tmp_path}, "announcements": {"chimes": {"low": "gone"}}}))
    told = capsys.readouterr().out
    assert "ding  (1.2 s, of voxd)" in told
    assert f"door  (0.5 s, {tmp_path / 'door.wav'})" in told
    assert "torn: " in told
    assert "low announcements: gone, which there is none of" in told
    assert "alarm announcements: siren\n" in told
