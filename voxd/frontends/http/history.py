"""Which part of the history somebody wants to see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from voxd.announcing.journal.rows import Past
from voxd.frontends import order_payloads
from voxd.frontends.fields import Fields, a_name, a_text
from voxd.frontends.order_payloads import HISTORY_MAX, HistoryWish
from voxd.frontends.payloads import a_priority
from voxd.model.announcement import EVERYWHERE, Priority
from voxd.model.identifiers import ZoneId

FILTERS = ("zone", "priority", "source", "text")


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """How much of it, of what has become what, and what else must be true; of the last 1000 announcements."""

    wish: HistoryWish
    zone: str | None = None
    priority: Priority | None = None
    source: str | None = None
    text: str | None = None

    @property
    def looked_through(self) -> int:
        """So many announcements have to be looked through."""
        return self.wish.limit if (self.zone, self.priority, self.source, self.text) == (None,) * 4 else HISTORY_MAX

    def chosen(self, past: Iterable[Past]) -> tuple[Past, ...]:
        """Those that are wanted."""
        return tuple(one for one in past if self._is_wanted(one))[: self.wish.limit]

    def _is_wanted(self, past: Past) -> bool:
        announcement = past.announcement
        zones = announcement.zones
        return (
            (self.zone is None or not zones or EVERYWHERE in zones or ZoneId(self.zone) in zones)
            and (self.priority is None or announcement.priority is self.priority)
            and (self.source is None or announcement.source.startswith(self.source))
            and (self.text is None or self.text.casefold() in announcement.text.casefold())
        )


def history_filter(query: Mapping[str, str]) -> HistoryFilter:
    """What the query of an address asks for. Raises BadRequestError."""
    wish = order_payloads.history_of({key: value for key, value in query.items() if key not in FILTERS})
    fields = Fields({key: value for key, value in query.items() if key in FILTERS}, FILTERS)
    name: Callable[[object], str] = partial(a_name, chars_max=200)
    found = HistoryFilter(
        wish,
        fields.take("zone", a_name),
        fields.take("priority", a_priority),
        fields.take("source", name),
        fields.take("text", partial(a_text, chars_max=200)),
    )
    fields.finish()
    return found
