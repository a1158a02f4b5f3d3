"""What a newcomer means for those that are not over: it joins one, replaces one, or makes one give way."""

from collections.abc import Iterator
from dataclasses import replace

from voxd.announcing.agenda.effects import Effect, End
from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.ledger import Ledger
from voxd.announcing.agenda.rules import likeness, room, subjects
from voxd.announcing.agenda.rules.lifetime import later
from voxd.announcing.agenda.rules.likeness import Likeness, Superfluous
from voxd.announcing.agenda.rules.repeats import repetition, turns_had
from voxd.announcing.agenda.stage import Spoken
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId
from voxd.settings import AnnouncementSettings


def arrive(newer: Entry, ledger: Ledger, settings: AnnouncementSettings, now: float) -> tuple[Effect, ...]:
    """Take it over, or end it where it says nothing new; the effects on others come first."""
    replaced = tuple(_replaced_by(newer, ledger))
    said = likeness.likeness(newer.announcement, newer.zones)
    joined = _joined(newer.priority, said, ledger, settings, now)
    if joined is not None and all(older.id == joined for older in replaced):
        return (_join(newer, joined, ledger, settings, now),)
    effects: list[Effect] = []
    for older in replaced:
        effects += _replace(newer, older, ledger)
        newer = _in_its_place(newer, older, ledger)
    effects += _outdone(newer, said, ledger, settings)
    effects += _give_way(newer.priority, ledger, settings.queue_max)
    ledger.take_over(newer)
    return tuple(effects)


def _replaced_by(newer: Entry, ledger: Ledger) -> Iterator[Entry]:
    subject = newer.announcement.replaces
    for id_ in ledger.acquaintance.about(subject) if subject else ():
        older = ledger.get(id_)
        if older is not None and subjects.may_replace(newer.priority, older.priority):
            yield older


def _replace(newer: Entry, older: Entry, ledger: Ledger) -> tuple[Effect, ...]:
    reason = f"Replaced by {newer.id}"
    if ledger.stage.get(older.id):
        at_once = subjects.at_once(newer.priority)
        return ledger.end_spoken(older.id, State.REPLACED, reason, at_once=at_once)
    return (ledger.end_waiting(older.id, State.REPLACED, reason),)


def _in_its_place(newer: Entry, older: Entry, ledger: Ledger) -> Entry:
    is_spoken = ledger.stage.get(older.id) is not None
    if newer.arrival or is_spoken or not subjects.takes_its_place(newer, older):
        return newer
    return replace(newer, arrival=older.arrival)


def _joined(
    newer: Priority, said: Likeness, ledger: Ledger, settings: AnnouncementSettings, now: float
) -> AnnouncementId | None:
    """The one that says the same, in place of the newer one."""
    if not settings.coalesce_s:
        return None
    for id_ in ledger.acquaintance.alike(said):
        if _joins(newer, id_, ledger, settings, now):
            return id_
    recent = ledger.acquaintance.begun_since(said, now - settings.coalesce_s)
    if recent is None or newer is Priority.ALARM or ledger.get(recent) is not None:
        return None
    return recent


def _joins(newer: Priority, id_: AnnouncementId, ledger: Ledger, settings: AnnouncementSettings, now: float) -> bool:
    if (waiting := ledger.lineup.get(id_)) is not None:
        return likeness.beside_waiting(newer, waiting.priority) is Superfluous.NEWER
    spoken = ledger.stage.get(id_)
    if spoken is None or spoken.is_last:
        return False
    superfluous = likeness.beside_spoken(
        newer,
        spoken.entry,
        begun_s=now - spoken.begun_at,
        coalesce_s=settings.coalesce_s,
        comes_again=_comes_again(spoken, settings),
    )
    return superfluous is Superfluous.NEWER


def _comes_again(spoken: Spoken, settings: AnnouncementSettings) -> bool:
    again = repetition(spoken.entry.announcement, settings.alarms)
    return again.comes_after(turns_had(spoken.entry) + 1)


def _join(newer: Entry, id_: AnnouncementId, ledger: Ledger, settings: AnnouncementSettings, now: float) -> End:
    """The one that stays is due as long as either of them is; an alarm that is raised anew rests no longer."""
    older = ledger.get(id_)
    if older is not None:
        said = likeness.likeness(older.announcement, older.zones)
        is_fresh = ledger.acquaintance.begun_since(said, now - settings.coalesce_s) is not None
        not_before = min(older.not_before, now) if newer.is_alarm and not is_fresh else older.not_before
        ledger.change(replace(older, due_by=later(older.due_by, newer.due_by), not_before=not_before))
    return End(newer.announcement, State.COALESCED, f"The same is announced as {id_}")


def _outdone(newer: Entry, said: Likeness, ledger: Ledger, settings: AnnouncementSettings) -> Iterator[Effect]:
    """Those that wait, and say less urgently what it says."""
    for id_ in ledger.acquaintance.alike(said) if settings.coalesce_s else ():
        waiting = ledger.lineup.get(id_)
        if waiting and likeness.beside_waiting(newer.priority, waiting.priority) is Superfluous.OLDER:
            yield ledger.end_waiting(id_, State.COALESCED, f"The same is announced more urgently as {newer.id}")


def _give_way(newer: Priority, ledger: Ledger, bound: int) -> Iterator[Effect]:
    yielding = ledger.lineup.first_to_yield(newer)
    if len(ledger.lineup) >= bound and yielding is not None:
        yield ledger.end_waiting(yielding.id, State.CANCELLED, room.why_gave_way(bound))
