"""The work folder: who holds it, and where its files lie."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curate.errors import BusyError, SettingsError, StoreError

JOURNAL = "journal.sqlite"
MEDIA = "media.sqlite"
STANDINGS = "standings.sqlite"
LOCK = "lock"
SHARD = "shard"


def made(work: Path) -> None:
    """Make the work folder. Raises SettingsError where a file is in its place."""
    try:
        work.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise SettingsError(f"the work folder {work} is a file") from None
    except OSError as error:
        raise StoreError(f"cannot use the work folder {work}: {error.strerror}") from error


def journal(work: Path) -> Path:
    """The journal of another work folder. Raises SettingsError where there is none."""
    path = work / JOURNAL
    if not path.is_file():
        raise SettingsError(f"--work: {work} holds no journal, so it is no work folder")
    return path


def resharded(work: Path, part: tuple[int, int]) -> str | None:
    """What a user should read who asks another part of the rows, (i, n), than this folder was last asked for."""
    path, now = work / SHARD, "all rows" if part == (1, 1) else f"--shard {part[0]}/{part[1]}"
    with suppress(OSError):  # a full disk keeps nobody from asking
        before = path.read_text(encoding="utf-8", errors="replace").strip()[:40] if path.is_file() else now
        path.write_text(now + "\n", encoding="utf-8")
        return None if before == now else f"{work} was last asked for {before}, now for {now}"
    return None


@contextmanager
def held(work: Path, command: str) -> Iterator[None]:
    """Hold the work folder for this command. Raises BusyError that says who holds it already.

    The system itself lets go of the lock when the process ends, however it ends.
    """
    made(work)
    try:
        handle = os.open(work / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"cannot use the work folder {work}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another command"
            raise BusyError(f"the work folder {work} is held by {holder}: wait for it or stop it") from None
        except OSError as error:
            raise StoreError(f"cannot lock the work folder {work}: {error.strerror}") from error
        with suppress(OSError):  # a full disk keeps nobody from holding the folder, only from saying who does
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"`curate {command}` (process {os.getpid()} on {os.uname().nodename})\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def remember(path: Path, text: str) -> None:
    """Keep what can be found out again; where the disk takes nothing, the next command finds it out."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
