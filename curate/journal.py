"""The journal: every reply ever paid for, under the key of its request (SQLite, WAL).

Nobody uses a reply before it is on the disk (`curate.writer`). Readers use connections of their own, so
that looking at a running work folder disturbs nothing.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from curate.chat import Reply
from curate.errors import StoreError
from curate.soundness import examine
from curate.writer import LOCKED, Statement, Writer, damaged, patient, unusable

VERSION = 2
READING = 30_000  # milliseconds that a reader waits for whoever repairs the log
LOOK = 0.05  # seconds between two looks whether the writer goes on
MENDED = ".mended"  # ends the name of a mended journal that is not in its place yet
TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB NOT NULL, max_tokens INTEGER NOT NULL, stage TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    cost REAL NOT NULL, at REAL NOT NULL, reply TEXT NOT NULL, UNIQUE (key, max_tokens));
CREATE TABLE IF NOT EXISTS failures (key BLOB PRIMARY KEY, stage TEXT NOT NULL, error TEXT NOT NULL);
"""
# Sums that are kept beside the replies: to add them up anew takes a look at every page of the file.
SECOND = """
CREATE TABLE spent (
    stage TEXT, model TEXT, calls INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER,
    cached_tokens INTEGER, cost REAL, PRIMARY KEY (stage, model)) WITHOUT ROWID;
INSERT INTO spent SELECT stage, model, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens),
    SUM(cached_tokens), SUM(cost) FROM replies GROUP BY stage, model;
CREATE TABLE saved (stage TEXT PRIMARY KEY, calls INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE failures ADD COLUMN reason TEXT;
PRAGMA user_version=2"""
PUT = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
SPEND = """INSERT INTO spent VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + 1,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cached_tokens = cached_tokens + excluded.cached_tokens, cost = cost + excluded.cost"""
SAVE = "INSERT INTO saved VALUES (?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls"
FAIL = "INSERT OR REPLACE INTO failures (key, stage, error, reason) VALUES (?, ?, ?, ?)"
MEND = "DELETE FROM failures WHERE key = ?"
GET = "SELECT reply, max_tokens, rowid FROM replies WHERE key = ? ORDER BY max_tokens DESC LIMIT 1"
BEHIND = "SELECT stage, model, 1, prompt_tokens, completion_tokens, cached_tokens, cost FROM replies WHERE key = ?"


class Spent(NamedTuple):
    """What one stage has bought from one model."""

    stage: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: float


class Failure(NamedTuple):
    """Why a request that was sent has no reply. `reason` is set where asking again would be in vain."""

    error: str
    reason: str | None


def quiet(_: str) -> None:
    """Where nobody listens."""


class Journal:
    """The replies of one work folder, and for reading those of `others`. Raises StoreError where one cannot serve."""

    def __init__(self, path: Path, others: Sequence[Path] = (), say: Callable[[str], None] = quiet) -> None:
        self._path = path
        self._writer = Writer(path, connect, say)
        self._readers: list[sqlite3.Connection] = []
        self._added = 0
        self._counted: int | None = None
        self._last = 0  # the row of the newest reply that was there before
        for file in (path, *others):
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                self._readers.append(patient(file, say, partial(opened, file)))
            except (sqlite3.Error, OSError) as error:
                self.close()
                raise unusable(file, error) from error
            except StoreError:
                self.close()
                raise
        self._last = max((row for (row,) in self._found("SELECT MAX(rowid) FROM replies") if row), default=0)

    def get(self, key: str, max_tokens: int) -> Reply | None:
        """The reply to this request; None where there is none, or only one that a lower limit cut.

        It is `replayed` where it was there before this journal was opened.
        """
        cut: Reply | None = None
        for text, limit, row in self._found(GET, bytes.fromhex(key)):
            reply = self._kept(key, text, row <= self._last)
            if not reply.cut:
                return reply
            cut = cut or (None if max_tokens > limit else reply)
        return cut

    @property
    def last(self) -> int:
        """The place of the newest reply that was there before this journal was opened; 0 where there was none."""
        return self._last

    def place(self, key: str) -> int:
        """The place of the reply to this request, which grows from reply to reply; 0 where there is none."""
        found = self._found("SELECT MAX(rowid) FROM replies WHERE key = ?", bytes.fromhex(key))
        return max((place for (place,) in found if place), default=0)

    def failure(self, key: str) -> Failure | None:
        """Why a request that was sent was never answered, as far as the journal knows."""
        query = "SELECT error, reason FROM failures WHERE key = ?"
        return next((Failure(*row) for row in self._found(query, bytes.fromhex(key))), None)

    def spent(self) -> list[Spent]:
        """What was bought, by stage and model."""
        return _summed(self._found("SELECT * FROM spent"))

    def known(self, model: str) -> frozenset[str]:
        """Stages that this model has answered, or of which some request was never answered: somebody knows of it."""
        answered = {spent.stage for spent in self.spent() if spent.model == model}
        return frozenset(answered.union(stage for (stage,) in self._found("SELECT DISTINCT stage FROM failures")))

    def behind(self, keys: Sequence[str]) -> list[Spent]:
        """What the replies of these keys took, each counted once, by stage and model."""
        return _summed(row for key in dict.fromkeys(keys) for row in self._found(BEHIND, bytes.fromhex(key)))

    def saved(self) -> dict[str, int]:
        """{stage: replies that came from the journal instead of being bought again, over all runs}."""
        calls: dict[str, int] = {}
        for stage, number in self._found("SELECT stage, calls FROM saved"):
            calls[stage] = calls.get(stage, 0) + number
        return calls

    def count(self) -> int:
        """How many replies there are, or were when this was last asked and have come since."""
        if self._counted is None:
            self._counted = sum(number for (number,) in self._found("SELECT COUNT(*) FROM replies")) - self._added
        return self._counted + self._added

    def keys(self) -> Iterator[bytes]:
        """The first 8 bytes of the name of every reply."""
        for reader in self._readers:
            yield from (key for (key,) in reader.execute("SELECT substr(key, 1, 8) FROM replies"))

    def ready(self) -> None:
        """Raise StoreError where the next reply could not be kept."""
        self._writer.ready()

    async def free(self) -> None:
        """Returns once what is answered can be kept soon: nothing new is to be bought as long as the file is locked."""
        while self._writer.stuck:  # noqa: ASYNC110 - which is seldom, and no thread knows when it ends
            await asyncio.sleep(LOOK)

    async def put(self, key: str, stage: str, model: str, max_tokens: int, reply: Reply) -> None:
        """Keep this reply; returns when it is on the disk."""
        name = bytes.fromhex(key)
        usage = (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens, reply.cost)
        text = reply.model_dump_json(exclude={"replayed", "key"})
        row = (name, max_tokens, stage, model, *usage, time.time(), text)
        await self._writer.write([(PUT, row), (SPEND, (stage, model, *usage)), (MEND, (name,))])
        self._added += 1

    async def fail(self, key: str, stage: str, error: str, reason: str | None = None) -> None:
        """Keep why this request got no answer; with a `reason` it need not be asked again."""
        await self._writer.write([(FAIL, (bytes.fromhex(key), stage, error, reason))])

    async def save(self, calls: dict[str, int]) -> None:
        """Add to what the journal has saved, by stage."""
        statements: list[Statement] = [(SAVE, (stage, number)) for stage, number in calls.items() if number]
        if statements:
            await self._writer.write(statements)

    def close(self) -> None:
        """Write what is queued and let go of the files."""
        self._writer.close()
        for reader in self._readers:
            reader.close()

    def _kept(self, key: str, text: str, before: bool) -> Reply:
        if text[:1] == "{":
            # Read in one go: to load and then construct, or to copy with another field, costs four times as much.
            with suppress(ValueError):
                replayed = "true" if before else "false"
                return Reply.model_validate_json(f'{{"replayed":{replayed},"key":"{key}",{text[1:]}')
        raise damaged(self._path, "a reply in it is damaged")

    def _found(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of every file, in order."""
        try:
            return [row for reader in self._readers for row in reader.execute(query, values)]
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error


def _summed(rows: Iterable[tuple[Any, ...]]) -> list[Spent]:
    sums: dict[tuple[str, str], Spent] = {}
    for stage, model, *figures in rows:
        before = sums.get((stage, model))
        added = [a + b for a, b in zip(figures, before[2:], strict=True)] if before else figures
        sums[stage, model] = Spent(stage, model, *added)
    return [sums[name] for name in sorted(sums)]


def opened(path: Path) -> sqlite3.Connection:
    """A connection for reading the journal at `path`, which is made, or brought up to date, where need be.

    Raises StoreError for one that is damaged, newer or no journal, and what SQLite says.
    """
    mended = path.with_name(path.name + MENDED)
    if mended.exists():
        raise StoreError(f"`curate mend` was interrupted at {path}: run it again, it goes on from there")
    examine(path)
    with closing(connect(path)) as base:
        prepared(base, path)
    reader = connect(path)
    reader.execute(f"PRAGMA busy_timeout={READING}")
    return reader


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return."""
    base = sqlite3.connect(path, timeout=LOCKED, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA page_size=16384")
    base.execute("PRAGMA synchronous=FULL")
    return base


def prepared(base: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring those of an older version up to date: all of it or nothing."""
    if _version(base, path) == VERSION:
        return
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("BEGIN IMMEDIATE")
    if _version(base, path) < VERSION:  # now that no other command can be at it
        for statement in (TABLES + SECOND).split(";"):
            base.execute(statement)
    base.execute("COMMIT")


def _version(base: sqlite3.Connection, path: Path) -> int:
    version = int(base.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise StoreError(f"{path} was written by a newer curate (version {version}): update curate")
    return version
