"""Promises of looking after outputs: lost is told once, back is told once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from waiting import until

from voxd.delivery.lookout import Lookout
from voxd.errors import OutputError
from voxd.lib import steps
from voxd.model.audio import Chunk


class Radio:
    """An output that is there or not; a liar is found each time, and never heard."""

    name = "radio"

    def __init__(self) -> None:
        self.there = True
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1
        await self.look()

    async def look(self) -> None:
        if not self.there:
            raise OutputError("no radio")

    async def stop(self) -> None:
        """Nothing to undo."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Nobody asks for it here."""


class Owner:
    """Notes what is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.woken = 0

    def change(self, name: str, reason: str) -> None:
        self.told.append((name, reason))

    def wake(self) -> None:
        self.woken += 1


LOST, BACK = ("radio", "no radio"), ("radio", "")


async def test_an_output_that_is_not_there_at_the_start_is_found_when_it_comes() -> None:
    radio, owner = Radio(), Owner()
    radio.there = False
    lookout = Lookout(owner.change)
    lookout.listen(owner.wake)
    await lookout.start([radio])
    await until(lambda: radio.starts >= 2)
    assert owner.told == [LOST]
    radio.there = True
    await until(lambda: owner.told == [LOST, BACK])
    assert lookout.lost() == {}
    assert owner.woken == 1
    await lookout.stop()


async def test_an_idle_output_is_missed_without_anything_being_played() -> None:
    radio, owner = Radio(), Owner()
    lookout = Lookout(owner.change, look_every_s=0.01)
    await lookout.start([radio])
    radio.there = False
    await until(lambda: lookout.lost() == {"radio": "no radio"})
    await lookout.stop()


async def test_one_that_is_found_but_never_heard_is_not_told_to_and_fro() -> None:
    radio, owner = Radio(), Owner()
    lookout = Lookout(owner.change)
    lookout.listen(owner.wake)
    lookout.note_failed(radio, "silence")
    await until(lambda: lookout.worth_trying(radio))
    for woken in (2, 3, 4):
        lookout.note_failed(radio, "silence")
        await until(lambda woken=woken: owner.woken == woken)  # type: ignore[misc]  # mypy knows no such lambda
    assert owner.told == [("radio", "silence"), BACK, ("radio", "silence")]
    assert lookout.lost() == {"radio": "silence"}
    assert lookout.worth_trying(radio), "it is tried all the same"
    lookout.note_heard(radio)
    assert owner.told[3:] == [BACK]
    await lookout.stop()


async def test_a_listener_that_fails_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    radio, owner = Radio(), Owner()
    lookout = Lookout()

    def broken() -> None:
        raise RuntimeError("bug")

    lookout.listen(broken)
    forget = lookout.listen(owner.wake)
    lookout.note_failed(radio, "no radio")
    lookout.note_heard(radio)
    assert owner.woken == 1
    forget()
    lookout.note_failed(radio, "no radio")
    lookout.note_heard(radio)
    assert owner.woken == 1
    assert "A listener failed" in caplog.text
    await lookout.stop()


class BrokenRadio(Radio):
    """Has a bug."""

    async def start(self) -> None:
        if self.starts:
            raise ZeroDivisionError
        await super().start()


class HungRadio(Radio):
    """Hangs, whatever is done to it, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def look(self) -> None:
        if self.starts > 1:
            return
        self.starts += 1
        while not self.let_go.is_set():
            with suppress(asyncio.CancelledError):
                await self.let_go.wait()


async def test_an_output_that_is_lost_is_no_illness() -> None:
    radio = Radio()
    radio.there = False
    lookout = Lookout(look_every_s=0.01)
    await lookout.start([radio])
    await until(lambda: radio.starts >= 2)
    assert lookout.healthy
    await lookout.stop()
    assert lookout.healthy


async def test_outputs_that_nobody_looks_for_any_more_are_one() -> None:
    radio = BrokenRadio()
    lookout = Lookout()
    await lookout.start([radio])
    lookout.note_failed(radio, "no radio")
    await until(lambda: not lookout.healthy)
    await lookout.stop()


async def test_so_is_a_look_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SLACK_S", 0.1)
    monkeypatch.setattr("voxd.delivery.lookout.START_TIMEOUT_S", 0.1)
    radio = HungRadio()
    lookout = Lookout(look_every_s=0.01)
    radio.let_go.set()
    await lookout.start([radio])
    radio.starts = 0
    radio.let_go.clear()
    await until(lambda: not lookout.healthy)
    radio.let_go.set()
    await until(lambda: lookout.healthy)
    await lookout.stop()
