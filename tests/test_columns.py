"""Row types as Arrow types."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from curate.columns import ParquetFile, clean, schema
from curate.record import Output


class Row(Output):
    number: int
    text: str
    maybe: str | None = None
    count: int | None = None
    parts: tuple[str, ...] = ()


class Part(Output):
    kind: str
    text: str | None = None


class Turn(Output):
    role: str
    content: tuple[Part, ...]


class Talk(Output):
    turns: tuple[Turn, ...]
    first: Part
    last: Part | None = None
    share: float
    media: tuple[str, ...] | None = None


def test_schema():
    assert schema(Row) == pa.schema(
        [
            pa.field("number", pa.int64(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("maybe", pa.string()),
            pa.field("count", pa.int64()),
            pa.field("parts", pa.list_(pa.string()), nullable=False),
        ]
    )


def test_rows_within_rows_are_structs():
    part = pa.struct([pa.field("kind", pa.string(), nullable=False), pa.field("text", pa.string())])
    turn = pa.struct(
        [pa.field("role", pa.string(), nullable=False), pa.field("content", pa.list_(part), nullable=False)]
    )
    assert schema(Talk) == pa.schema(
        [
            pa.field("turns", pa.list_(turn), nullable=False),
            pa.field("first", part, nullable=False),
            pa.field("last", part),
            pa.field("share", pa.float64(), nullable=False),
            pa.field("media", pa.list_(pa.string())),
        ]
    )


@pytest.mark.parametrize("kind", [bytes, dict[str, int], tuple[int, int], int | str, list[str]])
def test_schema_knows_no_other_type(kind):
    odd = type("Odd", (Output,), {"__annotations__": {"field": kind}})
    with pytest.raises((KeyError, TypeError)):
        schema(odd)


def test_nested_rows_come_back_as_they_were(tmp_path):
    part = Part(kind="text", text="half \ud83d")
    talk = Talk(turns=(Turn(role="user", content=(Part(kind="video"), part)),), first=part, share=0.5)
    file = ParquetFile(tmp_path / "x.parquet", schema(Talk))
    file.write([talk, talk.model_copy(update={"last": Part(kind="x"), "media": ()})])
    file.close()
    clean_part = {"kind": "text", "text": "half ?"}
    row = {
        "turns": [{"role": "user", "content": [{"kind": "video", "text": None}, clean_part]}],
        "first": clean_part,
        "last": None,
        "share": 0.5,
        "media": None,
    }
    read = pa.parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert read == [row, row | {"last": {"kind": "x", "text": None}, "media": []}]


def test_text_that_utf8_cannot_hold():
    assert clean("né\ud800\x00") == "né?\x00"
