"""Promises of the studio about the owner's usual chimes."""

from pathlib import Path

import pytest
from announced import wish
from miniature_house import KnownGains
from sounds import tone

from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.studio import Studio
from voxd.audio.wav import wav_bytes
from voxd.errors import BadRequestError
from voxd.settings import ChimeSettings, SoundSettings


def studio(folder: Path, **usual: str | None) -> Studio:
    return Studio(SoundSettings(), ChimeSettings(**usual), ChimeBook(folder), KnownGains(), {})


async def test_the_owner_is_told_at_the_start_of_usual_chimes_that_cannot_be_played(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "torn.wav").write_bytes(b"RIFF")
    made = studio(tmp_path, low="torn", normal="sirene", high="ding")
    await made.start()
    await made.stop()
    assert "torn.wav" in caplog.text
    assert 'There is no chime "sirene"; did you mean "siren"?' in caplog.text
    assert len(caplog.records) == 2


def test_a_chime_of_the_owners_can_be_asked_for_without_a_restart(tmp_path: Path) -> None:
    made = studio(tmp_path)
    with pytest.raises(BadRequestError):
        made.check(wish("one", chime="door"))
    (tmp_path / "door.wav").write_bytes(wav_bytes(tone(0.5)))
    made.check(wish("one", chime="door"))
    assert "door" in made.chimes()


@pytest.mark.parametrize("chime", [None, True, False])
def test_who_names_no_chime_is_never_refused_for_it(tmp_path: Path, chime: bool | None) -> None:
    studio(tmp_path, normal="gone").check(wish("one", chime=chime))
