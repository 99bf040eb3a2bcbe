"""The rows in the pages of an SQLite file, page by page: what can be read of one whose tree is broken.

The format is told at https://www.sqlite.org/fileformat2.html. Nothing here rests on another page being whole,
but the pages on which a long row goes on.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MAGIC = b"SQLite format 3\0"
PAGE = 16384  # bytes, where the header does not say
HEAD, FRAME = 32, 24  # bytes before the log's first frame, and before the page in each
LOG_MAGIC, LOG_VERSION = b"\x37\x7f\x06\x82", 3007000  # the last bit of the magic says in which order words stand
ORDERS = ("little", "big")
TABLE, LISTED, BRANCH = 13, 10, 2  # kinds of pages with rows: a table's leaf, an index's leaf and its inner pages
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # {type: bytes}
REAL = 7

Value = int | float | str | bytes | None


class Cell(NamedTuple):
    """A row, and its number where it stands in a table rather than in an index."""

    number: int | None
    values: tuple[Value, ...]


class Pages:
    """The pages of the file at `path` and of the log beside it. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        log = path.with_name(path.name + "-wal")
        self._log = log.open("rb") if log.exists() else None
        self._size = _page_size(self._file.read(100))
        self._length = path.stat().st_size
        self._frames = dict(self._logged())  # {page: where its last version lies in the log}

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        if self._log:
            self._log.close()

    def cells(self) -> Iterator[Cell]:
        """Every row that can be read, older versions of a page first; a row may come more than once."""
        for number in range(1, -(-self._length // self._size)):  # the first page lists the tables
            yield from self._on(self._read(number * self._size).ljust(self._size, b"\0"))
        for _, place in self._logged():
            yield from self._on(self._framed(place))

    def _logged(self) -> Iterator[tuple[int, int]]:
        """(page, place in the log) of every sound frame."""
        salt, before, order = self._begun()
        for place, frame in self._every():
            if frame[8:16] == salt and (before is None or _follows(before, frame, order)):
                yield int.from_bytes(frame[:4]), place + FRAME
            before = frame[16:24]

    def _begun(self) -> tuple[bytes, bytes | None, str]:
        """The log's salt, the checksum of its head and the order of its words.

        Where the head is damaged, the first two frames that belong together tell, and nothing but its rows
        whether the very first is sound: there is no checksum then.
        """
        if self._log is None:
            return b"", None, ORDERS[0]
        self._log.seek(0)
        head = self._log.read(HEAD)
        if headed(head):
            return head[16:24], head[24:32], _order(head)
        for (_, before), (_, frame) in pairwise(self._every()):
            for order in ORDERS:
                if _follows(before[16:24], frame, order):
                    return frame[8:16], None, order
        return next((frame[8:16] for _, frame in self._every()), b""), None, ORDERS[0]

    def _every(self) -> Iterator[tuple[int, bytes]]:
        """(place in the log, bytes) of every frame that is there as a whole."""
        place = HEAD
        while self._log is not None:
            self._log.seek(place)
            frame = self._log.read(FRAME + self._size)
            if len(frame) < FRAME + self._size:
                return
            yield place, frame
            place += FRAME + self._size

    def _framed(self, place: int) -> bytes:
        if self._log is None:
            return b""
        self._log.seek(place)
        return self._log.read(self._size)

    def _page(self, number: int) -> bytes:
        """The newest version of this page. Raises ValueError where there is none."""
        if number in self._frames:
            return self._framed(self._frames[number])
        page = self._read((number - 1) * self._size)
        if number < 2 or len(page) < self._size:
            raise ValueError(f"there is no page {number}")
        return page

    def _read(self, place: int) -> bytes:
        """A page of the file, or nothing where the disk cannot read it."""
        try:
            self._file.seek(place)
            return self._file.read(self._size)
        except OSError:
            return b""

    def _on(self, page: bytes) -> Iterator[Cell]:
        """The rows that begin on this page."""
        if page[0] not in (TABLE, LISTED, BRANCH):
            return
        first = 12 if page[0] == BRANCH else 8
        for slot in range(first, first + 2 * int.from_bytes(page[3:5]), 2):
            try:
                yield self._cell(page, int.from_bytes(page[slot : slot + 2]))
            except (ValueError, IndexError):
                continue

    def _cell(self, page: bytes, at: int) -> Cell:
        if page[0] == BRANCH:
            at += 4
        length, at = _varint(page, at)
        number = None
        if page[0] == TABLE:
            number, at = _varint(page, at)
        return Cell(number, _values(self._payload(page, at, length)))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """So many bytes from here on, and on the pages where they go on."""
        local = self._local(length, page[0] == TABLE)
        found = [page[at : at + local]]
        missing, after = length - local, int.from_bytes(page[at + local : at + local + 4])
        while missing > 0:
            more = self._page(after)
            found.append(more[4 : 4 + missing])
            missing -= len(found[-1])
            after = int.from_bytes(more[:4])
        return b"".join(found)

    def _local(self, length: int, in_table: bool) -> int:
        """How many bytes of a row stand on its own page."""
        most = self._size - 35 if in_table else (self._size - 12) * 64 // 255 - 23
        if length <= most:
            return length
        least = (self._size - 12) * 32 // 255 - 23
        local = least + (length - least) % (self._size - 4)
        return local if local <= most else least


def _page_size(head: bytes) -> int:
    size = int.from_bytes(head[16:18]) if head.startswith(MAGIC) else 0
    size = 65536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else PAGE


def headed(head: bytes) -> bool:
    """Whether a log that begins with these bytes has a sound head."""
    return (
        len(head) >= HEAD
        and head[:3] + bytes([head[3] & ~1]) == LOG_MAGIC
        and int.from_bytes(head[4:8]) == LOG_VERSION
        and _sum(bytes(8), head[:24], _order(head)) == head[24:32]
    )


def _order(head: bytes) -> str:
    return ORDERS[head[3] & 1]


def _follows(before: bytes, frame: bytes, order: str) -> bool:
    """Whether the checksum of this frame goes on from the one before."""
    return _sum(before, frame[:8] + frame[FRAME:], order) == frame[16:24]


def _sum(before: bytes, data: bytes, order: str) -> bytes:
    """The log's checksum over `data`, going on from the one before."""
    first, second = int.from_bytes(before[:4]), int.from_bytes(before[4:])
    words = memoryview(data).cast("I")
    if order != sys.byteorder:
        swapped = array("I", words)
        swapped.byteswap()
        words = memoryview(swapped)
    for i in range(0, len(words), 2):
        first = (first + words[i] + second) & 0xFFFFFFFF
        second = (second + words[i + 1] + first) & 0xFFFFFFFF
    return first.to_bytes(4) + second.to_bytes(4)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins here, and where it ends."""
    value = 0
    for i in range(8):
        byte = data[at + i]
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at + i + 1
    return value << 8 | data[at + 8], at + 9


def _values(payload: bytes) -> tuple[Value, ...]:
    """A row's values. Raises ValueError where these bytes are none."""
    end, at = _varint(payload, 0)
    values, body = [], end
    while at < end:
        kind, at = _varint(payload, at)
        size = _width(kind)
        if body + size > len(payload):
            raise ValueError("a row that is cut")
        values.append(_value(kind, payload[body : body + size]))
        body += size
    if at != end or body != len(payload):
        raise ValueError("no row")
    return tuple(values)


def _width(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == REAL else INTEGERS.get(kind, 0)


def _value(kind: int, data: bytes) -> Value:
    if kind >= 12:
        return data.decode() if kind & 1 else data
    if kind in INTEGERS:
        return int.from_bytes(data, signed=True)
    if kind == REAL:
        value: float = struct.unpack(">d", data)[0]
        return value
    if kind in (8, 9):
        return kind - 8
    if kind:
        raise ValueError(f"a value of the kind {kind}")
    return None
