"""The write-ahead log of an SQLite file, read without SQLite, which ends its reading at the first damaged frame.

The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.Struct(">8I")
FRAME = struct.Struct(">6I")
MAGIC = 0x377F0682
"""Its last bit tells the byte order of the words that are summed up: set means big-endian."""
PAGE_BYTES = 4096
"""What it is where no header tells."""
PAGES_MAX = 1_000_000
MASK = 0xFFFFFFFF
LIVES_MAX = 1000
"""By no more lives may what is left in a log be apart."""
Sums = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A page as it was at a commit: its number and content. `is_commit` ends a transaction."""

    page: int
    content: bytes
    is_commit: bool


@dataclass(frozen=True, slots=True)
class Log:
    """The frames of the log's present life that are whole; `damaged`: a whole one follows one that is not."""

    frames: tuple[Frame, ...]
    damaged: bool


@dataclass(frozen=True, slots=True)
class _Life:
    """What the log's header says: a log is begun anew, with other salts, over what it held."""

    page_bytes: int
    big_endian: bool
    salts: Sums
    sums: Sums


def read_log(file: Path) -> Log:
    """What a log holds. Each frame is judged by the one before it, so that damage spoils no more than it hits.

    Raises OSError; a file that is not there is an empty log.
    """
    content = file.read_bytes() if file.exists() else b""
    told = _life(content)
    life = told or _guessed_life(content)
    frames = list(_frames(content, life, is_judged=told is not None)) if life else []
    while frames and not (frames[-1] and frames[-1].is_commit):  # what was never committed
        frames.pop()
    has_no_header = told is None and len(content) >= HEADER.size and any(content)
    return Log(tuple(frame for frame in frames if frame), damaged=None in frames or has_no_header)


def _life(content: bytes) -> _Life | None:
    """What the header says, None where it is not there or damaged."""
    if len(content) < HEADER.size:
        return None
    magic, _, page_bytes, _, salt_1, salt_2, sum_1, sum_2 = HEADER.unpack_from(content)
    if magic & ~1 != MAGIC or not 512 <= page_bytes <= 65_536 or page_bytes & (page_bytes - 1):
        return None
    big_endian = bool(magic & 1)
    if _summed(content[: HEADER.size - 8], (0, 0), big_endian) != (sum_1, sum_2):
        return None
    return _Life(page_bytes, big_endian, (salt_1, salt_2), (sum_1, sum_2))


def _guessed_life(content: bytes) -> _Life | None:
    """The youngest life that has frames in a log whose header is damaged.

    A new life overwrites the log from its beginning, and its first salt is one more: what is younger than most frames
    by a few lives is not there by chance.
    """
    starts = range(HEADER.size, len(content) - FRAME.size + 1, FRAME.size + PAGE_BYTES)
    salts = Counter(FRAME.unpack_from(content, start)[2:4] for start in starts)
    del salts[0, 0]
    if not salts:
        return None
    (((most, _), _),) = salts.most_common(1)
    younger_by = {pair: (pair[0] - most) & MASK for pair in salts}
    youngest = max((pair for pair, by in younger_by.items() if by < LIVES_MAX), key=younger_by.__getitem__)
    return _Life(PAGE_BYTES, False, youngest, (0, 0))


def _frames(content: bytes, life: _Life, *, is_judged: bool) -> Iterator[Frame | None]:
    """Each frame of that life; None for one that is not whole, or of another life.

    Where what is before it is damaged nothing judges a frame. It is believed: had the damage reached it, it would have
    hit its salts first. `is_judged` tells that of the first one.
    """
    size = FRAME.size + life.page_bytes
    sums = life.sums
    for start in range(HEADER.size, len(content) - size + 1, size):
        page, commit, salt_1, salt_2, sum_1, sum_2 = FRAME.unpack_from(content, start)
        frame = None
        if (salt_1, salt_2) == life.salts:
            data = content[start + FRAME.size : start + size]
            is_whole = _summed(content[start : start + 8] + data, sums, life.big_endian) == (sum_1, sum_2)
            if 0 < page < PAGES_MAX and (is_whole or not is_judged):
                frame = Frame(page, data, commit > 0)
        yield frame
        is_judged = frame is not None
        sums = (sum_1, sum_2)


def _summed(data: bytes, sums: Sums, big_endian: bool) -> Sums:
    """https://www.sqlite.org/fileformat2.html#checksum_algorithm."""
    first, second = sums
    words = iter(struct.unpack(f"{'>' if big_endian else '<'}{len(data) // 4}I", data))
    for even, odd in zip(words, words, strict=True):
        first = (first + even + second) & MASK
        second = (second + odd + first) & MASK
    return first, second
