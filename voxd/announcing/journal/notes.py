"""Notes on their way to the journal: what several of them say together of one announcement."""

import json
from dataclasses import asdict, dataclass, replace

from voxd.announcing.journal.rows import Note
from voxd.lib.clock import Moment
from voxd.model.announcement import State


@dataclass(frozen=True, slots=True)
class Jotting:
    """A note, when it was made, and what it says of starts and tries: so many more, counted anew in a new turn."""

    note: Note
    at: Moment
    starts: int
    tries: int
    is_new_turn: bool

    @property
    def is_light(self) -> bool:
        """Whether it is about nothing but a start: it must outlive this process, which that may end, and no more."""
        return self.note.starts or self.note.state is State.SYNTHESIZING

    def values(self) -> dict[str, object]:
        """The values of NOTE_SQL."""
        note = self.note
        return {
            "id": note.id,
            "state": note.state,
            "reason": note.reason,
            "sentences_heard": note.sentences_heard,
            "heard": note.heard,
            "repeats": note.repeats,
            "outcome": json.dumps(dict(note.outcome), ensure_ascii=False, default=str),
            "starts": self.starts,
            "tries": self.tries,
            "is_new_turn": self.is_new_turn,
            **asdict(self.at),
        }


def jotting(note: Note, at: Moment) -> Jotting:
    """A note of its own."""
    return Jotting(note, at, int(note.starts), int(note.state is State.SYNTHESIZING), note.state is State.QUEUED)


def merged(older: Jotting | None, newer: Jotting) -> Jotting:
    """One jotting that changes a row as both would, one after the other: what is over stays over."""
    if older is None:
        return newer
    if older.note.state.is_end:
        return older
    repeated = newer.note.repeats > older.note.repeats
    note = replace(
        newer.note,
        sentences_heard=max(newer.note.sentences_heard, 0 if repeated else older.note.sentences_heard),
        heard=max(newer.note.heard, 0.0 if repeated else older.note.heard),
        repeats=max(newer.note.repeats, older.note.repeats),
        outcome=newer.note.outcome or older.note.outcome,
    )
    starts = newer.starts if newer.is_new_turn else older.starts + newer.starts
    tries = newer.tries if newer.is_new_turn else older.tries + newer.tries
    return Jotting(note, newer.at, starts, tries, older.is_new_turn or newer.is_new_turn)
