"""What waits to be published: bounded, in order, retained values first."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from voxd.wire.mqtt.packets import Publication

TRIES_MAX = 3
"""A publication during which the connection broke this often is given up: it may be what breaks it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A publication and how often the connection broke while it was on its way."""

    publication: Publication
    tries: int = 0


class Outbox:
    """Holds at most `count_max` publications of `bytes_max` together; the oldest make room and are counted.

    Of retained ones only the newest of each topic waits, ahead of all others.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._retained: dict[str, Parcel] = {}
        self._others: deque[Parcel] = deque()
        self._bytes = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._retained) + len(self._others)

    def put(self, publication: Publication) -> None:
        """Let a publication wait for its turn."""
        if publication.retain:
            self._retained.pop(publication.topic, None)
            self._retained[publication.topic] = Parcel(publication)
            return
        self._others.append(Parcel(publication))
        self._bytes += publication.size_bytes
        self._make_room()

    def take(self) -> Parcel | None:
        """The next to be sent, None when nothing waits."""
        if self._retained:
            return self._retained.pop(next(iter(self._retained)))
        if not self._others:
            return None
        parcel = self._others.popleft()
        self._bytes -= parcel.publication.size_bytes
        return parcel

    def put_back(self, parcels: Iterable[Parcel], *, suspect: bool) -> set[str]:
        """Send these again, before the others: the connection ended before the broker confirmed them.

        `suspect`: one of them may be why. The topics of those that are given up.
        """
        returning = [replace(parcel, tries=parcel.tries + suspect) for parcel in parcels]
        again = [parcel for parcel in returning if parcel.tries < TRIES_MAX]
        given_up = [parcel for parcel in returning if parcel.tries >= TRIES_MAX]
        self.dropped += len(given_up)
        newest = {parcel.publication.topic: parcel for parcel in again if parcel.publication.retain}
        self._retained = newest | self._retained
        others = [parcel for parcel in again if not parcel.publication.retain]
        self._others.extendleft(reversed(others))
        self._bytes += sum(parcel.publication.size_bytes for parcel in others)
        self._make_room()
        return {parcel.publication.topic for parcel in given_up}

    def _make_room(self) -> None:
        while self._others and (len(self._others) > self._count_max or self._bytes > self._bytes_max):
            self._bytes -= self._others.popleft().publication.size_bytes
            self.dropped += 1
