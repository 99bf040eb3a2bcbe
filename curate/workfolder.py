"""The work folder: who holds it, and where its files lie."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curate.errors import BusyError, SettingsError, StoreError

JOURNAL = "journal.sqlite"
MEDIA = "media.sqlite"
STANDINGS = "standings.sqlite"
LOCK = "lock"
PERCH = "canary"  # the folder of what canaries show, while they do
SHARD = "shard"
RETRIES = "retries.json"  # what `--retry` has not asked to its end
WHOLE = (1, 1)  # no part of the rows, but all of them
PART = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")


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


def part(work: Path, asked: tuple[int, int] | None) -> tuple[int, int]:
    """The part (i, n) of the rows that a command here is about: the one `asked` for, else the folder's own.

    Raises SettingsError where both are parts, and differ: what is owed, and what a filter over several work folders
    joins, could not be told any more.
    """
    mine = _noted(work)
    if asked is None:
        return mine
    if WHOLE in (mine, asked) or mine == asked:
        return asked
    told = f"{work} is the work folder of {named(mine)}: give {named(asked)} one of its own with --work"
    raise SettingsError(f"{told}, or ask for all rows in this one with {_option(WHOLE)}")


def resharded(work: Path, asked: tuple[int, int]) -> str | None:
    """Note that this part of the rows is the folder's own from now on; what a user should read where it was another."""
    before, now = (_noted(work) if (work / SHARD).exists() else asked), named(asked)
    with suppress(OSError):  # a full disk keeps nobody from asking
        (work / SHARD).write_text(now + "\n", encoding="utf-8")
    return None if before == asked else f"{work} was last asked for {named(before)}, now for {now}"


def part_in(text: str) -> tuple[int, int] | None:
    """(i, n) of "i/n", i from 1 to n; None for anything else."""
    found = PART.fullmatch(text)
    return (int(found[1]), int(found[2])) if found and int(found[1]) <= int(found[2]) else None


def named(part: tuple[int, int]) -> str:
    """What users call this part of the rows."""
    return "all rows" if part == WHOLE else _option(part)


def _option(part: tuple[int, int]) -> str:
    return f"--shard {part[0]}/{part[1]}"


def _noted(work: Path) -> tuple[int, int]:
    """The part that was last asked for here; all rows where nobody has said so."""
    with suppress(OSError), (work / SHARD).open(encoding="utf-8", errors="replace") as file:
        option, _, said = file.read(40).strip().partition(" ")
        return (part_in(said) if option == "--shard" else None) or WHOLE
    return WHOLE


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
