"""Rows taken from the pages of a damaged SQLite file without SQLite, which gives up where a page is broken.

Every page that is the leaf of a table is read for itself, wherever it belonged to. The format:
https://www.sqlite.org/fileformat2.html#b_tree_pages
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FILE_HEADER_BYTES = 100
LEAF_OF_TABLE = 0x0D
PAGES_OF_INDEX = {0x0A: 8, 0x02: 12}
"""A leaf of an index, and what is above it, with the bytes of its header: both hold entries."""
PAGE_BYTES = 4096
"""What it is where no header tells."""
PAGES_MAX = 1_000_000
Value = None | int | float | str | bytes
_DAMAGED = (ValueError, IndexError, OverflowError, struct.error)
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of some table; what is its INTEGER PRIMARY KEY is None among the values, and `rowid`."""

    rowid: int
    values: tuple[Value, ...]


class Pages:
    """The pages of a file, those of `newer` (by number, from 1) in place of the file's own. Use as context manager."""

    def __init__(self, file: Path, newer: Mapping[int, bytes]) -> None:
        self._file = file.open("rb")
        self._newer = newer
        self._size = file.stat().st_size
        self.page_bytes = self._told_page_bytes()

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """Every row that can be read, in no order; some may be older states of others. Raises OSError."""
        for number in range(1, self._count() + 1):
            page = self._page(number)
            start = FILE_HEADER_BYTES if number == 1 else 0
            if len(page) > start + 8 and page[start] == LEAF_OF_TABLE:
                for at in _cells(page, start, start + 8):
                    with suppress(*_DAMAGED):
                        yield self._row(page, at)

    def entries(self) -> Iterator[tuple[Value, ...]]:
        """Every entry of an index that can be read: the columns that it is on, and the rowid. Raises OSError."""
        for number in range(1, self._count() + 1):
            page = self._page(number)
            header_bytes = PAGES_OF_INDEX.get(page[0]) if page else None
            if header_bytes is None:
                continue
            for at in _cells(page, 0, header_bytes):
                with suppress(*_DAMAGED):
                    yield _entry(page, at + header_bytes - 8)

    def _count(self) -> int:
        return min(max(-(-self._size // self.page_bytes), *self._newer, 0), PAGES_MAX)

    def _told_page_bytes(self) -> int:
        if self._newer:
            return len(next(iter(self._newer.values())))
        told = int.from_bytes(self._file.read(18)[16:18], "big")
        told = 65_536 if told == 1 else told
        return told if told >= 512 and not told & (told - 1) else PAGE_BYTES

    def _page(self, number: int) -> bytes:
        if (newer := self._newer.get(number)) is not None:
            return newer
        self._file.seek((number - 1) * self.page_bytes)
        return self._file.read(self.page_bytes)

    def _row(self, page: bytes, at: int) -> Row:
        size, at = _varint(page, at)
        rowid, at = _varint(page, at)
        return Row(rowid, _values(self._payload(page, at, size)))

    def _payload(self, page: bytes, at: int, size: int) -> bytes:
        """What a cell holds, with the pages it runs over to. Raises ValueError where it is not whole."""
        local = size
        if size > self.page_bytes - 35:
            least = (self.page_bytes - 12) * 32 // 255 - 23
            local = least + (size - least) % (self.page_bytes - 4)
            local = local if local <= self.page_bytes - 35 else least
        payload = page[at : at + local]
        next_page = int.from_bytes(page[at + local : at + local + 4], "big") if local < size else 0
        while len(payload) < size:
            over = self._page(next_page) if next_page else b""
            if len(over) < 5 or size > PAGES_MAX:
                raise ValueError("it is not whole")
            next_page = int.from_bytes(over[:4], "big")
            payload += over[4 : 4 + size - len(payload)]
        return payload


def _cells(page: bytes, start: int, first: int) -> Iterator[int]:
    """Where the cells of a page begin; `first` is where it says so of the first one."""
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for place in range(first, min(first + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[place : place + 2], "big")


def _entry(page: bytes, at: int) -> tuple[Value, ...]:
    size, at = _varint(page, at)
    return _values(page[at : at + size])


def _values(payload: bytes) -> tuple[Value, ...]:
    """The columns of a record (https://www.sqlite.org/fileformat2.html#record_format). Raises ValueError."""
    header_bytes, at = _varint(payload, 0)
    kinds = []
    while at < header_bytes:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at != len(payload):
        raise ValueError("it has another length than it says")
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind >= 12:
        size = (kind - 12) // 2
        data = payload[at : at + size]
        return (data.decode() if kind % 2 else data), at + size
    if kind in (8, 9):
        return kind - 8, at
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind > 9:
        raise ValueError("there is no such kind of value")
    size = _INTEGER_BYTES[kind]
    return (int.from_bytes(payload[at : at + size], "big", signed=True) if kind else None), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends. Raises IndexError."""
    number = 0
    for count in range(8):
        byte = data[at + count]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + count + 1
    return number << 8 | data[at + 8], at + 9
