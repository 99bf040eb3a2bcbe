import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import hub, sources
from curate.errors import SettingsError
from curate.sources import BrokenLine, Row

ROWS = [{"problem_id": 1, "problem": "Où?", "options": ["A. x"]}, {"problem_id": 2, "problem": None, "options": []}]


@pytest.fixture
def file(tmp_path):
    """Writes a file and returns its path."""

    def written(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def raws(*files):
    return [row.raw for row in sources.rows(files)]


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


BOM = "\ufeff"
READABLE = {
    "array": ("a.json", json.dumps(ROWS)),
    "array over lines": ("a.json", json.dumps(ROWS, indent=2, ensure_ascii=False)),
    "array after blanks": ("a.json", "\n\r\n \t" + json.dumps(ROWS)),
    "array with a BOM": ("a.json", BOM + json.dumps(ROWS)),
    "array without an ending": ("rows", json.dumps(ROWS)),
    "lines": ("a.jsonl", lines(ROWS)),
    "lines in .json": ("a.json", lines(ROWS)),
    "lines in .txt": ("a.txt", lines(ROWS)),
    "lines with a BOM": ("a.jsonl", BOM + lines(ROWS)),
    "lines with blank ones": ("a.jsonl", "\n\n" + lines(ROWS).replace("\n", "\n \t\n\n")),
    "lines of Windows": ("a.jsonl", lines(ROWS).replace("\n", "\r\n")),
    "no newline at the end": ("a.jsonl", lines(ROWS).rstrip("\n")),
}


@pytest.mark.parametrize(("name", "content"), READABLE.values(), ids=READABLE)
def test_rows_of_json(file, name, content):
    assert raws(file(name, content)) == ROWS


def test_rows_of_parquet(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet", row_group_size=1)
    assert raws(tmp_path / "a.parquet") == ROWS
    pq.write_table(pa.table({"problem_id": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    assert raws(tmp_path / "none.parquet") == []


def test_an_empty_array_has_no_rows(file):
    assert raws(file("a.json", " [ ] ")) == []


def test_a_separator_inside_a_line_does_not_end_it(file):
    assert raws(file("a.jsonl", '{"a": "x\u2028y\u0085z"}\n')) == [{"a": "x\u2028y\u0085z"}]


def test_numbers_are_those_of_python(file):
    (row,) = raws(file("a.json", '[{"a": 1.5, "b": 3, "c": -0.25, "d": 1e3}]'))
    assert row == {"a": 1.5, "b": 3, "c": -0.25, "d": 1000.0}
    assert [type(value) for value in row.values()] == [float, int, float, float]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("large", ["18446744073709551616", "-9223372036854775809", "1e400"])
def test_a_number_beyond_64_bits_is_read_like_any_other(file, name, large):
    texts = ['{"a": 0.5}', f'{{"a": [{large}]}}', *(f'{{"a": {n}}}' for n in range(1000)), '{"a": [0.25, {"b": 1.0}]}']
    content = "\n".join(texts) if name.endswith("l") else f"[{','.join(texts)}]"
    found = raws(file(name, content))
    assert found == [json.loads(text) for text in texts]
    assert type(found[-1]["a"][0]) is float


def test_what_is_broken_behind_a_large_number_is_told(file):
    with pytest.raises(SettingsError, match="cannot read"):
        raws(file("a.json", f'[{{"a": {2**70}}}, {{"a": nothing}}]'))
    with pytest.raises(SettingsError, match="cannot read"):
        raws(file("a.json", f"[{'9' * 5000}]"))


@pytest.mark.parametrize("broken", ['{"a": 1', "no JSON", "{'a': 1}", '{"a": 1} {"a": 2}', "[" * 100_000, "9" * 5000])
def test_a_broken_line_is_a_row_of_its_own(file, broken):
    found = raws(file("a.jsonl", f'{{"a": 1}}\n{broken}\n{{"a": 2}}\n'))
    assert [found[0], found[2]] == [{"a": 1}, {"a": 2}]
    assert isinstance(found[1], BrokenLine)
    assert found[1] == broken[: sources.SNIPPET]


def test_bytes_that_are_no_utf_8_spoil_their_own_line_alone(file):
    found = raws(file("a.jsonl", b'{"a": "\xff\xfe"}\n{"a": "\xc3\xa9"}\n'))
    assert found == [{"a": "\udcff\udcfe"}, {"a": "é"}]


@pytest.mark.parametrize("value", ["3", '"text"', "null", "[1]", "true"])
def test_a_line_of_other_json_is_handed_on(file, value):
    assert raws(file("a.jsonl", value + "\n")) == [json.loads(value)]


def test_rows_are_numbered_over_all_files_and_located_in_their_own(file):
    first = file("one.json", json.dumps([{"a": 1}, {"a": 2}]))
    second = file("two.jsonl", '\n{"a": 3}\n\n{"a": 4}\n')
    assert list(sources.rows([first, second])) == [
        Row({"a": 1}, "one.json:1", 0),
        Row({"a": 2}, "one.json:2", 1),
        Row({"a": 3}, "two.jsonl:1", 2),
        Row({"a": 4}, "two.jsonl:2", 3),
    ]


def test_rows_come_as_a_stream(file):
    path = file("a.json", '[{"a": 1}, {"a": 2}, oops')
    rows = sources.rows([path])
    assert next(rows).raw == {"a": 1}
    with pytest.raises(SettingsError):
        list(rows)


UNREADABLE = {
    "cut array": ("a.json", '[{"a": 1}, {"b"'),
    "array that never closes": ("a.json", '[{"a": 1}'),
    "comma at the end": ("a.json", '[{"a": 1},]'),
    "more after the array": ("a.json", '[{"a": 1}]\n[{"a": 2}]'),
    "no number": ("a.json", '[{"a": NaN}]'),
    "bytes that are no UTF-8": ("a.json", b'[{"a": "\xff"}]'),
    "UTF-16": ("a.json", json.dumps(ROWS).encode("utf-16")),
    "empty": ("a.json", ""),
    "blank": ("a.jsonl", " \n\n"),
    "only a BOM": ("a.json", BOM),
    "prose": ("a.txt", "Dear reader"),
    "CSV": ("a.csv", "problem_id,problem\n1,Why?\n"),
    "no Parquet": ("a.parquet", "PAR1 or not"),
    "empty Parquet": ("a.parquet", ""),
}


@pytest.mark.parametrize(("name", "content"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(file, name, content):
    path = file(name, content)
    with pytest.raises(SettingsError) as caught:
        raws(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_parquet_file_is_named(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SettingsError, match=r"cannot read .*a\.parquet"):
        raws(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot read"):
        raws(tmp_path)


def test_files_come_in_the_order_of_the_settings_and_globs_sorted(file, tmp_path):
    for name in ("b.json", "a2.json", "a10.json", "deep/x/c.json", "deep/c.json", "a.txt"):
        file(name, "[]")

    def found(*patterns):
        return [path.relative_to(tmp_path).as_posix() for path in sources.found(patterns, tmp_path)]

    assert found("b.json", "a*.json") == ["b.json", "a10.json", "a2.json"]
    assert found("a*.json", "b.json") == ["a10.json", "a2.json", "b.json"]
    assert found("deep/**/*.json") == found("deep/**") == ["deep/c.json", "deep/x/c.json"]
    assert found("a[0-9].json") == ["a2.json"]


def test_each_file_is_read_once(file, tmp_path):
    path = file("a.json", "[]")
    assert sources.found(["a.json", "*.json", "./a.json", str(path)], tmp_path) == [path]


def test_an_absolute_pattern_needs_no_base(file, tmp_path):
    path = file("in/a.json", "[]")
    assert sources.found([str(tmp_path / "in" / "*.json")], tmp_path / "elsewhere") == [path]


def test_brackets_in_a_folders_or_files_own_name_are_no_pattern(file, tmp_path):
    path = file("set [v1]/part[1].json", "[]")
    assert sources.found(["part[1].json"], path.parent) == [path]
    assert sources.found(["*.json"], path.parent) == [path]


@pytest.mark.parametrize("pattern", ["none.json", "*.parquet", "none/**", "empty", "em*", "http://host/a.json"])
def test_a_pattern_that_stands_for_nothing_is_named(file, tmp_path, pattern):
    file("a.json", "[]")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError) as caught:
        sources.found(["a.json", pattern], tmp_path)
    assert str(caught.value) == f"input.files: no file matches {pattern!r} (looked in {tmp_path})"


def test_an_address_on_the_hub_is_fetched(file, tmp_path, monkeypatch):
    local = file("a.json", "[]")
    far = file("cache/far.jsonl", "{}\n")
    asked = []

    def fetch(address):
        asked.append(address)
        return far

    monkeypatch.setattr(hub, "fetch", fetch)
    address = "hf://datasets/owner/name/far.jsonl"
    assert sources.found([address, "a.json", address], tmp_path) == [far, local]
    assert asked == [address, address]
