"""Files of rows: whole or not at all, in the kind that their name says."""

import json

import pyarrow.parquet as pq
import pytest

from curate.errors import SettingsError, StoreError
from curate.files import RowFile, merged
from curate.record import Output

TEXT = "Käse\u2028 \ud83d\n"
KEPT = "Käse\u2028 ?\n"


class Row(Output):
    number: int
    text: str = "x"
    maybe: str | None = None


def written(path, count=3):
    with RowFile(path, Row) as file:
        for number in range(count):
            file.add(Row.model_construct(number=number, text=TEXT, maybe=None))
    return file


def test_an_array(tmp_path):
    assert written(tmp_path / "x.json").rows == 3
    assert json.loads((tmp_path / "x.json").read_text()) == [
        {"number": n, "text": KEPT, "maybe": None} for n in range(3)
    ]


def test_lines(tmp_path):
    written(tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == [{"number": n, "text": KEPT, "maybe": None} for n in range(3)]
    assert lines[-1] == b""


def test_parquet(tmp_path):
    written(tmp_path / "x.parquet", 2500)
    file = pq.ParquetFile(tmp_path / "x.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [1000, 1000, 500]
    assert file.read().to_pylist()[2] == {"number": 2, "text": KEPT, "maybe": None}


@pytest.mark.parametrize(("ending", "content"), [("json", "[]\n"), ("jsonl", "")])
def test_no_rows(tmp_path, ending, content):
    written(tmp_path / f"x.{ending}", 0)
    assert (tmp_path / f"x.{ending}").read_text() == content


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_the_same_rows_give_the_same_bytes_over_what_was_there(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    written(path)
    first = path.read_bytes()
    path.write_text("something else")
    (tmp_path / "read by others").hardlink_to(path)
    written(path)
    assert path.read_bytes() == first
    assert (tmp_path / "read by others").read_text() == "something else"
    assert len(list(tmp_path.iterdir())) == 2


def write_and_fail(path, error):
    with RowFile(path, Row) as file:
        for number in range(1500):
            file.add(Row(number=number))
        raise error


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_changes_nothing(tmp_path, ending, error):
    path = tmp_path / f"x.{ending}"
    path.write_text("precious")
    with pytest.raises(error):
        write_and_fail(path, error)
    assert path.read_text() == "precious"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_rows_leave_memory_group_by_group(tmp_path, ending):
    with RowFile(tmp_path / f"x.{ending}", Row) as file:
        sizes = []
        for number in range(2000):
            file.add(Row(number=number, text=f"{number:0100d}"))
            sizes.append(len(file._buffer))
    assert (sizes[998], sizes[999], sizes[1999]) == (999, 0, 0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder: name a file in it"),
        ("x.csv", "expected a name that ends in .json, .jsonl, .parquet"),
        ("x", "expected a name that ends in .json, .jsonl, .parquet"),
        ("x.jsonk", "did you mean '.json"),
        ("none/x.json", "there is no folder"),
    ],
)
def test_a_place_that_cannot_be_one(tmp_path, name, said):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError) as caught:
        RowFile(tmp_path / name, Row)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_disk_that_refuses_is_one_clear_line(tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*: File name too long"):
        written(tmp_path / f"{'x' * 245}.json")
    assert list(tmp_path.iterdir()) == []


def test_entries_are_put_beside_those_that_are_there(tmp_path):
    path = tmp_path / "dataset_info.json"
    merged(path, {"one": {"file_name": "one.json"}})
    merged(path, {"two": {"file_name": "two.json"}})
    merged(path, {"one": {"file_name": "1.json"}})
    assert json.loads(path.read_text()) == {"one": {"file_name": "1.json"}, "two": {"file_name": "two.json"}}


@pytest.mark.parametrize("content", ["[]", "no JSON", "[" * 100_000, "\xff"])
def test_what_is_no_object_stays(tmp_path, content):
    path = tmp_path / "dataset_info.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(SettingsError, match=r"dataset_info.json (is no JSON|holds no JSON object)"):
        merged(path, {"one": {}})
    assert path.read_text(encoding="latin-1") == content
