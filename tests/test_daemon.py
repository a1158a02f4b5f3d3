"""The daemon's life: signals at odd moments, doors that open and close, and what it tells systemd."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from daemons import ServiceManager
from engines_for_tests import WatchedSine
from miniature_house import MiniatureHouse
from waiting import until

from voxd.daemon import Daemon, DoorChange, Part, Replace
from voxd.errors import VoxdError
from voxd.model.announcement import Announcement
from voxd.synthesis.engine_room import EngineRoom


class Door:
    """A frontend that takes its time to open and to close."""

    def __init__(self, name: str = "wyoming", *, opens: bool = True) -> None:
        self.name = name
        self.opens = opens
        self.healthy = True
        self.is_open = False
        self.running = 0

    async def start(self) -> None:
        await asyncio.sleep(0.02)
        if not self.opens:
            raise VoxdError(f"{self.name} cannot listen")
        self.is_open = True

    async def run(self) -> None:
        self.running += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.running -= 1

    async def stop(self) -> None:
        await asyncio.sleep(0.05)
        self.is_open = False


class Tended:
    """Outputs that are looked after, or not."""

    healthy = True


class TendedSine(WatchedSine):
    """An engine that is looked after, or not."""

    tended = True


async def _nothing() -> None:
    pass


class SlowPart:
    """A part whose disk is slow: it has begun when `begun` is true."""

    def __init__(self, begun: Callable[[], bool]) -> None:
        self._begun = begun

    async def start(self) -> None:
        await until(self._begun)

    async def stop(self) -> None:
        pass


class DoorWithACertificate(Door):
    """A frontend with a file that may be renewed; `damaged` is what is wrong with it."""

    reread_times = 0
    damaged = ""

    def reread(self) -> None:
        if self.damaged:
            raise VoxdError(self.damaged)
        self.reread_times += 1


class Case:
    """A daemon in miniature and its reloads."""

    def __init__(
        self,
        folder: Path,
        *doors: Door,
        engine: WatchedSine | None = None,
        warm: Callable[[], Awaitable[None]] = _nothing,
        parts: Sequence[Part] = (),
    ) -> None:
        self.outputs = Tended()
        self.house = MiniatureHouse(folder)
        self.reloads: list[list[DoorChange]] = []
        self.daemon = Daemon(
            folder / "lock",
            (*parts, self.house.engine, self.house.synthesizer),
            self.house.announcer,
            self.house.progress,
            doors,
            warm,
            self._reload,
            EngineRoom({} if engine is None else {engine.name: engine}),
            outputs=self.outputs,
        )

    async def _reload(self, replace: Replace) -> None:
        for change in self.reloads.pop(0):
            await replace(change)

    async def run_beside(self, act: Callable[[], Awaitable[None]]) -> None:
        """Run the daemon, act once it is ready, and wait for its end."""
        running = asyncio.create_task(self.daemon.run())
        async with asyncio.timeout(10):
            ready = asyncio.create_task(self.daemon.ready.wait())
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if not running.done():
                await act()
            await running


def hang_up() -> None:
    os.kill(os.getpid(), signal.SIGHUP)


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def test_a_restart_ends_in_order_and_says_that_voxd_is_to_begin_anew(tmp_path: Path) -> None:
    door = Door()
    case = Case(tmp_path, door)
    running = asyncio.create_task(case.daemon.run())
    await case.daemon.ready.wait()
    case.daemon.ask_to_restart()
    case.daemon.ask_to_restart()
    assert await asyncio.wait_for(running, 10) is True
    assert not door.is_open
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_a_stop_while_it_ends_to_begin_anew_is_a_stop(tmp_path: Path) -> None:
    case = Case(tmp_path)
    gate = case.house.outputs["kitchen"].gate = asyncio.Event()
    running = asyncio.create_task(case.daemon.run())
    await case.daemon.ready.wait()
    await case.house.announcer.announce(Announcement("Now", received_at=time.time()))
    await until(lambda: case.house.announcer.house_state().playing)
    case.daemon.ask_to_restart()
    await asyncio.sleep(0.05)
    terminate()
    await asyncio.sleep(0.05)
    gate.set()
    assert await asyncio.wait_for(running, 10) is False


async def test_everything_that_was_opened_is_closed(tmp_path: Path) -> None:
    door = Door()

    async def act() -> None:
        assert door.is_open
        terminate()

    await Case(tmp_path, door).run_beside(act)
    assert not door.is_open
    assert door.running == 0


async def test_a_door_that_cannot_be_opened_ends_the_start_and_closes_the_others(tmp_path: Path) -> None:
    first, second = Door("first"), Door("second", opens=False)
    with pytest.raises(ExceptionGroup) as caught:
        await Case(tmp_path, first, second).run_beside(_nothing)
    assert caught.group_contains(VoxdError, match="second cannot listen")
    assert not first.is_open
    assert first.running == 0


async def test_a_stop_in_the_middle_of_a_reload_ends_the_daemon(tmp_path: Path) -> None:
    old, new = Door(), Door()
    case = Case(tmp_path, old)
    case.reloads = [[DoorChange("wyoming", new, None)]]

    async def act() -> None:
        hang_up()
        await asyncio.sleep(0.03)
        terminate()

    await case.run_beside(act)
    assert not old.is_open
    assert not new.is_open
    assert old.running == new.running == 0


async def test_a_reload_takes_over_what_has_changed_in_files_without_closing_a_door(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door = DoorWithACertificate()
    case = Case(tmp_path, Door("mqtt"), door)
    case.reloads = [[], []]

    async def act() -> None:
        hang_up()
        await until(lambda: door.reread_times == 1)
        door.damaged = "The certificate is damaged"
        hang_up()
        await until(lambda: "not taken over: The certificate is damaged" in caplog.text)
        assert door.is_open
        assert door.running == 1
        terminate()

    await case.run_beside(act)


async def test_two_reloads_at_once_leave_one_door_open(tmp_path: Path) -> None:
    doors = [Door(), Door(), Door()]
    case = Case(tmp_path, doors[0])
    case.reloads = [[DoorChange("wyoming", doors[1], None)], [DoorChange("wyoming", doors[2], None)]]

    async def act() -> None:
        hang_up()
        await asyncio.sleep(0.01)
        hang_up()
        await until(lambda: doors[2].running)
        assert [door.is_open for door in doors] == [False, False, True]
        assert [door.running for door in doors] == [0, 0, 1]
        terminate()

    await case.run_beside(act)


async def test_where_the_new_door_cannot_be_opened_the_old_one_is_open_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running, new, old = Door(), Door(opens=False), Door()
    case = Case(tmp_path, running)
    case.reloads = [[DoorChange("wyoming", new, old)]]

    async def act() -> None:
        hang_up()
        await until(lambda: "was not taken over" in caplog.text)
        assert old.is_open
        terminate()

    await case.run_beside(act)
    assert "wyoming cannot listen" in caplog.text
    assert not old.is_open


async def test_a_door_that_is_no_longer_wanted_is_closed(tmp_path: Path) -> None:
    door = Door()
    case = Case(tmp_path, door)
    case.reloads = [[DoorChange("wyoming", None, None)]]

    async def act() -> None:
        hang_up()
        await until(lambda: not door.is_open)
        terminate()

    await case.run_beside(act)


async def test_a_second_daemon_over_the_same_folder_does_not_start(tmp_path: Path) -> None:
    async def act() -> None:
        with pytest.raises(VoxdError, match="Another voxd uses"):
            await Case(tmp_path, Door()).daemon.run()
        terminate()

    await Case(tmp_path, Door()).run_beside(act)


@pytest.mark.parametrize("sick", ["wyoming", "journal", "engines", "outputs", ""])
async def test_the_watchdog_is_fed_only_while_all_loops_are_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sick: str
) -> None:
    fed: list[None] = []
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    monkeypatch.setattr("voxd.lib.systemd.watchdog", lambda: fed.append(None))
    door, engine = Door(), TendedSine()
    case = Case(tmp_path, door, engine=engine)

    async def act() -> None:
        await until(lambda: fed)
        door.healthy = sick != "wyoming"
        engine.tended = sick != "engines"
        case.outputs.healthy = sick != "outputs"
        if sick == "journal":
            await case.house.announcer.stop()
        await asyncio.sleep(0.05)
        fed.clear()
        await asyncio.sleep(0.2)
        assert bool(fed) is not bool(sick)
        assert case.daemon.sick == ([sick] if sick else [])
        terminate()

    await case.run_beside(act)
    assert caplog.text.count("Not healthy") == (1 if sick else 0), "said once"
    assert not sick or f"Not healthy: {sick}" in caplog.text


async def test_the_watchdog_waits_for_parts_that_begin_slowly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[None] = []
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    monkeypatch.setattr("voxd.lib.systemd.watchdog", lambda: fed.append(None))

    async def act() -> None:
        terminate()

    await Case(tmp_path, Door(), parts=(SlowPart(lambda: len(fed) > 3),)).run_beside(act)


async def test_the_watchdog_is_not_fed_any_more_by_one_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    monkeypatch.setattr("voxd.lib.systemd.watchdog", lambda: told.append("fed"))
    monkeypatch.setattr("voxd.lib.systemd.stopping", lambda: told.append("stopping"))

    class SlowDoor(Door):
        """A door that takes several looks to close."""

        async def stop(self) -> None:
            await asyncio.sleep(0.2)

    async def act() -> None:
        terminate()

    await Case(tmp_path, SlowDoor()).run_beside(act)
    assert "fed" in told[: told.index("stopping")]
    assert told[told.index("stopping") :] == ["stopping"]


async def test_a_reload_is_told_to_systemd_before_the_loop_gets_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`systemctl reload` returns as soon as the signal is sent, unless systemd was told by then."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with closing(ServiceManager(tmp_path / "notify")) as manager:
        case = Case(tmp_path, Door())
        case.reloads = [[]]

        async def act() -> None:
            while manager.told.get(timeout=5) != "READY=1":
                pass
            hang_up()
            time.sleep(0.05)  # noqa: ASYNC251 - the loop is busy with something else
            while (told := manager.told.get(timeout=5)).startswith("STATUS"):
                pass
            assert told == "RELOADING=1"
            await until(lambda: not manager.told.empty() and manager.told.get() == "READY=1")
            terminate()

        await case.run_beside(act)


async def test_what_ended_before_anybody_listened_is_told(tmp_path: Path) -> None:
    """Frontends listen before the announcer tells what became of an earlier run's announcements."""
    door = Door()
    case = Case(tmp_path, door)
    heard_with_door_open: list[bool] = []
    case.house.progress.listen(lambda _: heard_with_door_open.append(door.is_open))
    async with MiniatureHouse(tmp_path).alive() as earlier:
        earlier.outputs["kitchen"].gate = asyncio.Event()
        await earlier.announcer.announce(Announcement("Left behind", received_at=time.time()))

    async def act() -> None:
        await until(lambda: heard_with_door_open)
        terminate()

    await case.run_beside(act)
    assert all(heard_with_door_open)


async def test_the_status_tells_what_is_being_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    manager = ServiceManager(tmp_path / "notify")
    case = Case(tmp_path)
    gate = case.house.outputs["kitchen"].gate = asyncio.Event()

    def told(line: str) -> Callable[[], bool]:
        return lambda: not manager.told.empty() and manager.told.get() == line

    async def act() -> None:
        for text in ("Now", "Later"):
            await case.house.announcer.announce(Announcement(text, received_at=time.time()))
        await until(told("STATUS=Speaking, 1 waiting"))
        gate.set()
        await until(told("STATUS=Ready"))
        terminate()

    await case.run_beside(act)
    await until(told("STOPPING=1"))
    manager.close()


async def test_the_status_tells_of_engines_that_are_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    manager = ServiceManager(tmp_path / "notify")
    sine, told = WatchedSine(), list[str]()

    async def next_told(line: str) -> None:
        def is_told() -> bool:
            while not manager.told.empty():
                told.append(manager.told.get())
            return line in told

        await until(is_told)
        told.clear()

    async def load() -> None:
        await next_told("STATUS=Starting, sine is loading")
        sine.turn("repairing")

    async def act() -> None:
        await next_told("STATUS=Ready, sine is being repaired")
        sine.turn("ready")
        await next_told("STATUS=Ready")
        terminate()

    await Case(tmp_path, engine=sine, warm=load).run_beside(act)
    manager.close()


async def test_a_stop_does_not_wait_for_what_is_being_loaded(tmp_path: Path) -> None:
    door, cancelled = Door(), asyncio.Event()

    async def load_for_ever() -> None:
        asyncio.get_running_loop().call_soon(terminate)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    await Case(tmp_path, door, warm=load_for_ever).run_beside(_nothing)
    assert cancelled.is_set()
    assert not door.is_open
