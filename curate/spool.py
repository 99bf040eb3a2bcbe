"""One file of a batch while it is filled: on the disk, for what is asked with pictures is large."""

import os
from pathlib import Path
from uuid import uuid4

from curate.batchfile import line
from curate.batchitems import Ask
from curate.errors import StoreError
from curate.swap import synced

FOLDER = "batches"
PART = ".part"


class Spool:
    """Takes what is asked, line by line, until it is `full`: `most` requests, or `room` bytes."""

    def __init__(self, folder: Path, most: int, room: int) -> None:
        self.mark = uuid4().hex
        self.asks: list[Ask] = []
        self.size = 0
        self._most = most
        self._room = room
        self._path = place(folder, self.mark)
        self._part = self._path.with_name(self._path.name + PART)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        except OSError as error:
            raise unwritable(self._part, error) from error

    @property
    def full(self) -> bool:
        """Whether nothing more goes in."""
        return len(self.asks) >= self._most or self.size >= self._room

    def takes(self, body: bytes) -> bool:
        """Whether there is room for this body; an empty file takes one of any size."""
        return not self.asks or (not self.full and self.size + len(line("0" * 64, b"")) + len(body) <= self._room)

    def put(self, ask: Ask, body: bytes) -> None:
        """Add a request. Raises StoreError."""
        said = line(ask.key, body)
        try:
            self._file.write(said)
        except OSError as error:
            raise unwritable(self._part, error) from error
        self.asks.append(ask)
        self.size += len(said)

    def close(self) -> Path:
        """The file, which is on the disk now, whole. Raises StoreError."""
        try:
            with self._file as file:
                file.flush()
                os.fsync(file.fileno())
            self._part.replace(self._path)
            synced(self._path.parent)
        except OSError as error:
            raise unwritable(self._part, error) from error
        return self._path

    def drop(self) -> None:
        """Nothing of it is wanted."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def place(folder: Path, mark: str) -> Path:
    """Where the file of this mark lies until the server has it."""
    return folder / f"{mark}.jsonl"


def unwritable(path: Path, error: OSError) -> StoreError:
    """What is said where the disk took something not."""
    return StoreError(f"cannot write {path}: {error.strerror}; nothing of it was asked yet: run again")
