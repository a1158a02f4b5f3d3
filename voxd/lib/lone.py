"""A lock file that one process holds at a time, and nobody once it has ended, however that was."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold it, and make it and its folder where they are not there.

    Raises BlockingIOError where somebody else holds it, any other OSError where that cannot be known.
    """
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
