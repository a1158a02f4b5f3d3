"""Promises of ducking: the music is turned down before, and up again whatever happens."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import until

from voxd.delivery.ducking import Ducking
from voxd.settings import DuckingSettings

MakeDucking = Callable[..., Ducking]


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


@pytest.fixture
def make(tmp_path: Path, told: Path) -> MakeDucking:
    """A ducking whose commands note that they were run, after a while if asked to."""

    def ducking(before_s: float = 0, timeout_s: float = 5.0, linger_s: float = 0.05, before: str = "") -> Ducking:
        said = before or f"sleep {before_s}; echo before >>{told}"
        settings = DuckingSettings(
            before=("sh", "-c", said), after=("sh", "-c", f"echo after >>{told}"), timeout_s=timeout_s
        )
        return Ducking("kitchen", settings, tmp_path / "marker", linger_s)

    return ducking


def lines(told: Path) -> list[str]:
    return told.read_text().split() if told.exists() else []


async def test_the_commands_are_run_around_a_sound(make: MakeDucking, told: Path, tmp_path: Path) -> None:
    async with make().ducked() as quiet:
        await quiet()
        assert lines(told) == ["before"]
        assert (tmp_path / "marker").exists()
    await until(lambda: lines(told) == ["before", "after"])
    await until(lambda: not (tmp_path / "marker").exists())


async def test_sounds_at_once_and_back_to_back_duck_once(make: MakeDucking, told: Path) -> None:
    ducking = make(linger_s=0.5)
    async with ducking.ducked(), ducking.ducked() as quiet:
        await quiet()
    for _ in range(3):
        async with ducking.ducked() as quiet:
            await quiet()
    await ducking.stop()
    assert lines(told) == ["before", "after"]


async def test_a_sound_that_is_cancelled_or_fails_is_undone_too(make: MakeDucking, told: Path) -> None:
    ducking = make()

    async def cut_off() -> None:
        async with ducking.ducked() as quiet:
            await quiet()
            await asyncio.sleep(60)

    playing = asyncio.create_task(cut_off())
    await until(lambda: lines(told) == ["before"])
    playing.cancel()
    await until(lambda: lines(told) == ["before", "after"])
    with pytest.raises(OSError, match="no sound"):
        async with ducking.ducked():
            raise OSError("no sound")
    await ducking.stop()
    assert lines(told) == ["before", "after"] * 2


async def test_one_cut_off_while_the_music_goes_down_is_undone_after_that(make: MakeDucking, told: Path) -> None:
    ducking = make(before_s=0.3, linger_s=0)
    async with ducking.ducked():
        pass
    await until(lambda: lines(told) == ["before", "after"])


@pytest.mark.realtime
async def test_no_alarm_waits_longer_than_the_timeout(make: MakeDucking, told: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    ducking = make(timeout_s=0.3, before=f"(sleep 1; touch {alive}) & wait")
    began = time.monotonic()
    async with ducking.ducked() as quiet:
        await quiet()
        assert 0.25 < time.monotonic() - began < 1.0
    await until(lambda: lines(told) == ["after"])
    await asyncio.sleep(1)
    assert not alive.exists(), "what took too long is killed with all that it began"


async def test_what_fails_is_told_once_and_hinders_nothing(
    make: MakeDucking, told: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ducking = make(linger_s=0, before="exit 3")
    for _ in range(2):
        async with ducking.ducked() as quiet:
            await quiet()
    await ducking.stop()
    assert caplog.text.count("Ducking in kitchen failed: sh ended with code 3") == 1
    assert lines(told)[0] == "after"


async def test_a_program_that_is_not_there_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ducking = Ducking("kitchen", DuckingSettings(before=("no-such-player", "pause")), tmp_path / "marker")
    async with ducking.ducked() as quiet:
        await quiet()
    await ducking.stop()
    assert "no-such-player cannot be run: No such file or directory" in caplog.text


async def test_after_a_crash_the_next_start_turns_the_music_up(make: MakeDucking, told: Path, tmp_path: Path) -> None:
    (tmp_path / "marker").touch()
    ducking = make()
    await ducking.start()
    await until(lambda: lines(told) == ["after"])
    await until(lambda: not (tmp_path / "marker").exists())
    await ducking.stop()


async def test_at_the_end_nobody_waits_for_the_next_sound(make: MakeDucking, told: Path) -> None:
    ducking = make(linger_s=60)
    async with ducking.ducked() as quiet:
        await quiet()
    began = time.monotonic()
    await ducking.stop()
    assert lines(told) == ["before", "after"]
    assert time.monotonic() - began < 5


async def test_commands_are_not_told_our_secrets(
    make: MakeDucking, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXD_MQTT__PASSWORD", "hunter2")
    ducking = make(before=f"env >{told}")
    async with ducking.ducked() as quiet:
        await quiet()
        assert "PATH=" in told.read_text()
        assert "hunter2" not in told.read_text()
    await ducking.stop()
