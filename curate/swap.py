"""How what was written beside the published files takes their place, and what a full disk says."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import StoreError

# Being written; complete and on its way into place; on its way out.
NEW, READY, OLD = ".new", ".ready", ".old"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def repair(work: Path) -> None:
    """Finish a publication that was on its way into place, and remove one that was never complete.

    Safe at any time by whoever holds the work folder. Raises StoreError.
    """
    new, ready, old = (work / name for name in (NEW, READY, OLD))
    with told(work):
        if ready.is_dir():
            old.mkdir(exist_ok=True)
            for entry in sorted(ready.iterdir()):
                _swap(entry, work / entry.name, old / entry.name)
            synced(work)
        for leftover in (new, ready, old):
            if leftover.exists():
                shutil.rmtree(leftover)


def _swap(entry: Path, place: Path, aside: Path) -> None:
    """A file replaces the one before it at once; a folder cannot, so the old one steps aside first."""
    if place.is_dir():
        if aside.exists():
            shutil.rmtree(aside)
        place.rename(aside)
    entry.rename(place)


def synced(folder: Path) -> None:
    """Make the names inside a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an error of the disk into a StoreError that says which file, why, and what to do."""
    try:
        yield
    except OSError as error:
        inside = path.parts[path.parts.index(NEW) + 1 :] if NEW in path.parts else ()
        name = f"{'/'.join(inside)} in the work folder" if inside else path
        why = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        if error.errno in FULL:
            advice = "make room on the disk"
        elif error.errno in FORBIDDEN:
            advice = "make the folder writable"
        else:
            advice = "check the disk"
        raise StoreError(f"cannot write {name}: {why}; {advice} and run again") from error
