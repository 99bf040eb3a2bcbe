"""From a row's path to a file below the media root, and from the file to the hash of its content."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from curate.errors import MediaError

_BLOCK = 1 << 20
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A regular file: its resolved path, and what changes when its content does."""

    path: Path
    size: int
    mtime_ns: int


def placed(root: Path, row_path: str) -> Place:
    """The file that a row's "./a/b.mp4" names below `root` (resolved). Raises MediaError."""
    seen = shown(row_path)
    if "\0" in row_path or not row_path.strip() or not _encodable(row_path):
        raise MediaError("not a path", seen)
    if "://" in row_path:
        raise MediaError("a URL, not a path", seen)
    try:
        path = (root / row_path).resolve(strict=True)
        inside = not os.path.isabs(row_path) and path.is_relative_to(root)
        found = path.stat() if inside else None
    except (FileNotFoundError, NotADirectoryError):
        raise MediaError(*_missing(root, row_path)) from None
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise MediaError("no such file", f"{seen}: {getattr(error, 'strerror', error)}") from None
    if found is None:
        raise MediaError("path outside media_root", seen)
    if not stat.S_ISREG(found.st_mode):
        raise MediaError("not a regular file", seen)
    return Place(path, found.st_size, found.st_mtime_ns)


def unchanged(place: Place) -> bool:
    """Whether the file still has this size and time."""
    try:
        now = place.path.stat()
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns) == (place.size, place.mtime_ns)


def content_hash(place: Place) -> str:
    """The sha256 of the content, 64 hex digits. Raises MediaError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with place.path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise MediaError("not readable", error.strerror or type(error).__name__, lasting=False) from None
    return digest.hexdigest()


def shown(row_path: str) -> str:
    """A row's path as it can stand in a message: one line, bounded, plain where it was odd."""
    text = row_path[:_LONGEST_SHOWN]
    return text if text.isprintable() else ascii(text)


def _missing(root: Path, row_path: str) -> tuple[str, str]:
    """What is outside is said to be outside whether it exists or not."""
    outside = not Path(os.path.normpath(root / row_path)).is_relative_to(root)
    absolute = os.path.isabs(row_path)
    return ("path outside media_root" if outside or absolute else "no such file"), shown(row_path)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
