"""The rows of the question files, read once: from then on they come from a copy in the work folder, in any order."""

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

from curate import sources
from curate.errors import SettingsError, StoreError
from curate.sources import BrokenLine, Row

VERSION = 1  # of the copy: another one is made anew
COUNTS = ".mix.json"  # ends the name of what a mix counted in a copy
NEAR = ".near.json"  # and of what was found to be nearly the same in it
TABLES = """
CREATE TABLE rows (number INTEGER PRIMARY KEY, place INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE files (name TEXT, rows INTEGER);
"""
SCAN = "SELECT number, text FROM rows WHERE number > ? AND place % ? = ? ORDER BY number LIMIT ?"
BROKEN = "!"  # before a line that is no JSON, which no JSON begins with
BATCH = 500
MAKING = 3600.0  # seconds after which a copy that is not in its place is nobody's
DEEPEST = 100  # levels of nesting: more might exhaust the interpreter wherever the row is read again
STRING, BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"[\[\]{}]")
TOO_DEEP = "nested too deeply to be written down"


class Rows:
    """All rows of these files, in order. Opening it reads them where they changed since it last did.

    Of a `shard` (i, n) only those about every n-th medium: rows about one medium stay together, so that they
    share its caption. Raises SettingsError where a file cannot be read, StoreError where the copy cannot be
    kept. The copy stands below `work`, one for each set of files; `identity` names it and the shard,
    `counts` is where a mix of these rows may keep what it counted, `near` where near duplicates may be kept.
    """

    def __init__(self, files: Sequence[Path], work: Path, shard: tuple[int, int] = (1, 1)) -> None:
        name = identity(files)
        self.identity = f"{name} {shard[0]}/{shard[1]}"
        self.path = work / f"rows-{name}.sqlite"
        self.counts = self.path.with_suffix(COUNTS)
        self.near = self.path.with_suffix(NEAR)
        self._shard = (shard[1], shard[0] - 1)
        try:
            if not self.path.exists():
                _copy(files, self.path)
            # Nobody writes to a copy that is in its place, so it needs no locks.
            self._base = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot copy the question files to {self.path}: {error}") from None
        self._names = [(name, rows) for rows, name in self._found("SELECT rows, name FROM files ORDER BY rowid")]
        self._ends = list(accumulate(rows for _, rows in self._names))

    def __len__(self) -> int:
        if self._shard[0] == 1:
            return self._ends[-1] if self._ends else 0
        return len(self._found("SELECT number, '' FROM rows WHERE place % ? = ?", *self._shard))

    def __iter__(self) -> Iterator[Row]:
        last = -1
        while batch := self._found(SCAN, last, *self._shard, BATCH):
            last = batch[-1][0]
            yield from map(self._row, batch)

    def end(self, limit: int | None) -> int:
        """The number behind the last of the first `limit` rows."""
        if limit is None:
            return self._ends[-1] if self._ends else 0
        query = "SELECT number, '' FROM rows WHERE place % ? = ? ORDER BY number LIMIT 1 OFFSET ?"
        last = self._found(query, *self._shard, limit - 1)
        return last[0][0] + 1 if last else self.end(None)

    def numbers(self, end: int, without: set[int]) -> list[int]:
        """The numbers below `end`, but not these."""
        query = "SELECT number, '' FROM rows WHERE place % ? = ? AND number < ? ORDER BY number"
        return [number for number, _ in self._found(query, *self._shard, end) if number not in without]

    def between(self, first: int, last: int) -> Iterator[Row]:
        """The rows from this number to that one, both included."""
        query = "SELECT number, text FROM rows WHERE number BETWEEN ? AND ? AND place % ? = ? ORDER BY number"
        return map(self._row, self._found(query, first, last, *self._shard))

    def row(self, number: int) -> Row:
        """One row."""
        return self._row(self._found("SELECT number, text FROM rows WHERE number = ?", number)[0])

    def close(self) -> None:
        """Let go of the copy."""
        self._base.close()

    def forget_others(self) -> None:
        """Remove the copies of other files, and what lies beside them; for a command that holds the work folder."""
        found = [path for ending in (".sqlite", COUNTS, NEAR) for path in self.path.parent.glob(f"rows-*{ending}*")]
        for other in found:
            with suppress(OSError):  # another command may have been quicker
                making = other.suffix == ".part" and time.time() - other.stat().st_mtime < MAKING
                if other not in (self.path, self.counts, self.near) and not making:
                    other.unlink()

    def _found(self, query: str, *values: int) -> list[tuple[int, str]]:
        try:
            return list(self._base.execute(query, values))
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}; it is a copy of the question files: remove it") from None

    def _row(self, found: tuple[int, str]) -> Row:
        number, text = found
        file = next(i for i, end in enumerate(self._ends) if number < end)
        line = number - (self._ends[file] - self._names[file][1]) + 1
        return Row(_raw(text), f"{self._names[file][0]}:{line}", number, text)


def identity(files: Sequence[Path]) -> str:
    """What changes when one of these files does: 16 hex digits. Raises SettingsError where one is not there."""
    try:
        stats = [(os.fsencode(f.absolute()).hex(), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    except OSError as error:
        raise SettingsError(f"cannot read {error.filename}: {error.strerror}") from None
    return hashlib.blake2b(repr((VERSION, stats)).encode(), digest_size=8).hexdigest()


def _copy(files: Sequence[Path], path: Path) -> None:
    """Read all rows and put their copy in its place; nothing appears where a file cannot be read."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with closing(sqlite3.connect(part)) as base:
            base.execute("PRAGMA synchronous=OFF")  # until the rename, a half-made copy is worth nothing
            base.executescript(TABLES)
            rows = ((r.number, _place(r), _text(r.raw)) for r in _counted(files, base))
            base.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
            base.commit()
        with part.open("rb") as made:
            os.fsync(made.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _counted(files: Sequence[Path], base: sqlite3.Connection) -> Iterator[Row]:
    total = 0
    for file in files:
        before = total
        for row in sources.rows([file]):
            yield row._replace(number=total)
            total += 1
        base.execute("INSERT INTO files VALUES (?, ?)", (file.name, total - before))


def _place(row: Row) -> int:
    """A number for the medium that a row is about, spread evenly; of a row that names none, one of its own."""
    path = row.raw.get("path") if isinstance(row.raw, dict) else None
    if not isinstance(path, str):
        return row.number
    return int.from_bytes(hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")


def _text(raw: Any) -> str:
    if isinstance(raw, BrokenLine):
        return BROKEN + json.dumps(str(raw))
    text = _dumped(raw)
    if text is not None:
        return text
    if not isinstance(raw, dict):
        return json.dumps(TOO_DEEP)
    return json.dumps({k: TOO_DEEP if _dumped(v) is None else v for k, v in raw.items()}, default=str)


def _dumped(value: Any) -> str | None:
    """Its JSON; None where it is nested too deeply."""
    try:
        text = json.dumps(value, default=str)
    except RecursionError:
        return None
    many = text.count("[") + text.count("{") > DEEPEST
    return None if many and _depth(text) > DEEPEST else text


def _depth(text: str) -> int:
    """Levels of nesting of a JSON text."""
    marks = BRACKET.findall(STRING.sub("", text))
    return max(accumulate(1 if mark in "[{" else -1 for mark in marks), default=0)


def _raw(text: str) -> Any:
    return BrokenLine(json.loads(text[1:])) if text.startswith(BROKEN) else json.loads(text)
