"""The journal: every reply ever paid for, under the key of its request (SQLite, WAL).

One thread writes and commits in groups; nobody uses a reply before its group is on the disk. Readers
use connections of their own, so that looking at a running work folder disturbs nothing.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from curate.chat import Reply
from curate.errors import StoreError

VERSION = 1
GROUP = 64  # replies in one commit at most
PATIENCE = 0.2  # seconds that a reply waits at most for others to join its commit

TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB NOT NULL, max_tokens INTEGER NOT NULL, stage TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    cost REAL NOT NULL, at REAL NOT NULL, reply TEXT NOT NULL, UNIQUE (key, max_tokens));
CREATE TABLE IF NOT EXISTS failures (key BLOB PRIMARY KEY, stage TEXT NOT NULL, error TEXT NOT NULL);
"""
PUT = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
FAIL = "INSERT OR REPLACE INTO failures VALUES (?, ?, ?)"
MEND = "DELETE FROM failures WHERE key = ?"
GET = "SELECT reply, max_tokens FROM replies WHERE key = ? ORDER BY max_tokens DESC LIMIT 1"
SPENT = """SELECT stage, model, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), SUM(cached_tokens),
    SUM(cost) FROM replies GROUP BY stage, model ORDER BY stage, model"""


class Spent(NamedTuple):
    """What one stage has bought from one model."""

    stage: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: float


class _Write(NamedTuple):
    statements: list[tuple[str, tuple[object, ...]]]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class Journal:
    """The replies of one work folder. Raises StoreError where the file cannot serve."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._broken: StoreError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(_connect(path)) as base:
                _prepare(base, path)
            self._reader = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error

    def get(self, key: str, max_tokens: int) -> Reply | None:
        """The reply to this request; None where there is none, or only one that a lower limit cut."""
        try:
            row = self._reader.execute(GET, (bytes.fromhex(key),)).fetchone()
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error
        if row is None:
            return None
        reply = Reply.model_validate_json(row[0])
        if reply.cut and max_tokens > row[1]:
            return None
        return reply.model_copy(update={"replayed": True})

    def failure(self, key: str) -> str | None:
        """The last error of a request that was sent and never answered."""
        row = self._reader.execute("SELECT error FROM failures WHERE key = ?", (bytes.fromhex(key),)).fetchone()
        return row[0] if row else None

    def spent(self) -> list[Spent]:
        """What was bought, by stage and model."""
        return [Spent(*row) for row in self._reader.execute(SPENT)]

    async def put(self, key: str, stage: str, model: str, max_tokens: int, reply: Reply) -> None:
        """Keep this reply; returns when it is on the disk."""
        name = bytes.fromhex(key)
        usage = (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens, reply.cost)
        text = reply.model_dump_json(exclude={"replayed"})
        row = (name, max_tokens, stage, model, *usage, time.time(), text)
        await self._write([(PUT, row), (MEND, (name,))])

    async def fail(self, key: str, stage: str, error: str) -> None:
        """Keep why this request got no answer, for `status` and the rejected set."""
        await self._write([(FAIL, (bytes.fromhex(key), stage, error))])

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        if self._writer:
            self._queue.put(None)
            self._writer.join()
            self._writer = None
        self._reader.close()

    async def _write(self, statements: list[tuple[str, tuple[object, ...]]]) -> None:
        if self._broken:
            raise self._broken
        if self._writer is None:
            self._writer = threading.Thread(target=self._work, name="journal", daemon=True)
            self._writer.start()
        loop = asyncio.get_running_loop()
        write = _Write(statements, loop.create_future(), loop)
        self._queue.put(write)
        # A cancelled waiter must not take the write back: the reply is paid for.
        await asyncio.shield(write.done)

    def _work(self) -> None:
        with closing(_connect(self._path)) as base:
            for group in self._groups():
                error: StoreError | None = None
                try:
                    _commit(base, group)
                except sqlite3.Error as fault:
                    error = self._broken = _unusable(self._path, fault)
                for write in group:
                    with suppress(RuntimeError):  # the loop may be gone; the row is safe all the same
                        write.loop.call_soon_threadsafe(_settle, write.done, error)

    def _groups(self) -> Iterator[list[_Write]]:
        """What came in, in commits' worth; ends after `None` came."""
        while (first := self._queue.get()) is not None:
            group, deadline, last = [first], time.monotonic() + PATIENCE, False
            while len(group) < GROUP and not last:
                try:
                    write = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
                except Empty:
                    break
                if write is None:
                    last = True
                else:
                    group.append(write)
            yield group
            if last:
                return


def _settle(done: asyncio.Future[None], error: StoreError | None) -> None:
    if done.done():
        return
    if error:
        done.set_exception(error)
    else:
        done.set_result(None)


def _commit(base: sqlite3.Connection, group: list[_Write]) -> None:
    base.execute("BEGIN IMMEDIATE")
    try:
        for write in group:
            for statement, values in write.statements:
                base.execute(statement, values)
        base.execute("COMMIT")
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA page_size=16384")
    base.execute("PRAGMA synchronous=FULL")
    return base


def _prepare(base: sqlite3.Connection, path: Path) -> None:
    version = base.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreError(f"{path} was written by a newer curate (version {version}): update curate")
    if version < VERSION:
        base.execute("PRAGMA journal_mode=WAL")
        base.executescript(TABLES)
        base.execute(f"PRAGMA user_version={VERSION}")


def _unusable(path: Path, error: Exception) -> StoreError:
    text = str(error)
    if "full" in text:
        return StoreError(f"the disk is full: {path} took no more; free some space and run again, nothing is lost")
    hint = " (is the disk full? what was answered is kept)" if "disk I/O" in text else ""
    return StoreError(f"cannot use the journal {path}: {text}{hint}")
