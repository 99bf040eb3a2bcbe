"""Journals for tests: made as a run makes them, of every version, and damaged in every way."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from curate.chat import Reply
from curate.journal import Journal
from tests.workplace import ROOT

PAGE, FRAME = 16384, 24
OLD = """
CREATE TABLE replies (
    key BLOB NOT NULL, max_tokens INTEGER NOT NULL, stage TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    cost REAL NOT NULL, at REAL NOT NULL, reply TEXT NOT NULL, UNIQUE (key, max_tokens));
CREATE TABLE failures (key BLOB PRIMARY KEY, stage TEXT NOT NULL, error TEXT NOT NULL);
PRAGMA user_version=1;
"""
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.journals import filled
asyncio.run(filled(Path(sys.argv[1]), *map(int, sys.argv[2:]), close=False))
os.kill(os.getpid(), signal.SIGKILL)
"""


def key(number: int) -> str:
    """The key of reply `number`; neighbours do not lie side by side in the index."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{number:048x}"


def text(number: int) -> str:
    """What reply `number` says; every tenth is longer than a page."""
    return f"reply {number} " + "word " * (8000 if number % 10 == 0 else 300)


async def filled(path: Path, first: int, count: int, close: bool = True) -> None:
    """Put so many replies into the journal, in commits of ten, and one failure."""
    journal = Journal(path)
    for start in range(first, first + count, 10):
        numbers = range(start, min(start + 10, first + count))
        await asyncio.gather(*(journal.put(key(n), "draft", "m", 100, reply(n)) for n in numbers))
    await journal.fail("e" * 64, "revise", "HTTP 500")
    await journal.save({"draft": 3})
    if close:
        journal.close()


def reply(number: int) -> Reply:
    """Reply `number`."""
    return Reply(text=text(number), prompt_tokens=number, completion_tokens=2, cost=0.5)


def fill(path: Path, count: int, first: int = 0) -> None:
    """A journal that was closed: no log."""
    asyncio.run(filled(path, first, count))


def killed(path: Path, count: int, first: int = 0) -> Path:
    """A journal whose command was killed; returns its log."""
    command = [sys.executable, "-c", KILLED, str(path), str(first), str(count)]
    subprocess.run(command, cwd=ROOT, check=False)
    return path.with_name(path.name + "-wal")


def old(path: Path, count: int) -> None:
    """A journal as the first version made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.executescript(f"PRAGMA page_size={PAGE}; PRAGMA journal_mode=WAL; {OLD}")
        base.execute("BEGIN")
        for number in range(count):
            said = json.dumps(reply(number).model_dump(exclude={"replayed"}))
            row = (bytes.fromhex(key(number)), 100, "draft", "m", number, 2, 0, 0.5, 1e9 + number, said)
            base.execute("INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        base.execute("INSERT INTO failures VALUES (?, 'revise', 'HTTP 500')", (bytes.fromhex("e" * 64),))
        base.execute("COMMIT")


def readable(path: Path, count: int) -> set[int]:
    """Which of the first replies this journal gives back; each must be what was put in."""
    with closing(Journal(path)) as journal:
        found = {number: journal.get(key(number), 100) for number in range(count)}
    assert all(given is None or given.text == text(number) for number, given in found.items())
    return {number for number, given in found.items() if given}


def root_pages(path: Path) -> dict[str, int]:
    """{table or index: its first page}."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        return dict(base.execute("SELECT name, rootpage FROM sqlite_master"))


def pages(path: Path, kind: int) -> list[int]:
    """The numbers of the pages of this kind: 13 holds a table's rows, 10 an index's, 5 and 2 point to them."""
    data = path.read_bytes()
    return [at // PAGE + 1 for at in range(PAGE, len(data), PAGE) if data[at] == kind]


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Write these bytes over the file's own; `at` may count from its end."""
    with path.open("r+b") as file:
        file.seek(at, 2 if at < 0 else 0)
        file.write(data)
