"""What published shards hold, read from the files themselves: splits, rows, sizes and columns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.swap import told

SHARD = re.compile(r"(?P<split>[a-z]+)-(?P<index>\d{5})-of-(?P<count>\d{5})\.parquet")
SPLITS = ("train", "validation", "test")  # first where they are there
Feature = dict[str, Any]  # as `datasets` writes a column in a card: {"name": "options", "list": "string"}


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a set: its rows, the bytes of its files, and those of its rows without compression."""

    name: str
    rows: int
    file_bytes: int
    row_bytes: int


@dataclass(frozen=True, slots=True)
class Holding:
    """One set: its splits, and its columns: their names, and what a card says of their types.

    `features` are None where the files say better than a card what these are.
    """

    name: str
    splits: tuple[Split, ...]
    features: tuple[Feature, ...] | None
    columns: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The rows of all splits."""
        return sum(split.rows for split in self.splits)


def holdings(folder: Path, names: Iterable[str]) -> list[Holding]:
    """What the sets of these names hold in this folder. Raises StoreError where the disk does not give one back."""
    return [_holding(folder / name) for name in names]


def _holding(folder: Path) -> Holding:
    import pyarrow.parquet as pq

    found: dict[str, list[Split]] = {}
    features: tuple[Feature, ...] | None = None
    columns: tuple[str, ...] = ()
    for path in sorted(folder.iterdir()):
        if shard := SHARD.fullmatch(path.name):
            with told(path):
                footer = pq.read_metadata(path)
                held = Split(shard["split"], footer.num_rows, path.stat().st_size, _uncompressed(footer))
            schema = footer.schema.to_arrow_schema()
            features, columns = _features(schema), tuple(schema.names)
            found.setdefault(held.name, []).append(held)
    known = [name for name in SPLITS if name in found]
    splits = [_sum(found[name]) for name in [*known, *sorted(set(found) - set(known))]]
    return Holding(folder.name, tuple(splits), features, columns)


def _uncompressed(footer: Any) -> int:
    return sum(footer.row_group(index).total_byte_size for index in range(footer.num_row_groups))


def _sum(shards: list[Split]) -> Split:
    rows, files = sum(shard.rows for shard in shards), sum(shard.file_bytes for shard in shards)
    return Split(shards[0].name, rows, files, sum(shard.row_bytes for shard in shards))


def _features(schema: Any) -> tuple[Feature, ...] | None:
    """The columns; None where the files carry features of their own, or a type that a card has no name for."""
    if b"huggingface" in (schema.metadata or {}):
        return None
    columns = [_feature(field.type) for field in schema]
    if any(column is None for column in columns):
        return None
    return tuple({"name": field.name, **(column or {})} for field, column in zip(schema, columns, strict=True))


def _feature(kind: Any) -> Feature | None:
    import pyarrow.types as types

    names = {types.is_string: "string", types.is_int64: "int64", types.is_float64: "float64", types.is_boolean: "bool"}
    for has, name in names.items():
        if has(kind):
            return {"dtype": name}
    if types.is_list(kind):
        inner = _feature(kind.value_type)
        return None if inner is None else {"list": inner.get("dtype") or inner.get("struct") or inner}
    if types.is_struct(kind):
        fields = [(kind.field(index).name, _feature(kind.field(index).type)) for index in range(kind.num_fields)]
        return None if any(f is None for _, f in fields) else {"struct": [{"name": n, **(f or {})} for n, f in fields]}
    return None
