"""Where each row stood when it was last walked: a cache that saves walking what is finished, and lets `status` look.

The journal alone says what is true; whoever removes this file loses nothing but the time of one replay.
"""

import hashlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from curate.errors import StoreError
from curate.journal import Journal
from curate.medium import short
from curate.record import Failed, Kept, Outcome, Owed, Record, Rejected
from curate.sources import Row
from curate.writer import unusable

VERSION = 2
NAME = 8  # bytes of a reply's key that tell it from all others
TABLES = """
CREATE TABLE IF NOT EXISTS header (made TEXT, input TEXT, replies INTEGER);
CREATE TABLE IF NOT EXISTS standings (
    number INTEGER PRIMARY KEY, stamp BLOB, kind TEXT, step TEXT, reason TEXT,
    problem_id INTEGER, asked BLOB, medium BLOB, used BLOB);
"""
PUT = "INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
FOUND = "SELECT * FROM standings WHERE number >= ? AND number < ?"
COUNTS = "SELECT kind, step, reason, COUNT(*) FROM standings WHERE number < ? GROUP BY kind, step, reason"
CHUNK = 1000  # standings read, or written, at once
PATIENCE = 1.0  # seconds until what has changed is written, for others to see


class Standing(NamedTuple):
    """How a row ended: `kind` is kept, rejected, failed or owed.

    `asked` and `medium` name what it asks about what, `used` the replies that this rests on, 8 bytes each.
    """

    kind: str
    step: str = ""
    reason: str = ""
    problem_id: int = 0
    asked: bytes = b""
    medium: bytes = b""
    used: bytes = b""

    @classmethod
    def of(cls, outcome: Outcome, asked: bytes, used: Sequence[str] = ()) -> "Standing":
        """The standing of a row with this outcome."""
        record = outcome.record
        names = b"".join(bytes.fromhex(key[: 2 * NAME]) for key in used)
        about = (record.problem_id, asked, medium_of(record), names) if record else (0, b"", b"", b"")
        match outcome:
            case Kept():
                return cls("kept", "", "", *about)
            case Rejected(step=step, reason=reason):
                return cls("rejected", step, reason, *about)
            case Failed(step=step, reason=reason):
                return cls("failed", step, reason, *about)
            case Owed(step=step):
                return cls("owed", step, "", *about)

    @property
    def final(self) -> bool:
        """Whether nothing more can come of the row."""
        return self.kind in ("kept", "rejected")


def medium_of(record: Record) -> bytes:
    """A short name of what a record is about."""
    return short(record.medium.sha256)


class Standings:
    """The standings of one input under one set of settings (`made` names both); others are forgotten by a writer.

    `root` is where the media lie: a row whose medium changed is walked again. So is one whose replies are gone
    from the `journal`. Raises StoreError.
    """

    def __init__(self, path: Path, made: str, rows: str, root: Path, journal: Journal, writes: bool) -> None:
        self._path = path
        self._made = made.encode()
        self._root = os.fspath(root)
        self._journal = journal
        self._writes = writes
        self._new: dict[int, tuple[bytes, Standing]] = {}
        self._written = time.monotonic()
        self._chunk: dict[int, tuple[bytes, Standing]] = {}
        self._places: dict[str, bytes] = {}
        self._first = -CHUNK  # no row is in the chunk yet
        with self._guarded():
            self._base = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=OFF")
            self._base.executescript(TABLES)
            header = self._base.execute("SELECT * FROM header").fetchone() or ("", "", 0)
            self.matches = header[:2] == (made, rows) and header[2] <= journal.count()
            if writes and not self.matches:
                self._begin_anew(header, rows)

    def _begin_anew(self, header: tuple[str, str, int], rows: str) -> None:
        """Keep of the standings what may still hold."""
        self._base.execute("BEGIN IMMEDIATE")
        if header[0] != self._made.decode() or header[1].split()[1:] != rows.split()[1:]:  # other settings or shard
            self._base.execute("DELETE FROM standings")
        elif header[2] > self._journal.count():
            known = set(self._journal.keys())
            bases = self._base.execute("SELECT number, used FROM standings")
            gone = [
                (n,) for n, used in bases if any(used[i : i + NAME] not in known for i in range(0, len(used), NAME))
            ]
            self._base.executemany("DELETE FROM standings WHERE number = ?", gone)
        self._base.execute("DELETE FROM header")
        self._base.execute("INSERT INTO header VALUES (?, ?, ?)", (self._made.decode(), rows, self._journal.count()))
        self._base.execute("COMMIT")

    def stamp(self, row: Row) -> bytes:
        """What changes with the row's text, the settings, or the size or time of its medium."""
        raw = row.raw if isinstance(row.raw, dict) else {}
        digest = hashlib.blake2b(self._made, digest_size=16)
        digest.update(row.text.encode("utf-8", "surrogatepass"))
        digest.update(self._place(raw.get("path")))
        return digest.digest()

    def of(self, row: Row, stamp: bytes) -> Standing | None:
        """Where this row stood, unless something about it changed since."""
        if not self._first <= row.number < self._first + CHUNK:
            self._first = row.number
            self._chunk = {n: (s, Standing(*rest)) for n, s, *rest in self._rows(FOUND, row.number, row.number + CHUNK)}
        before, standing = self._chunk.get(row.number, (b"", None))
        return standing if before == stamp else None

    def note(self, number: int, stamp: bytes, standing: Standing) -> None:
        """Remember where a row stands; written a little later."""
        self._new[number] = (stamp, standing)
        if len(self._new) >= CHUNK or time.monotonic() - self._written > PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Write what is new."""
        if self._new and self._writes:
            with self._guarded():
                self._base.execute("BEGIN IMMEDIATE")
                self._base.executemany(PUT, ((n, stamp, *s) for n, (stamp, s) in self._new.items()))
                self._base.execute("UPDATE header SET replies = ?", (self._journal.count(),))
                self._base.execute("COMMIT")
        self._new.clear()
        self._written = time.monotonic()

    def counts(self, end: int) -> Counter[tuple[str, str, str]]:
        """How many of the rows below `end` stand where: by kind, step and reason."""
        return Counter({(kind, step, reason): n for kind, step, reason, n in self._rows(COUNTS, end)})

    def finished(self, end: int) -> set[int]:
        """The numbers below `end` of rows of which nothing more can come."""
        query = "SELECT number FROM standings WHERE number < ? AND kind IN ('kept', 'rejected')"
        return {number for (number,) in self._rows(query, end)}

    def walked(self, end: int) -> list[int]:
        """The numbers below `end` of all rows that stand somewhere."""
        return [n for (n,) in self._rows("SELECT number FROM standings WHERE number < ? ORDER BY number", end)]

    def media(self, end: int) -> set[bytes]:
        """What the rows below `end` are about."""
        return {medium for (medium,) in self._rows("SELECT DISTINCT medium FROM standings WHERE number < ?", end)}

    def close(self) -> None:
        """Write what is new and let go of the file."""
        self.flush()
        self._base.close()

    def _place(self, path: object) -> bytes:
        """Size and time of the file that a row's path names; of what lies elsewhere nothing is asked."""
        if not isinstance(path, str) or ".." in path.split("/") or os.path.isabs(path):
            return b""
        if path not in self._places:
            try:
                found = os.stat(os.path.join(self._root, path))
                self._places[path] = b"%d %d" % (found.st_size, found.st_mtime_ns)
            except (OSError, ValueError):
                self._places[path] = b"none"
        return self._places[path]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._guarded():
            return list(self._base.execute(query, values))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if "is full" in str(error):
                raise unusable(self._path, error) from None
            raise StoreError(f"{self._path}: {error}; it is a cache: remove it and run again") from None
