"""One thread that writes to an SQLite file and commits in groups; nobody goes on before his group is on the disk."""

import asyncio
import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from curate.errors import StoreError
from curate.inbox import Inbox

log = logging.getLogger(__name__)

GROUP = 64  # writes that a commit waits for at most; what is there already joins them
CROWD = 1024  # writes in one commit at most
# Seconds between two commits, unless a group is full. A write after a rest is committed at once: what a kill can
# take is what came in since. Without any pause, 1000 replies/s would cost up to twice the CPU (70 fsyncs a second
# instead of 18); a longer one saves next to nothing.
PATIENCE = 0.05
LOCKED = 1.0  # seconds that SQLite waits for another process before it is told of
FIRST_TRY = 10.0  # seconds that a command waits at its start for a file that another process holds
LAST_TRY = 60.0  # seconds that a closing writer waits for a file that another process holds
REMIND = 60.0  # seconds between two words on that
STUCK = 0.5  # seconds that a commit takes before nothing new is asked: a kill would take what is answered meanwhile
RESERVE = 16 * 2**20  # bytes kept back, so that a disk that fills up has room for what is under way

SCANT = 2**20  # bytes below which a fault of the disk is put down to the lack of room
DAMAGE = ("malformed", "not a database", "Could not decode")

Statement = tuple[str, tuple[object, ...]]
T = TypeVar("T")


class _Write(NamedTuple):
    statements: Sequence[Statement]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Writes to the file at `path`, from its first write until `close`.

    A file that another process holds is waited for, and `say` is told. On a full disk the writer gives
    back what it kept in reserve, writes what is under way, and `broken` is what everybody then meets. What the disk
    did not take is tried once more at the end: it may have recovered while others were waited for.
    """

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection], say: Callable[[str], None]) -> None:
        self._path = path
        self._connect = connect
        self._say = say
        self._inbox: Inbox[_Write] = Inbox(GROUP, CROWD, PATIENCE)
        self._thread: threading.Thread | None = None
        self._closing_since: float | None = None
        self._reserve = path.with_name(f"{path.name}.reserve")
        self._untaken: list[_Write] = []
        self._began: float | None = None  # when the commit under way did
        self.broken: StoreError | None = None

    @property
    def stuck(self) -> bool:
        """Whether a commit takes so long that what comes in piles up: the file is locked, or the disk hangs."""
        began = self._began
        return began is not None and time.monotonic() - began > STUCK

    def ready(self) -> None:
        """Take what writing needs: the file and the reserve. Raises StoreError where a write could not be kept."""
        if self._thread is None and self.broken is None:
            try:
                self._start()
            except StoreError as error:
                self.broken = error
        if self.broken:
            raise self.broken

    async def write(self, statements: Sequence[Statement]) -> None:
        """Returns when these statements, all of them, are on the disk. Raises StoreError."""
        if self._thread is None:
            self.ready()
        loop = asyncio.get_running_loop()
        write = _Write(statements, loop.create_future(), loop)
        self._inbox.put(write)
        # A cancelled waiter must not take the write back: the reply is paid for.
        await asyncio.shield(write.done)

    def close(self) -> None:
        """Write what is queued, and let go of the file and the reserve."""
        if self._thread is None:
            return
        self._closing_since = time.monotonic()
        self._inbox.close()
        self._thread.join()
        self._thread = None
        self._reserve.unlink(missing_ok=True)

    def _start(self) -> None:
        try:
            with ExitStack() as stack:
                base = self._connect(self._path)
                stack.callback(base.close)
                patient(self._path, self._say, lambda: _commit(base, ()))
                self._keep_back()
                stack.pop_all()
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error
        self._thread = threading.Thread(target=self._work, args=(base,), name="journal", daemon=True)
        self._thread.start()

    def _keep_back(self) -> None:
        """Make the reserve. Raises StoreError where there is no room for it."""
        try:
            handle = os.open(self._reserve, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.posix_fallocate(handle, 0, RESERVE)
            finally:
                os.close(handle)
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                text = f"the disk is full: {self._path.parent} has no {RESERVE >> 20} MiB left to keep replies in"
                raise StoreError(f"{text}; free some space and run again, nothing is lost") from error

    def _work(self, base: sqlite3.Connection) -> None:
        with closing(base):
            for group in self._inbox.groups():
                self._began = time.monotonic()
                self._keep(base, group)
                self._began = None
            untaken, self._untaken = self._untaken, []
            for write in untaken:
                self._keep(base, [write])

    def _keep(self, base: sqlite3.Connection, group: list[_Write]) -> None:
        """Put this group on the disk, or as much of it as there is room for, and tell those who wait."""
        error = self._refusal(base, group)
        self.broken = self.broken or error
        if error and _full(error) and len(group) > 1:
            for write in group:
                self._keep(base, [write])
        else:
            self._untaken += group if error else []
            _settled(group, error)

    def _refusal(self, base: sqlite3.Connection, group: list[_Write]) -> StoreError | None:
        """Why this group could not be written; None where it is on the disk."""
        due = began = time.monotonic()
        while True:
            try:
                _commit(base, group)
                log.debug("committed %d writes in %.3f s", len(group), time.monotonic() - began)
                return None
            except sqlite3.Error as fault:
                log.debug("%d writes not committed: %s", len(group), fault)
                if _locked(fault) and not self._overdue():
                    if (now := time.monotonic()) >= due:
                        due = now + REMIND
                        with suppress(OSError):  # nobody may hear of it any more, but replies are kept
                            self._say(f"{waits(self._path)}; until then nothing new is asked")
                elif _starved(fault) and self._reserve.exists():
                    self._reserve.unlink(missing_ok=True)
                    self.broken = unusable(self._path, fault)
                else:
                    return unusable(self._path, fault)

    def _overdue(self) -> bool:
        return self._closing_since is not None and time.monotonic() - self._closing_since > LAST_TRY


def patient(path: Path, say: Callable[[str], None], work: Callable[[], T]) -> T:
    """What `work` returns; tried again, for ten seconds at most, while another process holds the file at `path`."""
    end, told = time.monotonic() + FIRST_TRY, False
    while True:
        try:
            return work()
        except sqlite3.OperationalError as fault:
            if not _locked(fault) or time.monotonic() > end:
                raise
            if not told:
                say(waits(path))
            told = True
            time.sleep(0.1)  # where SQLite itself does not wait


def waits(path: Path) -> str:
    """What is told while another process holds this file."""
    return f"{path} is locked by another process: waiting for it"


def unusable(path: Path, error: Exception) -> StoreError:
    """What this fault of the store means for its user, in one line."""
    text = str(error).partition(" with text ")[0]  # behind that SQLite quotes what does not decode: a reply
    if _full(error) or (_starved(error) and _free(path) < SCANT):
        return StoreError(f"the disk is full: {path} took no more; free some space and run again, nothing is lost")
    if _locked(error):
        return StoreError(f"{path} is locked by another process: wait for it or stop it, then run again")
    if any(sign in text for sign in DAMAGE):
        return damaged(path, text)
    hint = ": check the disk; what is in it stays, and what was on its way is asked again" if _starved(error) else ""
    return StoreError(f"cannot use the journal {path}: {text}{hint}")


def damaged(path: Path, how: str) -> StoreError:
    """What is said of a damaged journal."""
    return StoreError(f"cannot use the journal {path}: {how}; `curate mend` saves all of it that can be read")


def _full(error: Exception) -> bool:
    return "disk is full" in str(error)


def _starved(error: Exception) -> bool:
    """Whether more room might help: some file systems are out of room, or of quota, without saying so."""
    return _full(error) or "disk I/O" in str(error)


def _free(path: Path) -> int:
    """Bytes that are left on the disk of this file."""
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return SCANT
    return found.f_bavail * found.f_frsize


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


def _commit(base: sqlite3.Connection, group: Sequence[_Write]) -> None:
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
