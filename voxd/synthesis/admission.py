"""The order in which an engine takes sentences."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from voxd.errors import BusyError

BUSY = "Too many sentences are waiting for the engine; try again later"


class Urgency(IntEnum):
    """Who is synthesized first."""

    RENDERING = 0
    ANNOUNCEMENT = 1
    ALARM = 2


class Place:
    """One sentence's place at an engine, from its arrival to the end of its synthesis.

    `speaking`: it has its turn. `lost`: something more urgent took the place, it will never have a turn.
    """

    def __init__(self, admission: "Admission", urgency: Urgency, number: int) -> None:
        self._admission = admission
        self._number = number
        self._turn: asyncio.Future[None] | None = None
        self.urgency = urgency
        self.speaking = False
        self.lost = False

    @property
    def order(self) -> tuple[int, int]:
        """The smallest comes first: the most urgent, and among equals who came first."""
        return -self.urgency, self._number

    @property
    def asking(self) -> bool:
        """Whether it waits for its turn."""
        return self._turn is not None and not self._turn.done()

    def promote(self, urgency: Urgency) -> None:
        """Wait as urgently as `urgency` from now on; never less."""
        self.urgency = max(self.urgency, urgency)

    async def turn(self) -> None:
        """Wait until the engine is free for this one. Raises BusyError if something more urgent took the place."""
        if self.lost:
            raise BusyError(BUSY)
        self._turn = asyncio.get_running_loop().create_future()
        self._admission.call()
        await self._turn

    def leave(self) -> None:
        """Give the place up, whatever came of it; may be called again."""
        self._admission.forget(self)

    def displace(self) -> None:
        """Lose the place to something more urgent."""
        self.lost = True
        if self._turn is not None and not self._turn.done():
            self._turn.set_exception(BusyError(BUSY))

    def begin(self) -> None:
        """It is this one's turn."""
        assert self._turn is not None
        self.speaking = True
        self._turn.set_result(None)


class Admission:
    """Lets `concurrency` sentences speak at once and `waiting_max` wait: alarm, announcement, rendering.

    So many of what is more urgent than renderings as `overtaking` says speak beside those that have taken its turns.
    """

    def __init__(self, concurrency: int, waiting_max: int, overtaking: int = 0) -> None:
        self._concurrency = concurrency
        self._overtaking = overtaking
        self._waiting_max = waiting_max
        self._places: set[Place] = set()
        self._count = 0
        self._give_way: Callable[[], None] | None = None

    def __len__(self) -> int:
        """How many have a place."""
        return len(self._places)

    @property
    def is_full(self) -> bool:
        """Whether a further one would have to displace a less urgent one."""
        return len(self._places) >= self._concurrency + self._waiting_max

    def place(self, urgency: Urgency) -> Place:
        """A place for one more. Raises BusyError when all are taken by what is as urgent."""
        if self._give_way is not None:
            self._give_way()
        if self.is_full:
            self._make_room(urgency)
        self._count += 1
        place = Place(self, urgency, self._count)
        self._places.add(place)
        return place

    def passing(self, urgency: Urgency) -> Place:
        """A place for one that will most likely not need its turn: it is not counted, and displaced at once."""
        place = Place(self, urgency, 0)
        place.displace()
        return place

    @contextmanager
    def spare(self, give_way: Callable[[], None]) -> Iterator[None]:
        """Have the engine while nobody else wants it; `give_way` is called as soon as somebody does.

        Raises BusyError where somebody does already.
        """
        if self._places or self._give_way is not None:
            raise BusyError(BUSY)
        self._give_way = give_way
        try:
            yield
        finally:
            self._give_way = None

    def call(self) -> None:
        """Give the free turns to whoever is first."""
        speaking = [place.urgency for place in self._places if place.speaking]
        more = min(self._overtaking, speaking.count(Urgency.RENDERING))
        free = self._concurrency - len(speaking)
        for place in sorted((place for place in self._places if place.asking), key=lambda place: place.order):
            if free + (more if place.urgency > Urgency.RENDERING else 0) <= 0:
                return
            place.begin()
            free -= 1

    def forget(self, place: Place) -> None:
        """A place is given up."""
        self._places.discard(place)
        self.call()

    def _make_room(self, urgency: Urgency) -> None:
        victims = [place for place in self._places if not place.speaking and place.urgency < urgency]
        if not victims:
            raise BusyError(BUSY)
        victim = max(victims, key=lambda place: place.order)
        self._places.discard(victim)
        victim.displace()
