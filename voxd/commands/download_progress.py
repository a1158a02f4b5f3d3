"""How far a download is: a bar on a terminal, a line at every tenth elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

_EVERY_S = 0.3

Count = Callable[[Path], int]
"""How many bytes a folder holds."""


@contextmanager
def shown(name: str, folder: Path, total: int, count: Count) -> Iterator[None]:
    """Show how the folder fills up to `total` bytes."""
    ended = threading.Event()
    show = _bar if sys.stderr.isatty() else _lines
    shower = threading.Thread(
        target=show, args=(name, total, lambda: min(total, count(folder)), ended), name="progress", daemon=True
    )
    shower.start()
    try:
        yield
    finally:
        ended.set()
        shower.join()


def _bar(name: str, total: int, held: Callable[[], int], ended: threading.Event) -> None:
    with tqdm(desc=name, total=total, initial=held(), unit="B", unit_scale=True) as bar:
        while not ended.wait(_EVERY_S):
            bar.update(held() - bar.n)
        bar.update(held() - bar.n)


def _lines(name: str, total: int, held: Callable[[], int], ended: threading.Event) -> None:
    told = -1
    while True:
        last = ended.wait(_EVERY_S)
        tenth = 10 * held() // max(total, 1)
        if tenth > told:
            told = tenth
            print(f"{name}: {10 * tenth} % of {total / 1e6:.0f} MB", flush=True)
        if last:
            return
