"""Mending a damaged journal: all that can be read of it goes into a new one, and the damaged one is kept beside it."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curate.chat import Reply
from curate.errors import SettingsError, StoreError
from curate.journal import MENDED, VERSION, connect, prepared
from curate.pages import Cell, Pages, Value
from curate.soundness import dropped, filled, headless, looking, never_filled, tables_of
from curate.swap import synced
from curate.workfolder import STANDINGS
from curate.writer import unusable

PARTS = ("", "-wal", "-shm")
BATCH = 500  # replies written at once
# A row may come more than once, from an older version of its page or from a page that was given up.
PUT = """INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    stage = excluded.stage, model = excluded.model, prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens, cached_tokens = excluded.cached_tokens, cost = excluded.cost,
    at = excluded.at, reply = excluded.reply WHERE excluded.at > at"""
FAIL = "INSERT OR REPLACE INTO failures (key, stage, error, reason) VALUES (?, ?, ?, ?)"
SUMS = """INSERT OR IGNORE INTO spent SELECT stage, model, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens),
    SUM(cached_tokens), SUM(cost) FROM replies GROUP BY stage, model"""
ANSWERED = "DELETE FROM failures WHERE key IN (SELECT key FROM replies)"
COUNT = "SELECT COUNT(*) FROM replies"
BY_STAGE = "SELECT stage, COUNT(*) FROM replies GROUP BY stage ORDER BY stage"
FAILURES = "SELECT COUNT(*) FROM failures"


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a journal. `aside` is where the damaged one lies; None where it was whole, and is as it was.

    `lost` counts replies that the journal is known to have had and that could not be read.
    """

    replies: int
    lost: int = 0
    aside: Path | None = None


@dataclass(slots=True)
class _Known:
    """What the damaged journal says of itself, as far as it can be read."""

    spent: dict[tuple[str, str], tuple[Value, ...]] = field(default_factory=dict)
    saved: dict[str, int] = field(default_factory=dict)
    failures: dict[bytes, tuple[Value, ...]] = field(default_factory=dict)
    listed: set[int] = field(default_factory=set)  # numbers of replies in the index, or of rows met

    def lost(self, replies: int) -> int:
        """How many replies are missing where so many were read; numbers are given without gaps."""
        bought = sum(row[2] for row in self.spent.values() if isinstance(row[2], int))
        return max(0, len(self.listed) - replies, max(self.listed, default=0) - replies, bought - replies)


def mended(path: Path) -> Mended:
    """Mend the journal at `path`, for whoever holds its work folder; one that is whole stays as it is.

    Raises SettingsError where there is none, StoreError where nothing can be read or the disk refuses.
    """
    new = path.with_name(path.name + MENDED)
    try:
        if new.exists():  # complete: an earlier try was interrupted on its last steps
            with closing(connect(new)) as base:
                replies = int(base.execute(COUNT).fetchone()[0])
            return Mended(replies, aside=_replaced(path, new))
        if not path.exists():
            raise SettingsError(f"there is no journal {path}")
        held = whole(path)
        if held is not None:
            return Mended(held)
        found = _saved(path, new)
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error
    if not found.replies:
        aside = _aside(path)
        told = f"nothing in {path} can be read as a journal"
        raise StoreError(f"{told}: it is kept as {aside.name}, and the next run begins anew")
    return Mended(found.replies, found.lost, _replaced(path, new))


def held(path: Path) -> tuple[dict[str, int], int]:
    """What a journal that is whole holds: its replies, by stage, and how many requests it says failed.

    Raises StoreError.
    """
    try:
        with closing(looking(path)) as base:
            tables = tables_of(base, path)
            stages = dict(base.execute(BY_STAGE)) if "replies" in tables else {}
            return stages, int(base.execute(FAILURES).fetchone()[0]) if "failures" in tables else 0
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def whole(path: Path) -> int | None:
    """How many replies this journal holds; None where anything in it is damaged. Reads all of it, changes nothing.

    Raises StoreError for a file of another kind, of a newer version, or emptied.
    """
    if not path.stat().st_size:
        if filled(_part(path, "-wal")):
            return None
        never_filled(path)
        return 0
    if headless(path):
        return None
    try:
        with closing(looking(path)) as base:
            base.execute("BEGIN")
            tables = tables_of(base, path)
            if int(base.execute("PRAGMA user_version").fetchone()[0]) > VERSION:
                raise StoreError(f"{path} was written by a newer curate: update curate")
            if dropped(path) or base.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                return None
            if "replies" not in tables:
                return 0
            replies = [_reads(text) for (text,) in base.execute("SELECT reply FROM replies")]
            return len(replies) if all(replies) else None
    except sqlite3.DatabaseError as error:
        if any(sign in str(error) for sign in ("locked", "unable to open")):
            raise
        return None


def _reads(text: str) -> bool:
    """Whether this is a reply."""
    try:
        Reply.model_validate_json(text)
    except ValueError:
        return False
    return True


def _saved(path: Path, new: Path) -> Mended:
    """Write all that can be read into `new`, which appears whole; not at all where no reply could be read."""
    draft = path.with_name(f"{path.name}.mending")
    _removed(draft)
    known = _Known()
    try:
        with closing(connect(draft)) as base, closing(Pages(path)) as pages:
            prepared(base, draft)
            base.execute("PRAGMA synchronous=OFF")  # the file is synced as a whole before it gets its name
            rows = _replies(pages.cells(), known)
            while batch := list(islice(rows, BATCH)):
                base.execute("BEGIN")
                base.executemany(PUT, batch)
                base.execute("COMMIT")
            _told(base, known)
            replies = int(base.execute(COUNT).fetchone()[0])
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if replies:
            synced(draft)
            draft.rename(new)
            synced(new.parent)
    finally:
        _removed(draft)
    return Mended(replies, known.lost(replies))


def _replies(cells: Iterator[Cell], known: _Known) -> Iterator[tuple[Value, ...]]:
    """The replies among these rows; what the others say is noted."""
    for number, values in cells:
        match values:
            case (
                bytes(key),
                int(),
                str(),
                str(),
                int(),
                int(),
                int(),
                int() | float(),
                int() | float(),
                str(text),
            ) if number is not None and len(key) == 32:
                known.listed.add(number)
                if _reads(text):
                    yield values
            case (bytes(key), int(), int(row)) if number is None and len(key) == 32:
                known.listed.add(row)
            case (bytes(key), str(), str(), *_) if number is not None and len(key) == 32 and len(values) < 5:
                known.failures[key] = (*values, None)[:4]
            case (str(stage), str(model), int(), int(), int(), int(), int() | float()) if number is None:
                known.spent[stage, model] = values
            case (str(stage), int(calls)) if number is None:
                known.saved[stage] = calls
            case _:
                pass


def _told(base: sqlite3.Connection, known: _Known) -> None:
    base.execute("BEGIN")
    base.executemany(FAIL, known.failures.values())
    base.execute(ANSWERED)
    base.executemany("INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?, ?)", known.spent.values())
    base.execute(SUMS)
    base.executemany("INSERT INTO saved VALUES (?, ?)", known.saved.items())
    base.execute("COMMIT")


def _replaced(path: Path, new: Path) -> Path:
    """Put the mended journal in its place; returns where the damaged one is.

    As long as `new` has its name, nobody opens what is in its place. What is known of finished rows rests on
    replies that may be lost.
    """
    aside = _aside(path)
    _removed(path.with_name(STANDINGS))
    new.rename(path)
    synced(path.parent)
    return aside


def _aside(path: Path) -> Path:
    """Keep the journal, its log with it, under a name with today's date; returns that name."""
    name = f"{path.name}.damaged-{time.strftime('%Y-%m-%d')}"
    names = (path.with_name(name if i == 1 else f"{name}.{i}") for i in range(1, 10**6))
    log = _part(path, "-wal")
    if not filled(log):
        log.unlink(missing_ok=True)
    moving = [part for part in ("-wal", "") if _part(path, part).exists()]
    # (where an earlier try moved only the log, the rest follows it to the same name)
    aside = next(found for found in names if not any(_part(found, part).exists() for part in moving))
    _part(path, "-shm").unlink(missing_ok=True)
    for part in moving:
        _part(path, part).rename(_part(aside, part))
    synced(path.parent)
    return aside


def _part(path: Path, part: str) -> Path:
    return path.with_name(path.name + part)


def _removed(path: Path) -> None:
    for part in PARTS:
        _part(path, part).unlink(missing_ok=True)
