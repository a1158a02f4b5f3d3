"""Whose turn it is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.quiet import Hearing
from voxd.announcing.agenda.rules.urgency import Interruption, between
from voxd.announcing.agenda.stage import Spoken
from voxd.model.identifiers import ZoneId


@dataclass(frozen=True, slots=True)
class House:
    """What decides of turns beside the entries: the zones there are, those that are paused, who is heard where."""

    zones: Collection[ZoneId]
    paused: frozenset[ZoneId]
    heard_in: Mapping[ZoneId, Sequence[Spoken]]


@dataclass(frozen=True, slots=True)
class Turn:
    """An entry that may begin in the zones of its hearing (none: it is suppressed) once those `in_the_way` are off."""

    entry: Entry
    hearing: Hearing
    in_the_way: tuple[Spoken, ...] = ()


def turns(waiting: Iterable[Entry], house: House, hearing: Callable[[Entry], Hearing], now: float) -> Iterator[Turn]:
    """The turns of those that wait, given in the order of their ranks.

    In each zone they go in that order: one that waits for a busy zone keeps its other zones until it begins, so that
    what is for the whole house is not put off by every room in turn. Only who could not begin anyway, as it rests or
    one of its zones is paused, lets others pass. Where only some of those in its way make way for it, it disturbs none.
    """
    kept: set[ZoneId] = set()
    # Zones that are kept, or paused once the alarms are through: who is for no others is passed quickly.
    shut: set[ZoneId] = set()
    for entry in waiting:
        if not entry.is_alarm:
            shut |= house.paused
        if shut.issuperset(entry.zones) or not may_begin(entry, house.paused, now):
            continue
        heard = hearing(entry)
        if kept.isdisjoint(heard.zones or entry.zones):
            yield from _turn(entry, heard, house)
        kept.update(heard.zones)
        shut |= kept
        if kept.issuperset(house.zones):
            return


def may_begin(entry: Entry, paused: frozenset[ZoneId], now: float) -> bool:
    """Whether it neither rests nor is held in one of its zones."""
    return entry.not_before <= now and (paused.isdisjoint(entry.zones) or entry.is_alarm)


def _turn(entry: Entry, heard: Hearing, house: House) -> Iterator[Turn]:
    spoken = [one for zone in heard.zones or entry.zones for one in house.heard_in.get(zone, ())]
    in_the_way = tuple({one.entry.id: one for one in spoken}.values())
    if not in_the_way or (heard.zones and all(_makes_way(spoken, entry) for spoken in in_the_way)):
        yield Turn(entry, heard, in_the_way)


def _makes_way(spoken: Spoken, entry: Entry) -> bool:
    return spoken.breaks_off or between(entry, spoken.entry) is not Interruption.NONE
