"""Standing orders: what is paused and who is not to be disturbed is known after a restart."""

from pathlib import Path

import pytest

from voxd.announcing.standing_orders import StandingOrders
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId

KITCHEN, ATTIC = ZoneId("kitchen"), ZoneId("attic")


async def kept(file: Path) -> StandingOrders:
    """What the next start reads."""
    orders = StandingOrders(file)
    await orders.load()
    return orders


async def test_at_first_nothing_is_in_force(tmp_path: Path) -> None:
    orders = await kept(tmp_path / "standing-orders.json")
    assert (orders.paused, orders.undisturbed) == (frozenset(), {})
    assert list(tmp_path.iterdir()) == []


async def test_pauses_and_do_not_disturb_are_kept_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "standing-orders.json"
    orders = await kept(file)
    await orders.pause((KITCHEN, ATTIC))
    await orders.do_not_disturb((ATTIC,), Priority.ALARM)
    again = await kept(file)
    assert again.paused == {KITCHEN, ATTIC}
    assert again.undisturbed == {ATTIC: Priority.ALARM}


async def test_what_was_undone_is_not_in_force_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "standing-orders.json"
    orders = await kept(file)
    await orders.pause((KITCHEN, ATTIC))
    await orders.do_not_disturb((KITCHEN, ATTIC), Priority.HIGH)
    await orders.resume((KITCHEN,))
    await orders.do_not_disturb((KITCHEN,), None)
    again = await kept(file)
    assert again.paused == {ATTIC}
    assert again.undisturbed == {ATTIC: Priority.HIGH}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"paused": 5}', b'{"paused": [], "undisturbed": {"a": "x"}}'])
async def test_a_damaged_file_is_told_of_and_stops_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "standing-orders.json"
    file.write_bytes(content)
    orders = await kept(file)
    assert orders.paused == frozenset()
    assert "cannot be read" in caplog.text
    await orders.pause((KITCHEN,))
    assert (await kept(file)).paused == {KITCHEN}


async def test_an_order_holds_where_it_cannot_be_written_and_that_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    orders = await kept(folder / "standing-orders.json")
    await orders.pause((KITCHEN,))
    await orders.pause((ATTIC,))
    assert orders.paused == {KITCHEN, ATTIC}
    assert caplog.text.count("cannot be written") == 1
    folder.mkdir()
    await orders.pause((ATTIC,))
    assert (await kept(folder / "standing-orders.json")).paused == {KITCHEN, ATTIC}
