"""One file of rows for a trainer: a JSON array, JSON lines or Parquet, written whole or not at all."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from curate.checks import nearest
from curate.columns import ROWS_PER_GROUP, ParquetFile, clean, schema
from curate.errors import SettingsError, StoreError
from curate.record import Output
from curate.swap import synced, told


class JsonFile:
    """Rows as JSON, one a line; as an array where `array`. All have the keys of the row type, as Parquet's columns.

    Which have none where they are None, the row type says (`Sparse`).
    """

    def __init__(self, path: Path, array: bool, row_type: type[Output]) -> None:
        self._columns = tuple(row_type.model_fields)
        self._path = path
        self._array = array
        self._empty = True
        with told(path):
            self._file = path.open("wb")

    def write(self, rows: Sequence[Output]) -> None:
        """Add these rows."""
        with told(self._path):
            for row in rows:
                text = json.dumps(self._told(row), ensure_ascii=False)
                before = ("[\n" if self._empty else ",\n") if self._array else ""
                self._file.write(clean(f"{before}{text}{'' if self._array else chr(10)}").encode())
                self._empty = False

    def _told(self, row: Output) -> dict[str, Any]:
        told, known = row.model_dump(), type(row).model_fields
        return {name: told.get(name) for name in self._columns if name in told or name not in known}

    def close(self) -> None:
        """Make it whole and durable."""
        with told(self._path):
            if self._array:
                self._file.write(b"[]\n" if self._empty else b"\n]\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def abandon(self) -> None:
        """Let go of it; whatever it holds is worth nothing."""
        with suppress(OSError):
            self._file.close()


KINDS = {".json": "JSON array", ".jsonl": "JSON lines", ".parquet": "Parquet"}


class RowFile:
    """Writes rows to a file of the kind that its name ends in, in groups of 1,000, which is all that it holds.

    A context manager: the file takes its place when the block has ended well, over one that was there;
    otherwise nothing changes. `rows` counts. Raises SettingsError where the place cannot be one for a file,
    StoreError where the disk refuses.
    """

    def __init__(self, path: Path, row_type: type[Output]) -> None:
        self.rows = 0
        self._path = checked_place(path)
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._row_type = row_type
        self._buffer: list[Output] = []

    def __enter__(self) -> Self:
        kind = self._path.suffix
        parquet = kind == ".parquet"
        self._file: ParquetFile | JsonFile = (
            ParquetFile(self._part, schema(self._row_type))
            if parquet
            else JsonFile(self._part, kind == ".json", self._row_type)
        )
        return self

    def add(self, row: Output) -> None:
        """Add one row."""
        self.rows += 1
        self._buffer.append(row)
        if len(self._buffer) == ROWS_PER_GROUP:
            self._flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
                self._file.close()
                with told(self._path):
                    self._part.replace(self._path)
                    synced(self._path.parent)
        finally:
            self._file.abandon()
            with suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        self._file.write(self._buffer)
        self._buffer.clear()


def checked_place(path: Path) -> Path:
    """The path, where a file of rows may stand. Raises SettingsError."""
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: name a file in it, such as {path / 'sft.jsonl'}")
    if path.suffix not in KINDS:
        raise SettingsError(f"{path}: expected a name that ends in {', '.join(KINDS)}{nearest(path.suffix, KINDS)}")
    if not path.parent.is_dir():
        raise SettingsError(f"{path}: there is no folder {path.parent}")
    return path


def merged(path: Path, entries: dict[str, Any]) -> None:
    """Put these entries into the JSON object at `path`, which is made where there is none; others stay.

    Raises SettingsError where something else lies there.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (ValueError, RecursionError):
        raise SettingsError(f"{path} is no JSON: mend or move it, an entry has to go into it") from None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    if not isinstance(found, dict):
        raise SettingsError(f"{path} holds no JSON object: move it, an entry has to go into it")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with told(path):
        part.write_text(json.dumps(found | entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
