"""The stage: the entries that are being spoken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from voxd.announcing.agenda.effects import BreakOff
from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId, ZoneId


@dataclass(frozen=True, slots=True)
class Spoken:
    """An entry being spoken, since when, and what was asked of its performance meanwhile.

    Where it is to be broken off, `reason` says why; `end` is what becomes of it then, None lets it wait again. An alarm
    that is `silenced` has had its turn and goes on with its repeats, one that is `acknowledged` does not. `progress`
    tells, once it is over, whether any of it was heard this time. `stands_in` are zones where it is heard in the stead
    of its own.
    """

    entry: Entry
    begun_at: float
    breaks_off: bool = False
    at_once: bool = False
    silenced: bool = False
    acknowledged: bool = False
    reason: str = ""
    end: tuple[State, str] | None = None
    progress: bool = False
    stands_in: tuple[ZoneId, ...] = ()

    @property
    def is_last(self) -> bool:
        """Whether it is over after this, however it ends."""
        return self.acknowledged or self.end is not None

    @property
    def zones(self) -> tuple[ZoneId, ...]:
        """Where it is heard."""
        return (*self.entry.zones, *self.stands_in)


class Stage:
    """At most one in each zone, beside those that stand in there."""

    def __init__(self) -> None:
        self._spoken: dict[AnnouncementId, Spoken] = {}

    def __iter__(self) -> Iterator[Spoken]:
        return iter(tuple(self._spoken.values()))

    def get(self, id_: AnnouncementId) -> Spoken | None:
        """None where it is not being spoken."""
        return self._spoken.get(id_)

    def by_zone(self) -> Mapping[ZoneId, Sequence[Spoken]]:
        """Who is heard where."""
        heard: dict[ZoneId, list[Spoken]] = {}
        for spoken in self:
            for zone in spoken.zones:
                heard.setdefault(zone, []).append(spoken)
        return heard

    def begin(self, entry: Entry, now: float) -> None:
        """It is being spoken from now on."""
        self._spoken[entry.id] = Spoken(entry, now)

    def leave(self, id_: AnnouncementId, sentences_heard: int, heard: float) -> Spoken:
        """It is not being spoken any more; so much of it was heard by now."""
        spoken = self._spoken.pop(id_)
        before = spoken.entry
        heard, sentences_heard = max(before.heard, heard), max(before.sentences_heard, sentences_heard)
        progress = (sentences_heard, heard) != (before.sentences_heard, before.heard)
        entry = replace(before, sentences_heard=sentences_heard, heard=heard)
        return replace(spoken, entry=entry, progress=progress)

    def stand_in(self, id_: AnnouncementId, zone: ZoneId) -> None:
        """It is heard there, too, in the stead of a zone of its own."""
        spoken = self._spoken[id_]
        self._spoken[id_] = replace(spoken, stands_in=(*spoken.stands_in, zone))

    def change(self, entry: Entry) -> None:
        """Know something else of one being spoken."""
        self._spoken[entry.id] = replace(self._spoken[entry.id], entry=entry)

    def break_off(
        self,
        id_: AnnouncementId,
        *,
        at_once: bool,
        reason: str,
        end: tuple[State, str] | None = None,
        silenced: bool = False,
        acknowledged: bool = False,
    ) -> tuple[BreakOff, ...]:
        """Ask for that, where it was not asked for before; the first `end` and the first reason count."""
        spoken = self._spoken[id_]
        self._spoken[id_] = replace(
            spoken,
            breaks_off=True,
            at_once=spoken.at_once or at_once,
            silenced=spoken.silenced or silenced,
            acknowledged=spoken.acknowledged or acknowledged,
            reason=spoken.reason or reason,
            end=spoken.end or end,
        )
        if spoken.breaks_off and (spoken.at_once or not at_once):
            return ()
        return (BreakOff(id_, at_once, reason),)
