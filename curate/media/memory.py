"""What was found out about media before, in an SQLite file under the work folder."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from curate.errors import MediaError, StoreError
from curate.media.facts import Facts
from curate.media.place import Place
from curate.medium import Kind
from curate.timeline import Timeline

_OURS = 0x63757261  # "cura", in the file's header
_VERSION = 2  # of the table "media": one of another version is made anew, it only costs another look
_TABLES = """
CREATE TABLE IF NOT EXISTS places (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS media (
    sha256 TEXT, kind TEXT, reason TEXT, detail TEXT, width INTEGER, height INTEGER, base TEXT, origin INTEGER,
    ticks BLOB, keys BLOB, lost BLOB, fps REAL, codec TEXT, rotation INTEGER, missing INTEGER, surveyed INTEGER,
    PRIMARY KEY (sha256, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks (sha256 TEXT PRIMARY KEY, look BLOB NOT NULL) WITHOUT ROWID;
"""
_FACTS = "width, height, base, origin, ticks, keys, lost, fps, codec, rotation, missing, surveyed"


class Memory:
    """Hashes by (path, size, mtime) and facts or faults by (sha256, kind). Every call may raise StoreError.

    Paths are kept relative to `root`, so that moving the root costs no decoding.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
        try:
            with self._guarded():
                self._settle()
        except StoreError:
            self._db.close()
            raise

    def hash_of(self, place: Place) -> str | None:
        """The hash of this file, unless it changed since it was read."""
        key = (self._key(place), place.size, place.mtime_ns)
        with self._guarded():
            row = self._db.execute(
                "SELECT sha256 FROM places WHERE path = ? AND size = ? AND mtime_ns = ?", key
            ).fetchone()
        return str(row[0]) if row else None

    def keep_hash(self, place: Place, sha256: str) -> None:
        """Remember the hash of this file."""
        row = (self._key(place), place.size, place.mtime_ns, sha256)
        with self._guarded():
            self._db.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", row)

    def found(self, sha256: str, kind: Kind) -> Facts | MediaError | None:
        """What probing this content found, or why it failed, or None where it was never tried."""
        with self._guarded():
            query = f"SELECT reason, detail, {_FACTS} FROM media WHERE sha256 = ? AND kind = ?"  # noqa: S608
            row = self._db.execute(query, (sha256, kind)).fetchone()
            if row is None:
                return None
            reason, detail, *facts = row
            return MediaError(reason, detail) if reason else _facts(*facts)

    def keep(self, sha256: str, kind: Kind, found: Facts | MediaError) -> None:
        """Remember what probing found, or the fault, in place of what was known."""
        row: tuple[object, ...]
        if isinstance(found, MediaError):
            row = (sha256, kind, found.reason, found.detail, *[None] * 12)
        else:
            times = found.times
            line = (str(times.base), times.origin, times.ticks, times.keys, times.lost)
            rest = (found.fps, found.codec, found.rotation, found.missing, found.surveyed)
            row = (sha256, kind, None, None, found.width, found.height, *line, *rest)
        with self._guarded():
            self._db.execute(f"INSERT OR REPLACE INTO media VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608

    def look_of(self, sha256: str) -> bytes | None:
        """How this content looks, or None where nobody has looked."""
        with self._guarded():
            row = self._db.execute("SELECT look FROM looks WHERE sha256 = ?", (sha256,)).fetchone()
        return bytes(row[0]) if row else None

    def keep_look(self, sha256: str, look: bytes) -> None:
        """Remember how this content looks."""
        with self._guarded():
            self._db.execute("INSERT OR REPLACE INTO looks VALUES (?, ?)", (sha256, look))

    def forget(self, reason: str) -> None:
        """Forget every fault of this reason."""
        with self._guarded():
            self._db.execute("DELETE FROM media WHERE reason = ?", (reason,))

    def close(self) -> None:
        """Let go of the file."""
        with self._guarded():
            self._db.close()

    def _settle(self) -> None:
        owner = self._db.execute("PRAGMA application_id").fetchone()[0]
        filled = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if owner != _OURS and (owner or filled):
            raise StoreError(f"{self._path}: not a media store of curate; move it away and run again")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA application_id = {_OURS}")
        if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            self._db.executescript(f"DROP TABLE IF EXISTS media; PRAGMA user_version = {_VERSION}")
        self._db.executescript(_TABLES)

    def _key(self, place: Place) -> bytes:
        return os.fsencode(place.path.relative_to(self._root))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Name what the disk or the file did, on one line."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "is full" in str(error):
                told = f"the disk is full: {self._path} took no more; free some space and run again, nothing is lost"
                raise StoreError(told) from None
            raise StoreError(f"{self._path}: {error}") from None
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            raise StoreError(f"{self._path}: {error}; move it away, it is rebuilt on the next run") from None
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}") from None


def _facts(
    width: int, height: int, base: str, origin: int, ticks: bytes, keys: bytes, lost: bytes, *rest: Any
) -> Facts:
    times = Timeline(Fraction(base), origin, ticks, keys, lost)
    if not len(times):
        raise ValueError("a film without frames")
    fps, codec, rotation, missing, surveyed = rest
    return Facts(width, height, times, fps, codec, rotation, missing, bool(surveyed))
