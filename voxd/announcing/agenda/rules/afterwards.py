"""What becomes of an announcement when its performance is over."""

from dataclasses import replace

from voxd.announcing.agenda.effects import BrokenOff, End, Ending, Failed, Finished, Unheard, Wait
from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.lifetime import ends_by, over
from voxd.announcing.agenda.rules.repeats import acknowledged, repetition, turns_had, unacknowledged
from voxd.announcing.agenda.rules.silence import again_after_s, silence
from voxd.announcing.agenda.stage import Spoken
from voxd.model.announcement import State
from voxd.settings import AnnouncementSettings


def afterwards(spoken: Spoken, ending: Ending, settings: AnnouncementSettings, now: float) -> Wait | End:
    """It is over, or waits again: for its next repeat, for its rest, or for an output."""
    entry = spoken.entry
    match ending:
        case Finished():
            return _heard(spoken, settings, now)
        case _ if spoken.is_last:
            return End(entry.announcement, *(spoken.end or acknowledged(entry)))
        case BrokenOff():
            return _broken_off(spoken, settings, now)
        case Failed(reason):
            return _failed(entry, reason, settings, now)
        case Unheard(reason):
            return _unheard(spoken, reason, settings, now)


def _heard(spoken: Spoken, settings: AnnouncementSettings, now: float) -> Wait | End:
    entry = spoken.entry
    if not entry.is_alarm:
        return End(entry.announcement, State.FINISHED)
    if spoken.is_last:
        return End(entry.announcement, State.FINISHED, spoken.reason)
    heard = replace(entry, repeats=entry.repeats + 1)
    return _rests(heard, settings, now, unacknowledged(heard))


def _broken_off(spoken: Spoken, settings: AnnouncementSettings, now: float) -> Wait | End:
    entry = spoken.entry
    if not spoken.silenced:
        interrupted = replace(entry, silence=None if spoken.progress else entry.silence)
        return _waits(interrupted, spoken.reason or "The rest is spoken later", settings, now)
    was_heard = entry.sentences_heard > 0 or entry.heard > 0
    had_its_turn = replace(entry, repeats=entry.repeats + was_heard, failures=entry.failures + (not was_heard))
    return _rests(had_its_turn, settings, now, (State.INTERRUPTED, spoken.reason))


def _failed(entry: Entry, reason: str, settings: AnnouncementSettings, now: float) -> Wait | End:
    """An alarm is tried again."""
    if not entry.is_alarm:
        return End(entry.announcement, State.FAILED, reason)
    end = State.FINISHED if entry.repeats else State.FAILED, reason
    return _rests(replace(entry, failures=entry.failures + 1), settings, now, end, f"{reason}. ")


def _rests(
    entry: Entry, settings: AnnouncementSettings, now: float, end: tuple[State, str], why: str = ""
) -> Wait | End:
    """An alarm that had its turn rests until its next one; `end` is how it ends after the last."""
    again = repetition(entry.announcement, settings.alarms)
    if not again.comes_after(turns_had(entry)):
        return End(entry.announcement, *end)
    rested = replace(entry, not_before=now + again.every_s, sentences_heard=0, heard=0.0, silence=None)
    return _waits(rested, f"{why}{again.reason}", settings, now)


def _unheard(spoken: Spoken, reason: str, settings: AnnouncementSettings, now: float) -> Wait | End:
    entry = spoken.entry
    before = silence(entry.silence, reason, now, progress=spoken.progress)
    unheard = replace(entry, silence=before, not_before=now + again_after_s(before.tries))
    return _waits(unheard, reason, settings, now)


def _waits(entry: Entry, reason: str, settings: AnnouncementSettings, now: float) -> Wait | End:
    """It waits, unless it is over by itself already."""
    end = ends_by(entry, settings)
    if end is not None and end <= now:
        return End(entry.announcement, *over(entry))
    return Wait(entry, reason)
