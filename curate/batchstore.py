"""What waits in batches and what came of it: durable before anything is sent, in one file below the work folder."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.batchitems import Ask, Batch, Item
from curate.errors import StoreError

NAME = "batches.sqlite"
VERSION = 1
LOCKED = 30.0  # seconds that SQLite waits for another process
TABLES = """
CREATE TABLE IF NOT EXISTS batches (
    mark TEXT PRIMARY KEY, address TEXT NOT NULL, model TEXT NOT NULL, requests INTEGER NOT NULL,
    size INTEGER NOT NULL, at REAL NOT NULL, file_id TEXT, creating REAL, batch_id TEXT);
CREATE TABLE IF NOT EXISTS items (
    key BLOB PRIMARY KEY, mark TEXT NOT NULL, stage TEXT NOT NULL, max_tokens INTEGER NOT NULL, guess REAL NOT NULL,
    status INTEGER, body BLOB);
CREATE INDEX IF NOT EXISTS unanswered ON items (mark) WHERE status IS NULL;
PRAGMA user_version=1"""
BATCHES = "SELECT mark, address, model, requests, size, at, file_id, creating, batch_id FROM batches"
ITEM = """SELECT items.mark, address, batch_id, stage, max_tokens, guess, status, body, model
    FROM items LEFT JOIN batches ON items.mark = batches.mark WHERE key = ?"""
ANSWER = "UPDATE items SET status = ?, body = ? WHERE key = ? AND mark = ?"
NONE_GOOD = " AND (status IS NULL OR NOT status BETWEEN 200 AND 299)"
WAITING = """SELECT COUNT(*) FROM items JOIN batches ON items.mark = batches.mark
    WHERE status IS NULL AND address = ? AND model = ?"""


class BatchStore:
    """The batches of one work folder. Reads come from one thread, writes from any. Raises StoreError."""

    def __init__(self, work: Path) -> None:
        self._path = work / NAME
        self._lock = threading.Lock()
        with self._spoken():
            self._writer = self._connect()
            self._reader = self._connect()

    def _connect(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path, timeout=LOCKED, isolation_level=None, check_same_thread=False)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=FULL")
        version = int(base.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StoreError(f"{self._path} was written by a newer curate (version {version}): update curate")
        if version < VERSION:
            base.executescript(f"BEGIN IMMEDIATE;{TABLES};COMMIT")
        return base

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._writer.close()
            self._reader.close()

    def add(self, batch: Batch, asks: Iterable[Ask]) -> None:
        """Note what is about to be asked."""
        told = (batch.mark, batch.address, batch.model, batch.requests, batch.size, batch.at)
        with self._writing() as base:
            base.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", told)
            rows = ((bytes.fromhex(a.key), batch.mark, a.stage, a.max_tokens, a.guess) for a in asks)
            base.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, NULL, NULL)", rows)

    def filed(self, mark: str, file_id: str) -> None:
        """Note that the server has the file."""
        self._write("UPDATE batches SET file_id = ? WHERE mark = ?", file_id, mark)

    def creating(self, mark: str) -> None:
        """Note that the server is about to be told to begin."""
        self._write("UPDATE batches SET creating = ? WHERE mark = ?", time.time(), mark)

    def created(self, mark: str, batch_id: str | None) -> None:
        """Note by which name the server knows it; None where it has to begin anew with the same file."""
        self._write("UPDATE batches SET batch_id = ?, creating = NULL WHERE mark = ?", batch_id, mark)

    def answer(self, mark: str, answers: Iterable[tuple[str, int, bytes]], good: bool = False) -> list[bool]:
        """Keep these answers (key, status, body), `good` ones in place of any other; of each, whether it was kept."""
        statement = ANSWER if good else ANSWER + NONE_GOOD
        with self._writing() as base:
            rows = ((status, body, bytes.fromhex(key), mark) for key, status, body in answers)
            return [base.execute(statement, row).rowcount > 0 for row in rows]

    def end(self, mark: str) -> int:
        """The batch is over: what it left unanswered waits no more. Returns how many these are."""
        with self._writing() as base:
            left = base.execute("DELETE FROM items WHERE mark = ? AND status IS NULL", (mark,)).rowcount
            base.execute("DELETE FROM batches WHERE mark = ?", (mark,))
            return left

    def forget(self, keys: Sequence[str]) -> None:
        """These need not be known any more; a batch of which nothing waits is over where we do not follow it."""
        with self._writing() as base:
            base.executemany("DELETE FROM items WHERE key = ?", ((bytes.fromhex(key),) for key in keys))
            base.execute("DELETE FROM batches WHERE address = '' AND mark NOT IN (SELECT mark FROM items)")

    def forget_failures(self) -> None:
        """What went wrong need not be known any more."""
        self._write("DELETE FROM items WHERE status IS NOT NULL AND NOT status BETWEEN 200 AND 299")

    def item(self, key: str) -> Item | None:
        """Where this request stands; None where nobody has asked it."""
        return next((Item(*row) for row in self._read(ITEM, bytes.fromhex(key))), None)

    def pending(self, address: str | None = None, model: str | None = None) -> list[Batch]:
        """The batches that are not over, oldest first: all of them, or one model's at one address."""
        found = [Batch(*row) for row in self._read(f"{BATCHES} ORDER BY at")]
        return [b for b in found if address is None or (b.address, b.model) == (address, model)]

    def waiting(self, address: str, model: str) -> int:
        """How many requests wait for their batch."""
        return int(self._read(WAITING, address, model)[0][0])

    def keys(self, mark: str) -> list[str]:
        """The requests that wait in this batch, in the order of its lines."""
        query = "SELECT key FROM items WHERE mark = ? AND status IS NULL ORDER BY rowid"
        return [key.hex() for (key,) in self._read(query, mark)]

    def answered(self) -> list[str]:
        """The requests whose answers are kept here."""
        return [key.hex() for (key,) in self._read("SELECT key FROM items WHERE status IS NOT NULL")]

    def _write(self, statement: str, *values: object) -> None:
        with self._writing() as base:
            base.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All that is written in here, or nothing."""
        with self._lock, self._spoken(), self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._spoken():
            return self._reader.execute(query, values).fetchall()

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"cannot use {self._path}: {error}; what waits in batches is known there only") from error
