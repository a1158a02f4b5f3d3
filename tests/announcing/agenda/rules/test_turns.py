"""Whose turn it is, in a house of two zones."""

from typing import Any

import pytest
from agendas import ALARM, BEDROOM, EVERYWHERE, HIGH, KITCHEN, LOW, NORMAL, said

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.quiet import Hearing
from voxd.announcing.agenda.rules.turns import House, turns
from voxd.announcing.agenda.stage import Spoken
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId

Zones = tuple[ZoneId, ...]
HERE, THERE = (KITCHEN,), (BEDROOM,)


def entry(id_: str, zones: Zones, priority: Priority = NORMAL, **options: Any) -> Entry:
    return Entry(said(id_, priority), zones, 0.0, **options)


def turns_of(waiting: list[Entry], spoken: list[Entry], *paused: ZoneId, mute: str = "") -> list[tuple[str, list[str]]]:
    """The turns, each with what is in its way; what is `mute` may be heard nowhere."""
    heard_in = {zone: [Spoken(one, 0.0)] for one in spoken for zone in one.zones}
    house = House(EVERYWHERE, frozenset(paused), heard_in)
    found = turns(waiting, house, lambda one: Hearing(() if one.id == mute else one.zones), 10.0)
    return [(turn.entry.id, [other.entry.id for other in turn.in_the_way]) for turn in found]


@pytest.mark.parametrize(
    ("waiting", "spoken", "expected"),
    [
        ([], [], []),
        ([entry("1", HERE), entry("2", HERE)], [], [("1", [])]),
        ([entry("1", HERE), entry("2", THERE)], [], [("1", []), ("2", [])]),
        ([entry("1", EVERYWHERE), entry("2", THERE)], [entry("0", HERE)], []),
        ([entry("1", HERE, not_before=11.0), entry("2", HERE)], [], [("2", [])]),
        ([entry("1", HERE, not_before=10.0), entry("2", HERE)], [], [("1", [])]),
        ([entry("1", HERE, ALARM)], [entry("0", EVERYWHERE)], [("1", ["0"])]),
        ([entry("1", EVERYWHERE, HIGH)], [entry("8", HERE), entry("9", THERE, LOW)], [("1", ["8", "9"])]),
        ([entry("1", EVERYWHERE, HIGH)], [entry("8", HERE), entry("9", THERE, HIGH)], []),
        ([entry("1", HERE, HIGH), entry("2", THERE, HIGH)], [entry("0", EVERYWHERE)], [("1", ["0"]), ("2", ["0"])]),
        ([entry("1", HERE)], [entry("0", HERE, LOW)], []),
    ],
)
def test_each_zone_goes_by_rank_and_the_urgent_asks_others_out_of_the_way(
    waiting: list[Entry], spoken: list[Entry], expected: list[tuple[str, list[str]]]
) -> None:
    assert turns_of(waiting, spoken) == expected


def test_only_alarms_have_turns_in_paused_zones() -> None:
    waiting = [entry("1", HERE, ALARM), entry("2", EVERYWHERE), entry("3", THERE)]
    assert turns_of(waiting, [], KITCHEN) == [("1", []), ("3", [])]


def test_what_may_be_heard_nowhere_has_its_turn_and_keeps_no_zone() -> None:
    waiting = [entry("1", HERE), entry("2", HERE)]
    assert turns_of(waiting, [], mute="1") == [("1", []), ("2", [])]


def test_what_may_be_heard_nowhere_interrupts_nobody() -> None:
    assert turns_of([entry("1", HERE, HIGH)], [entry("0", HERE)], mute="1") == []
