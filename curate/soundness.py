"""What of a journal's damage shows at a glance, before anything is sent or written on top of it."""

import json
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from curate.errors import StoreError
from curate.pages import FRAME, HEAD, headed
from curate.workfolder import STANDINGS
from curate.writer import LOCKED, damaged

OURS = {"replies", "failures", "spent", "saved"}
SMALL = 64 * 2**20  # bytes up to which every page is looked at
LAST = 16  # replies that were kept last, which a fault of the disk or of the machine hits first
ENDS = (
    "SELECT * FROM {} ORDER BY rowid LIMIT 1",
    "SELECT * FROM {} ORDER BY rowid DESC LIMIT 1",
    "SELECT key FROM {} ORDER BY key LIMIT 1",
    "SELECT key FROM {} ORDER BY key DESC LIMIT 1",
)
NEWEST = "SELECT key, max_tokens, reply FROM replies ORDER BY rowid DESC LIMIT ?"
LISTED = "SELECT COUNT(*) FROM replies WHERE key = ? AND max_tokens = ?"
LOOKS = 3  # at the head of a log, before it counts as damaged


def looking(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, not even when it is closed: no other one leaves the log as it is."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=LOCKED, isolation_level=None)


def examine(path: Path) -> None:
    """Raise StoreError, or what SQLite says, where the journal shows damage. Takes milliseconds, also for gigabytes."""
    if not path.exists():
        return
    if not path.stat().st_size:
        if filled(path.with_name(f"{path.name}-wal")):
            raise damaged(path, "it is empty, though its log is not")
        return never_filled(path)
    if headless(path):
        raise damaged(path, f"{path.name}-wal is damaged at its beginning")
    with closing(looking(path)) as base:
        base.execute("BEGIN")
        tables = tables_of(base, path)
        if dropped(path):
            raise damaged(path, f"{path.name}-wal is damaged in its middle")
        for table in tables & {"replies", "failures"}:
            for query in ENDS:
                base.execute(query.format(table)).fetchall()
        for table in tables & {"spent", "saved"}:
            base.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        if "replies" in tables:
            _newest(base, path)
        if path.stat().st_size <= SMALL:
            (found,) = base.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise damaged(path, "it is damaged")


def filled(log: Path) -> bool:
    """Whether anything is in this log."""
    return log.exists() and log.stat().st_size > 0


def never_filled(path: Path) -> None:
    """Raise StoreError where replies were in this empty journal; a kill at the first moment leaves one as well."""
    known = _known(path.with_name(STANDINGS))
    if known:
        replies = "1 reply was" if known == 1 else f"{known:,} replies were"
        told = f"{path} is empty, though {replies} in it"
        raise StoreError(f"{told}: bring it back from a copy, or remove it to begin anew")


def _known(standings: Path) -> int:
    """How many replies these standings rest on; 0 where they cannot be read, for they are a cache."""
    with suppress(sqlite3.Error), closing(looking(standings)) as base:
        (replies,) = base.execute("SELECT replies FROM header").fetchone() or (0,)
        return replies if isinstance(replies, int) else 0
    return 0


def tables_of(base: sqlite3.Connection, path: Path) -> set[str]:
    """The tables of this file. Raises StoreError where it is no journal."""
    tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables <= OURS:
        raise StoreError(f"{path} is no journal of curate: move it away and run again")
    return tables


def _newest(base: sqlite3.Connection, path: Path) -> None:
    for key, limit, reply in base.execute(NEWEST, (LAST,)).fetchall():
        try:
            json.loads(reply)
        except (ValueError, TypeError):
            raise damaged(path, "one of the newest replies is damaged") from None
        if base.execute(LISTED, (key, limit)).fetchone() != (1,):
            raise damaged(path, "one of the newest replies is not in the index")


def headless(path: Path) -> bool:
    """Whether there is a log with a page in it whose head is damaged: SQLite drops all of that without a word.

    The head is written in one go and is on the disk before the first page, so a kill or a loss of power leaves
    none like this; another command may be writing a new one at this moment.
    """
    log = path.with_name(f"{path.name}-wal")
    for _ in range(LOOKS):
        try:
            with log.open("rb") as file:
                head = file.read(HEAD + FRAME + 1)
        except OSError:
            return False
        if len(head) <= HEAD + FRAME or headed(head[:HEAD]):
            return False
        time.sleep(0.02)
    return True


def dropped(path: Path) -> bool:
    """Whether the log goes on behind the place where SQLite, having just read it, took it to end.

    One commit there is what a loss of power leaves, and nobody was told that it was kept. Where a page in the
    middle is damaged there are more, and SQLite drops them without a word.
    """
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    try:
        with log.open("rb") as file:
            head = file.read(32)
            page = int.from_bytes(head[8:12])
            commits = []
            for number in range(1, 1 + (log.stat().st_size - 32) // (FRAME + page)):
                file.seek(32 + (number - 1) * (FRAME + page))
                frame = file.read(16)
                if frame[8:16] == head[16:24] and any(frame[4:8]):
                    commits.append(number)
        state = index.read_bytes()[:48]
    except OSError:
        return False
    if len(state) < 48 or state[32:40] != head[16:24]:
        # The log was begun anew meanwhile.
        return False
    taken = int.from_bytes(state[16:20], "little")
    return sum(number > taken for number in commits) > 1
