"""What root does in somebody's folder is done as that somebody."""

import os
from pathlib import Path

import pytest
from open_folders import open_to_others

from voxd.lib.owners import as_owner_of

NOBODY = 65534


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder to somebody")
    open_to_others(tmp_path)
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    return tmp_path / "theirs"


def test_what_is_made_belongs_to_the_owner_of_the_folder_and_afterwards_we_are_root_again(theirs: Path) -> None:
    with as_owner_of(theirs / "not" / "yet there"):
        (theirs / "file").touch()
        with as_owner_of(Path("/")):
            assert os.geteuid() == 0
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (NOBODY, NOBODY, [NOBODY])
    assert ((theirs / "file").stat().st_uid, (theirs / "file").stat().st_gid) == (NOBODY, NOBODY)
    assert os.geteuid() == 0


def test_a_link_that_leads_beyond_what_the_owner_may_read_leads_nowhere(theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of root")
    (tmp_path / "secret").chmod(0o600)
    with as_owner_of(theirs):
        (theirs / "link").symlink_to(tmp_path / "secret")
        with pytest.raises(PermissionError):
            (theirs / "link").read_text()
