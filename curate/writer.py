"""One thread that writes to an SQLite file and commits in groups; nobody goes on before his group is on the disk."""

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from curate.errors import StoreError

log = logging.getLogger(__name__)

GROUP = 64  # writes that a commit waits for at most; what is there already joins them
CROWD = 1024  # writes in one commit at most
PATIENCE = 0.2  # seconds that a write waits at most for others to join its commit
LOCKED = 30.0  # seconds that SQLite waits for another process before it is told of
LAST_TRY = 60.0  # seconds that a closing writer waits for a file that another process holds
RESERVE = 16 * 2**20  # bytes kept back, so that a disk that fills up has room for what is under way

Statement = tuple[str, tuple[object, ...]]


class _Write(NamedTuple):
    statements: Sequence[Statement]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Writes to the file at `path`, from its first write until `close`.

    A file that another process holds is waited for, and `say` is told. On a full disk the writer gives
    back what it kept in reserve, writes what is under way, and `broken` is what everybody then meets.
    """

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection], say: Callable[[str], None]) -> None:
        self._path = path
        self._connect = connect
        self._say = say
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closing_since: float | None = None
        self._reserve = path.with_name(f"{path.name}.reserve")
        self.broken: StoreError | None = None

    async def write(self, statements: Sequence[Statement]) -> None:
        """Returns when these statements, all of them, are on the disk. Raises StoreError."""
        if self._thread is None:
            self._start()
        loop = asyncio.get_running_loop()
        write = _Write(statements, loop.create_future(), loop)
        self._queue.put(write)
        # A cancelled waiter must not take the write back: the reply is paid for.
        await asyncio.shield(write.done)

    def close(self) -> None:
        """Write what is queued, and let go of the file and the reserve."""
        if self._thread is None:
            return
        self._closing_since = time.monotonic()
        self._queue.put(None)
        self._thread.join()
        self._thread = None
        self._reserve.unlink(missing_ok=True)

    def _start(self) -> None:
        with suppress(OSError):  # a disk without room for it will say so with the first reply
            handle = os.open(self._reserve, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.posix_fallocate(handle, 0, RESERVE)
            finally:
                os.close(handle)
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        with closing(self._connect(self._path)) as base:
            for group in self._groups():
                error = self._kept(base, group)
                self.broken = self.broken or error
                _settled(group, error)

    def _kept(self, base: sqlite3.Connection, group: list[_Write]) -> StoreError | None:
        """Why this group could not be written; None where it is on the disk."""
        told = False
        while True:
            try:
                began = time.monotonic()
                _commit(base, group)
                log.debug("committed %d writes in %.3f s", len(group), time.monotonic() - began)
                return None
            except sqlite3.Error as fault:
                log.debug("%d writes not committed: %s", len(group), fault)
                if _locked(fault) and not self._overdue():
                    if not told:
                        self._say(f"{self._path} is locked by another process: waiting for it")
                    told = True
                elif _full(fault) and self._reserve.exists():
                    self._reserve.unlink(missing_ok=True)
                    self.broken = unusable(self._path, fault)
                else:
                    return unusable(self._path, fault)

    def _overdue(self) -> bool:
        return self._closing_since is not None and time.monotonic() - self._closing_since > LAST_TRY

    def _groups(self) -> Iterator[list[_Write]]:
        """What came in, in commits' worth; ends after `None` came."""
        last = False
        while not last and (first := self._queue.get()) is not None:
            group, deadline = [first], time.monotonic() + PATIENCE
            while len(group) < CROWD:
                wait = deadline - time.monotonic() if len(group) < GROUP else 0.0
                try:
                    write = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
                except Empty:
                    break
                if write is None:
                    last = True
                    break
                group.append(write)
            yield group


def unusable(path: Path, error: Exception) -> StoreError:
    """What this fault of the store means for its user, in one line."""
    text = str(error)
    if _full(error):
        return StoreError(f"the disk is full: {path} took no more; free some space and run again, nothing is lost")
    if _locked(error):
        return StoreError(f"{path} is locked by another process: wait for it or stop it, then run again")
    if "malformed" in text or "not a database" in text:
        return StoreError(f"cannot use the journal {path}: {text}; `curate mend` saves all of it that can be read")
    hint = " (is the disk full? what was answered is kept)" if "disk I/O" in text else ""
    return StoreError(f"cannot use the journal {path}: {text}{hint}")


def _full(error: Exception) -> bool:
    return "full" in str(error)


def _locked(error: Exception) -> bool:
    return "is locked" in str(error)


def _settled(group: list[_Write], error: StoreError | None) -> None:
    """Let everybody who waits for this group go on: one wake-up for each loop, not one for each write."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for write in group:
        loops.setdefault(write.loop, []).append(write.done)
    for loop, futures in loops.items():
        with suppress(RuntimeError):  # the loop may be gone; the rows are safe all the same
            loop.call_soon_threadsafe(_settle, futures, error)


def _settle(futures: list[asyncio.Future[None]], error: StoreError | None) -> None:
    for done in futures:
        if done.done():
            continue
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
