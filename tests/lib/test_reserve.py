"""Room is kept on a disk, given up when it is full, and taken again when there is enough."""

from pathlib import Path

import pytest
from disks import MEGABYTE, empty, fill, free, small_disk

from voxd.lib.reserve import Reserve


def test_a_reserve_takes_its_room_once(tmp_path: Path) -> None:
    file = tmp_path / "reserve"
    assert Reserve(file, MEGABYTE).make()
    made = file.stat()
    assert made.st_size == MEGABYTE
    assert made.st_blocks * 512 >= MEGABYTE
    assert Reserve(file, MEGABYTE).make()
    assert file.stat().st_ino == made.st_ino


def test_on_a_small_disk_it_takes_a_small_part(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 * MEGABYTE) as disk:
        assert Reserve(disk / "reserve", 16 * MEGABYTE).make()
        assert (disk / "reserve").stat().st_size == MEGABYTE // 4


def test_on_a_full_disk_there_is_none_and_it_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        reserve = Reserve(disk / "reserve", 16 * MEGABYTE)
        assert reserve.disk_is_full
        assert not reserve.make()
        assert not (disk / "reserve").exists()
        assert not reserve.release()
        empty(disk)
        assert reserve.make()


def test_what_was_released_is_not_given_away_twice(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        reserve = Reserve(disk / "reserve", 16 * MEGABYTE)
        assert reserve.make()
        fill(disk)
        assert reserve.release()
        reserve.note_full()
        assert free(disk) == MEGABYTE // 4
        assert not reserve.make()
        assert not reserve.make()
        empty(disk)
        assert reserve.make()
        assert (disk / "reserve").stat().st_size == MEGABYTE // 4


def test_what_an_earlier_run_gave_up_is_taken_again_when_there_is_plenty(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 32 * MEGABYTE) as disk:
        assert Reserve(disk / "reserve", 16 * MEGABYTE).make()
        fill(disk)
        assert Reserve(disk / "reserve", 16 * MEGABYTE).release()
        assert not Reserve(disk / "reserve", 16 * MEGABYTE).make()
        empty(disk)
        assert Reserve(disk / "reserve", 16 * MEGABYTE).make()
        assert (disk / "reserve").stat().st_size == 2 * MEGABYTE


@pytest.mark.parametrize("folder", ["/proc", "/sys"])
def test_a_file_system_that_promises_no_room_is_used_without(folder: str) -> None:
    assert Reserve(Path(folder) / "reserve", MEGABYTE).make()
