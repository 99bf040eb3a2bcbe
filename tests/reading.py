"""Rows of a layout, written to a file and read back as its trainer does: with `datasets`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset

from curate.files import RowFile
from curate.layout import Layout
from curate.record import Output, Record
from tests.records import drafted, record

PICTURE = {"data_type": "image", "path": "signs/one.png", "problem_id": 8, "options": (), "problem_type": "OCR"}
SOLVED = {"solution": "<answer>STOP</answer>"}
# A question and a thinking that hold what trainers take for the places of media.
MARKED = "<image>\nWhere is <video> here? <video><image> "


def both() -> list[Record]:
    """A question about a video and one about an image."""
    return [record(), record(**PICTURE, **SOLVED)]


def thought() -> list[Record]:
    """The same with chains of thought."""
    return [drafted(each) for each in both()]


def hostile() -> Record:
    """A record whose every text holds markers."""
    return drafted(record(problem=MARKED, options=()), "I see <video> and <<image>>, then <audio>")


def read(
    folder: Path,
    layout: Layout,
    records: Sequence[Record],
    ending: str = "jsonl",
    row_type: type[Output] | None = None,
) -> list[dict[str, Any]]:
    """The rows that `datasets` finds in a file of these records, of the layout's own type or of this one."""
    row_type = row_type or layout.form("sft" if records[0].outputs else "rl")
    assert row_type is not None
    path = folder / f"{layout.name()}.{ending}"
    with RowFile(path, row_type) as file:
        for each in records:
            file.add(layout.row(each))
    reader = Dataset.from_parquet if ending == "parquet" else Dataset.from_json
    return list(reader(str(path), cache_dir=str(folder / "cache")))
