"""Rows as the columns of a Parquet file: which Arrow type each has, and how it is written."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from curate.record import Output
from curate.swap import told

CODEC = "zstd"
ROWS_PER_GROUP = 1000


def clean(text: str) -> str:
    """The text as UTF-8 can hold it: halves of surrogate pairs become "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def schema(row_type: type[Output]) -> Any:
    """The Arrow schema of a row type, its columns in order.

    Knows `int`, `float`, `str`, other such types as structs, `tuple[…, ...]` of any of them as lists, and any
    of them or None. Raises KeyError for any other type.
    """
    import pyarrow as pa

    return pa.schema(_columns(row_type))


def _columns(row_type: type[Output]) -> list[Any]:
    import pyarrow as pa

    kinds = {name: _kind(field.annotation) for name, field in row_type.model_fields.items()}
    return [pa.field(name, kind, nullable=null) for name, (kind, null) in kinds.items()]


def _kind(annotation: Any) -> tuple[Any, bool]:
    """An Arrow type, and whether it may be null."""
    import pyarrow as pa

    if isinstance(annotation, type) and issubclass(annotation, Output):
        return pa.struct(_columns(annotation)), False
    inner = get_args(annotation)
    if len(inner) == 2 and inner[1] is NoneType:
        return _kind(inner[0])[0], True
    if get_origin(annotation) is tuple and inner[1:] == (...,):
        return pa.list_(_kind(inner[0])[0]), False
    return {int: pa.int64(), float: pa.float64(), str: pa.string()}[annotation], False


class ParquetFile:
    """One Parquet file, zstd, that is worth something once it is closed. Raises StoreError where the disk refuses."""

    def __init__(self, path: Path, schema: Any) -> None:
        import pyarrow.parquet as pq

        self._path = path
        self._schema = schema
        with told(path):
            self._file = path.open("wb")
            self._parquet = pq.ParquetWriter(self._file, schema, compression=CODEC, compression_level=3)

    def write(self, rows: Sequence[object]) -> None:
        """Add these rows, whose attributes are the columns; as many row groups as it takes."""
        import pyarrow as pa

        if not rows:
            return  # `datasets` cannot read a row group without rows, but a file without row groups
        columns = [pa.array([_storable(getattr(row, f.name, None)) for row in rows], f.type) for f in self._schema]
        with told(self._path):
            self._parquet.write_table(pa.Table.from_arrays(columns, schema=self._schema), ROWS_PER_GROUP)

    def close(self) -> None:
        """Make it whole and durable."""
        with told(self._path):
            self._parquet.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def abandon(self) -> None:
        """Let go of it; whatever it holds is worth nothing."""
        with suppress(OSError, ValueError):
            self._parquet.close()
        # Or the writer would try again, loudly, when it is collected.
        self._parquet.is_open = False
        with suppress(OSError):
            self._file.close()


def _storable(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return [_storable(item) for item in value]
    if isinstance(value, Output):
        return {name: _storable(getattr(value, name)) for name in type(value).model_fields}
    return value
