"""An installation is known by one name for ever."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from voxd.lib.own_id import own_id


def test_an_id_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "state" / "id"
    made = own_id(file)
    assert re.fullmatch("[0-9a-f]{12}", made)
    assert own_id(file) == made
    assert file.stat().st_mode & 0o777 == 0o600


def test_who_asks_at_the_same_time_is_told_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(50):
            file = tmp_path / str(number) / "id"
            assert len(set(threads.map(own_id, [file] * 8))) == 1


def test_two_installations_have_two(tmp_path: Path) -> None:
    assert own_id(tmp_path / "one") != own_id(tmp_path / "two")


@pytest.mark.parametrize("damaged", [b"", b"\xff\0" * 1000, b"0123456789A\n", b"0123456789abc"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, damaged: bytes) -> None:
    file = tmp_path / "id"
    file.write_bytes(damaged)
    made = own_id(file)
    assert re.fullmatch("[0-9a-f]{12}", made)
    assert own_id(file) == made


def test_where_it_cannot_be_kept_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        own_id(tmp_path / "file" / "id")
