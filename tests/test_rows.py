"""The rows of the question files, read once: each as it was, in order, wherever it is asked for."""

import datetime
import json
import math
import os
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.errors import SettingsError, StoreError
from curate.rows import BATCH, DEEPEST, TOO_DEEP, Rows
from curate.sources import BrokenLine


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def array(folder: Path, rows: Sequence[Any], name: str = "a.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(rows))
    return file


def lines(folder: Path, *texts: str, name: str = "a.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", errors="surrogateescape")
    return file


def raws(work: Path, *files: Path) -> list[Any]:
    with closing(Rows(files, work)) as rows:
        return [row.raw for row in rows]


PLAIN = [
    {
        "problem_id": 1,
        "problem": "Où? \u2028 \U0001f430",
        "options": ["A. x", "B. y"],
        "nested": {"a": [None, True, 1.5]},
    },
    {"problem_id": 2**62, "empty": {}, "none": None},
    ["no", "object"],
    "text",
    7,
    None,
]


def test_rows_of_a_json_array_come_back_as_they_were(tmp_path, work):
    assert raws(work, array(tmp_path, PLAIN)) == PLAIN


def test_rows_of_json_lines_come_back_as_they_were(tmp_path, work):
    rows = [*PLAIN, {"problem_id": 10**4000}, {"half \ud800": "of a pair \udcff"}]
    assert raws(work, lines(tmp_path, *map(json.dumps, rows))) == rows


def test_numbers_that_json_does_not_have_come_back(tmp_path, work):
    found = raws(work, lines(tmp_path, '{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e400}'))[0]
    assert math.isnan(found["a"])
    assert (found["b"], found["c"], found["d"]) == (math.inf, -math.inf, math.inf)


@pytest.mark.parametrize("text", ['{"a": 1', "no JSON", "!", '!"x"', "\udcff\udcfe", "[" * 100_000, "9" * 5000])
def test_a_broken_line_stays_a_broken_line(tmp_path, work, text):
    found = raws(work, lines(tmp_path, '{"a": 1}', text, '{"a": 2}'))
    assert [found[0], found[2]] == [{"a": 1}, {"a": 2}]
    assert isinstance(found[1], BrokenLine)
    assert found[1] == text[:2000]


@pytest.mark.parametrize("text", ["!", '!"x"', "! no"])
def test_a_text_that_looks_like_a_broken_line_is_none(tmp_path, work, text):
    (found,) = raws(work, array(tmp_path, [text]))
    assert found == text
    assert not isinstance(found, BrokenLine)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("levels", [DEEPEST + 1, 300, 900])
def test_what_is_nested_too_deeply_is_left_out_and_the_rest_of_its_row_stays(tmp_path, work, name, levels):
    row = f'{{"deep": {nested(levels)}, "a": 1, "wide": {json.dumps([[n] for n in range(500)])}}}'
    file = tmp_path / name
    file.write_text(f"[{row}]" if name == "a.json" else row)
    assert raws(work, file) == [{"deep": TOO_DEEP, "a": 1, "wide": [[n] for n in range(500)]}]


def test_what_exhausts_the_interpreter_is_left_out(tmp_path, work):
    file = tmp_path / "a.json"
    file.write_text(f'[{{"deep": {nested(5000)}, "a": 1}}, {nested(5000)}, {{"a": 2}}]')
    assert raws(work, file) == [{"deep": TOO_DEEP, "a": 1}, TOO_DEEP, {"a": 2}]


def test_brackets_within_text_are_no_nesting(tmp_path, work):
    row = {"a": '\\"[' * 500, "b": "{" * 500}
    assert raws(work, array(tmp_path, [row])) == [row]


def test_every_row_can_be_read_wherever_the_caller_stands(tmp_path, work):
    def below(levels: int, rows: Rows) -> Any:
        return below(levels - 1, rows) if levels else rows.row(0).raw

    file = lines(tmp_path, f'{{"a": {nested(DEEPEST - 1)}}}')
    with closing(Rows([file], work)) as rows:
        assert below(sys.getrecursionlimit() // 2, rows) == {"a": json.loads(nested(DEEPEST - 1))}


def test_dates_and_bytes_of_parquet_come_back_as_text(tmp_path, work):
    day = datetime.date(2024, 2, 29)
    rows = [{"day": day, "at": datetime.datetime(2024, 2, 29, 12, 30), "bytes": b"\x00\xff", "options": ["A. x"]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (found,) = raws(work, tmp_path / "a.parquet")
    assert found == {"day": "2024-02-29", "at": "2024-02-29 12:30:00", "bytes": "b'\\x00\\xff'", "options": ["A. x"]}


def test_each_row_knows_where_it_stands(tmp_path, work):
    files = [
        array(tmp_path, [{"a": 1}, {"a": 2}], "one.json"),
        array(tmp_path, [], "none.json"),
        lines(tmp_path, "", '{"a": 3}', "", '{"a": 4}', name="two.jsonl"),
    ]
    with closing(Rows(files, work)) as rows:
        found = [(row.raw["a"], row.where, row.number) for row in rows]
        assert found == [(1, "one.json:1", 0), (2, "one.json:2", 1), (3, "two.jsonl:1", 2), (4, "two.jsonl:2", 3)]
        assert [rows.row(n) for n in (3, 0)] == [list(rows)[n] for n in (3, 0)]


def numbered(count: int, media: int = 7) -> list[dict[str, Any]]:
    return [{"problem_id": n, "path": f"./clip{n % media}.mp4"} for n in range(count)]


def test_more_rows_than_are_read_at_once_come_in_order(tmp_path, work):
    count = 2 * BATCH + 1
    with closing(Rows([array(tmp_path, numbered(count))], work)) as rows:
        assert [row.raw["problem_id"] for row in rows] == list(range(count))
        assert len(rows) == count


@pytest.mark.parametrize("shard", [(1, 1), (2, 3)])
def test_a_run_of_rows_is_read_at_once(tmp_path, work, shard):
    with closing(Rows([array(tmp_path, numbered(300))], work, shard)) as rows:
        every = list(rows)
        run = every[3:50]
        assert list(rows.between(run[0].number, run[-1].number)) == run
        assert list(rows.between(0, 299)) == every
        assert list(rows.between(300, 400)) == []


def test_only_what_is_there_is_numbered(tmp_path, work):
    with closing(Rows([array(tmp_path, numbered(10))], work)) as rows:
        assert [rows.end(limit) for limit in (1, 9, 10, 11, None)] == [1, 9, 10, 10, 10]
        assert rows.numbers(6, {0, 3}) == [1, 2, 4, 5]
    with closing(Rows([array(tmp_path, [], "none.json")], work)) as rows:
        assert (len(rows), rows.end(None), rows.end(3), rows.numbers(5, set()), list(rows)) == (0, 0, 0, [], [])


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_every_row_is_in_one_shard_and_rows_about_one_medium_stay_together(tmp_path, work, shards):
    raw = [*numbered(600, media=97), *({"problem_id": n} for n in range(600, 650)), "no row", ["path"]]
    seen: Counter[int] = Counter()
    homes: dict[str, set[int]] = defaultdict(set)
    for shard in range(1, shards + 1):
        with closing(Rows([array(tmp_path, raw)], work, (shard, shards))) as rows:
            found = list(rows)
            assert [row.raw for row in found] == [raw[row.number] for row in found]
            assert [row.number for row in found] == rows.numbers(len(raw), set())
            assert sorted(rows.numbers(len(raw), set())) == rows.numbers(len(raw), set())
            assert len(rows) == len(found) > len(raw) / shards / 3
            assert rows.end(2) == found[1].number + 1
            assert rows.end(len(raw)) == rows.end(None) == len(raw)
            seen.update(row.number for row in found)
            for row in found:
                if isinstance(row.raw, dict) and "path" in row.raw:
                    homes[row.raw["path"]].add(shard)
            assert 3 <= sum("path" not in row.raw for row in found) <= 50
    assert seen == dict.fromkeys(range(len(raw)), 1)
    assert {len(home) for home in homes.values()} == {1}


def test_the_identity_names_files_and_shard(tmp_path, work):
    file, other = array(tmp_path, [1]), array(tmp_path, [1], "b.json")
    kinds = [([file], (1, 1)), ([file], (1, 2)), ([file], (2, 2)), ([other], (1, 1)), ([file, other], (1, 1))]
    names = []
    for files, shard in [*kinds, ([file], (1, 1))]:
        with closing(Rows(files, work, shard)) as rows:
            names.append(rows.identity)
    assert len(set(names)) == len(kinds)
    assert names[-1] == names[0]


def test_files_are_read_once_until_one_changes(tmp_path, work, monkeypatch):
    file = array(tmp_path, [{"a": 1}])
    assert raws(work, file) == [{"a": 1}]
    with monkeypatch.context() as patch:
        patch.setattr("curate.sources.rows", None)
        assert raws(work, file) == [{"a": 1}]
    array(tmp_path, [{"a": 2}])
    os.utime(file, ns=(1, 1))
    assert raws(work, file) == [{"a": 2}]


def test_copies_of_other_files_are_forgotten(tmp_path, work):
    (work / "journal.sqlite").touch()
    (work / "rows-0123.sqlite.77.part").touch()
    os.utime(work / "rows-0123.sqlite.77.part", (1, 1))
    (work / "rows-4567.sqlite.88.part").touch()
    file = array(tmp_path, [{"a": 1}])
    assert raws(work, file) == [{"a": 1}]
    array(tmp_path, [{"a": 10}])
    with closing(Rows([file], work)) as rows:
        assert len(list(work.iterdir())) == 5
        rows.forget_others()
        assert {entry.name for entry in work.iterdir()} == {
            "journal.sqlite",
            "rows-4567.sqlite.88.part",
            rows.path.name,
        }
        assert rows.row(0).raw == {"a": 10}


@pytest.mark.parametrize("text", ['[{"a": 1}, {"b"', "Dear reader", "", '[{"a": ' + "9" * 5000 + "}]"])
def test_nothing_is_left_behind_by_a_file_that_cannot_be_read(tmp_path, work, text):
    good, bad = array(tmp_path, [{"a": 1}]), tmp_path / "bad.json"
    bad.write_text(text)
    with pytest.raises(SettingsError, match=r"bad\.json"):
        Rows([good, bad], work)
    assert list(work.iterdir()) == []


def test_a_file_that_is_gone_is_named(tmp_path, work):
    with pytest.raises(SettingsError, match=r"cannot read .*gone\.json: No such file"):
        Rows([tmp_path / "gone.json"], work)


def test_a_folder_that_takes_no_copy_is_named(tmp_path):
    with pytest.raises(StoreError, match="cannot copy the question files to"):
        Rows([array(tmp_path, [1])], tmp_path / "not made")


def test_a_damaged_copy_says_that_it_may_be_removed(tmp_path, work):
    file = array(tmp_path, numbered(5000))
    with closing(Rows([file], work)) as rows:
        path = rows.path
    whole = path.read_bytes()
    for damaged in (whole[:100] + b"\xff" * (len(whole) - 100), b"no database, yet as long as one" * 1000):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="it is a copy of the question files: remove it"):
            Rows([file], work)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="remove it"), closing(Rows([file], work)) as rows:
        list(rows)


BOTH = """
import sys
from pathlib import Path
from curate.rows import Rows
print("ready", flush=True)
sys.stdin.readline()
rows = Rows([Path(sys.argv[1])], Path(sys.argv[2]))
print(len(list(rows)), rows.path.name)
"""


def test_two_processes_may_make_the_copy_at_once(tmp_path, work):
    file = array(tmp_path, numbered(20_000))
    command = [sys.executable, "-c", BOTH, str(file), str(work)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.stdout.readline() for each in both] == ["ready\n"] * 2
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    said = {each.communicate(timeout=120)[0] for each in both}
    (copy,) = work.iterdir()
    assert said == {f"20000 {copy.name}\n"}
    with closing(sqlite3.connect(copy)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
