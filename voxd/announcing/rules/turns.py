"""Whose turn it is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from voxd.announcing.entry import Entry
from voxd.announcing.rules.quiet import Hearing
from voxd.announcing.rules.urgency import Interruption, interruption
from voxd.announcing.stage import Spoken
from voxd.model.identifiers import ZoneId


@dataclass(frozen=True, slots=True)
class House:
    """What decides of turns beside the entries: the zones there are, those that are paused, who is heard where."""

    zones: Collection[ZoneId]
    paused: Collection[ZoneId]
    heard_in: Mapping[ZoneId, Spoken]


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
    for entry in waiting:
        if kept.issuperset(entry.zones) or not may_begin(entry, house.paused, now):
            continue
        heard = hearing(entry)
        zones = heard.zones or entry.zones
        if kept.isdisjoint(zones):
            yield from _turn(entry, heard, zones, house)
        kept.update(zones)
        if kept.issuperset(house.zones):
            return


def may_begin(entry: Entry, paused: Collection[ZoneId], now: float) -> bool:
    """Whether it neither rests nor is held in one of its zones."""
    return entry.not_before <= now and (entry.is_alarm or not any(zone in paused for zone in entry.zones))


def _turn(entry: Entry, heard: Hearing, zones: tuple[ZoneId, ...], house: House) -> Iterator[Turn]:
    found = {house.heard_in[zone].entry.id: house.heard_in[zone] for zone in zones if zone in house.heard_in}
    in_the_way = tuple(found.values())
    if not in_the_way or (heard.zones and all(_makes_way(spoken, entry) for spoken in in_the_way)):
        yield Turn(entry, heard, in_the_way)


def _makes_way(spoken: Spoken, entry: Entry) -> bool:
    return spoken.breaks_off or interruption(entry.priority, spoken.entry.priority) is not Interruption.NONE
