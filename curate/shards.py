"""Parquet shards, and how a whole publication takes its place in the work folder at once."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from curate.columns import ROWS_PER_GROUP, ParquetFile, clean, schema
from curate.errors import SettingsError
from curate.record import Failed, Output, Owed, Rejected
from curate.splits import TRAIN
from curate.swap import NEW, READY, repair, synced, told

ROWS_PER_SHARD = 50_000
NAME = re.compile(r"[a-z0-9_-]+")
SHARD = re.compile(r"(?:train|validation)-\d{5}-of-\d{5}\.parquet")


class RejectedRow(Output):
    """A row that is in no SFT set, and why; `row` is the input row as JSON."""

    problem_id: int | None
    step: str
    reason: str
    detail: str
    row: str

    @classmethod
    def of(cls, outcome: Rejected | Failed | Owed) -> Self:
        """The row for any outcome that kept a record out; halves of surrogate pairs become "?"."""
        rejected = outcome if isinstance(outcome, Rejected) else _unfinished(outcome)
        return cls(
            problem_id=rejected.problem_id,
            step=rejected.step,
            reason=clean(rejected.reason),
            detail=clean(rejected.detail),
            row=rejected.row_json,
        )


def _unfinished(outcome: Failed | Owed) -> Rejected:
    if isinstance(outcome, Owed):
        return Rejected(outcome.record.row, outcome.step, "not answered yet", outcome.failure or "", outcome.record)
    return Rejected(outcome.raw, outcome.step, outcome.reason, outcome.detail, outcome.record)


class SetWriter:
    """Writes the shards of one split of a set: row groups of 1,000 rows, which is all that it holds.

    `rows` counts what was added.
    """

    def __init__(self, folder: Path, row_type: type[Output], rows_per_shard: int, split: str = TRAIN) -> None:
        self.rows = 0
        self._folder = folder
        self._split = split
        self._schema = schema(row_type)
        self._rows_per_shard = rows_per_shard
        self._buffer: list[Output] = []
        self._shards: list[Path] = []
        self._room = 0
        self._file: ParquetFile | None = None
        self._finished = False
        with told(folder):
            folder.mkdir(exist_ok=True)

    def add(self, row: Output, medium: tuple[str, str] = ("", "")) -> None:
        """Add one row of the set's type, about this medium: kind and place. Raises StoreError."""
        self._buffer.append(row)
        self.rows += 1
        if len(self._buffer) >= min(ROWS_PER_GROUP, self._room or self._rows_per_shard):
            self._flush()

    def finish(self) -> None:
        """Write what is left, and name the shards by their count; an empty set has one empty shard. Once is enough."""
        if self._finished:
            return
        self._finished = True
        if self._buffer or not self._shards:
            self._flush()
        self._close()
        for index, shard in enumerate(self._shards):
            name = f"{self._split}-{index:05d}-of-{len(self._shards):05d}.parquet"
            with told(shard):
                shard.rename(self._folder / name)
        with told(self._folder):
            synced(self._folder)

    def abandon(self) -> None:
        """Let go of the open shard; whatever it holds is worth nothing."""
        if self._file is not None:
            self._file.abandon()

    def _flush(self) -> None:
        if self._room == 0 or self._file is None:
            self._close()
            self._file = self._opened()
        self._room -= len(self._buffer)
        self._write(self._buffer)
        self._buffer.clear()

    def _write(self, rows: list[Output]) -> None:
        if self._file is not None:
            self._file.write(rows)

    def _opened(self) -> ParquetFile:
        shard = self._folder / f"{self._split}-{len(self._shards):05d}.parquet"
        self._shards.append(shard)
        self._room = self._rows_per_shard
        return ParquetFile(shard, self._schema)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


class Publication:
    """Collects sets and texts beside what is published, and puts all of it in place at the end.

    A context manager. Until its block has ended well, nothing published changes; then everything
    takes its place by rename, and what a killed process left half done the next one finishes. On an
    exception, what was collected is removed. Its methods raise StoreError where the disk refuses,
    with one line that names the file. One at a time: the caller holds the work folder.
    """

    def __init__(self, work: Path) -> None:
        self._work = work
        self._writers: list[SetWriter] = []

    def __enter__(self) -> Self:
        with told(self._work):
            self._work.mkdir(parents=True, exist_ok=True)
        repair(self._work)
        with told(self._work / NEW):
            (self._work / NEW).mkdir()
        return self

    def writer(
        self,
        name: str,
        row_type: type[Output],
        rows_per_shard: int = ROWS_PER_SHARD,
        split: str = TRAIN,
        kind: Callable[[Path, type[Output], int, str], SetWriter] = SetWriter,
    ) -> SetWriter:
        """A writer for a split of the set of this name. Raises SettingsError where its folder holds other things."""
        if not NAME.fullmatch(name):
            raise SettingsError(f"sets.{name}: a set's name is made of a-z, 0-9, _ and -")
        place = self._work / name
        with told(place):
            found = sorted(place.iterdir()) if place.is_dir() else [place] if place.exists() else []
        strange = [path.name for path in found if not SHARD.fullmatch(path.name)]
        if strange:
            raise SettingsError(f"{place} is no set, it has {strange[0]!r}: move it or take another work folder")
        writer = kind(self._work / NEW / name, row_type, rows_per_shard, split)
        self._writers.append(writer)
        return writer

    def finished(self) -> Path:
        """The folder where all sets lie side by side, written to their end: no row can be added any more."""
        for writer in self._writers:
            writer.finish()
        return self._work / NEW

    def text(self, name: str, content: str) -> None:
        """A file of text, as UTF-8."""
        path = self._work / NEW / name
        with told(path), path.open("wb") as file:
            file.write(clean(content).encode())
            file.flush()
            os.fsync(file.fileno())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            for writer in self._writers:
                writer.abandon()
            shutil.rmtree(self._work / NEW, ignore_errors=True)

    def _publish(self) -> None:
        for writer in self._writers:
            writer.finish()
        with told(self._work / NEW):
            synced(self._work / NEW)
            # From here on the publication holds, whatever happens: `repair` takes it the rest of the way.
            (self._work / NEW).rename(self._work / READY)
            synced(self._work)
        repair(self._work)
