"""Shards whose rows hold their media as bytes, with the features that `datasets` reads them by."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from curate.columns import clean
from curate.errors import StoreError
from curate.record import Output
from curate.shards import SetWriter

MIB = 2**20
GROUP = 32 * MIB  # bytes of media after which a row group is full
SHARD = 512 * MIB  # and a shard
KINDS = ("image", "video")


class EmbeddingWriter(SetWriter):
    """Writes rows with their media: those of at most `most` MiB as bytes, of larger ones the path only.

    A layout's own columns `image`, `images`, `video` or `videos` hold them; where it has none there are two
    more columns, `image` and `video`. `larger` counts the rows that hold a path only.
    """

    def __init__(self, *arguments: Any, most: float) -> None:
        super().__init__(*arguments)
        self.larger = 0
        self._most = most * MIB
        self._places: list[tuple[str, str, bool]] = []
        self._group = self._shard = 0
        self._schema = featured(self._schema)

    def add(self, row: Output, medium: tuple[str, str] = ("", "")) -> None:
        """Add one row about this medium: its kind and where it lies."""
        kind, place = medium
        try:
            size = os.stat(place).st_size
        except OSError as error:
            raise unreadable(place, error) from None
        inside = size <= self._most
        self.larger += not inside
        self._group += size * inside
        self._places.append((kind, place, inside))
        super().add(row)
        if self._group >= GROUP:
            self._flush()

    def _write(self, rows: list[Output]) -> None:
        places = zip(rows, self._places, strict=True)
        super()._write([self._with_medium(row, *place) for row, place in places])
        self._places.clear()
        self._shard += self._group
        self._group = 0
        if self._shard >= SHARD:
            self._shard = 0
            self._close()

    def _with_medium(self, row: Any, kind: str, place: str, inside: bool) -> Any:
        """The row with its medium in the columns for it."""
        columns = {name: getattr(row, name) for name in type(row).model_fields}
        cell = {"bytes": _read(place) if inside else None, "path": clean(_path(row, kind) or Path(place).name)}
        for each in KINDS:
            name, several = column(self._schema.names, each)
            columns[name] = ([cell] if each == kind else []) if several else (cell if each == kind else None)
        return SimpleNamespace(**columns)


def column(names: list[str], kind: str) -> tuple[str, bool]:
    """The column that holds media of this kind, and whether it holds several."""
    return (f"{kind}s", True) if f"{kind}s" in names else (kind, False)


def featured(schema: Any) -> Any:
    """The schema with columns for media, and with the features that `datasets` takes from a file's metadata."""
    import pyarrow as pa

    medium = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
    features: dict[str, Any] = {}
    for kind in KINDS:
        name, several = column(schema.names, kind)
        field = pa.field(name, pa.list_(medium) if several else medium)
        schema = schema.set(schema.names.index(name), field) if name in schema.names else schema.append(field)
        features[name] = [{"_type": kind.title()}] if several else {"_type": kind.title()}
    for field in schema:
        features.setdefault(field.name, _feature(field.type))
    told = {"info": {"features": {name: features[name] for name in schema.names}}}
    return schema.with_metadata({"huggingface": json.dumps(told)})


def _feature(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


def _path(row: Any, kind: str) -> str:
    """The path that the row itself gives its medium."""
    several = getattr(row, f"{kind}s", None)
    return str((several[0] if several else None) or getattr(row, kind, None) or getattr(row, "path", ""))


def _read(place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except OSError as error:
        raise unreadable(place, error) from None


def unreadable(place: str, error: OSError) -> StoreError:
    """What is said of a medium that went away."""
    return StoreError(f"cannot read {place}: {error.strerror}; it is to be embedded: run again when it is back")
