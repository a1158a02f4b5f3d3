"""Acquaintance: which announcements, not over or begun a moment ago, say the same or are about the same."""

from typing import TypeVar

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.likeness import Likeness, likeness
from voxd.model.identifiers import AnnouncementId

RECENT_MAX = 1000
Key = TypeVar("Key", Likeness, str)


class Acquaintance:
    """An index; everything that waits or is being spoken is in it, from `meet` to `part`."""

    def __init__(self) -> None:
        self._known: dict[AnnouncementId, tuple[Likeness, tuple[str, ...]]] = {}
        self._alike: dict[Likeness, dict[AnnouncementId, None]] = {}
        self._about: dict[str, dict[AnnouncementId, None]] = {}
        self._recent: dict[Likeness, tuple[float, AnnouncementId]] = {}

    def meet(self, entry: Entry) -> None:
        """Know it by what it says, by its id and by what it is about."""
        said = likeness(entry.announcement, entry.zones)
        subjects = tuple({entry.id, entry.announcement.replaces or entry.id})
        self._known[entry.id] = said, subjects
        self._alike.setdefault(said, {})[entry.id] = None
        for subject in subjects:
            self._about.setdefault(subject, {})[entry.id] = None

    def part(self, id_: AnnouncementId, *, was_heard: bool) -> None:
        """It is over. Nobody needs to hear again at once what was heard; what was not is forgotten."""
        said, subjects = self._known.pop(id_)
        _discard(self._alike, said, id_)
        for subject in subjects:
            _discard(self._about, subject, id_)
        if not was_heard and said in self._recent and self._recent[said][1] == id_:
            del self._recent[said]

    def alike(self, said: Likeness) -> tuple[AnnouncementId, ...]:
        """Those that say the same in the same zones."""
        return tuple(self._alike.get(said, ()))

    def about(self, subject: str) -> tuple[AnnouncementId, ...]:
        """Those of that id, or that are about it themselves."""
        return tuple(self._about.get(subject, ()))

    def note_begun(self, id_: AnnouncementId, now: float) -> None:
        """It is being spoken now."""
        said, _ = self._known[id_]
        self._recent.pop(said, None)
        self._recent[said] = (now, id_)
        if len(self._recent) > RECENT_MAX:
            del self._recent[next(iter(self._recent))]

    def begun_since(self, said: Likeness, earliest: float) -> AnnouncementId | None:
        """One that says the same and was begun at that time or later."""
        at, id_ = self._recent.get(said, (earliest, None))
        return id_ if at >= earliest else None


def _discard(index: dict[Key, dict[AnnouncementId, None]], key: Key, id_: AnnouncementId) -> None:
    del index[key][id_]
    if not index[key]:
        del index[key]
