"""A mix is counted once for the same rows and the same groups."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from curate import mixture as counting
from curate.mix import Mix, mixed
from curate.mixture import mixture
from curate.rows import Rows
from tests.test_mix import rows

ONE = {"data_source": "STAR", "rows": 3}


@pytest.fixture
def counted(monkeypatch) -> list[Mix]:
    """The mixes that were counted."""
    seen: list[Mix] = []

    def noting(mix, given, measures):
        seen.append(mix)
        return mixed(mix, given, measures)

    monkeypatch.setattr(counting, "mixed", noting)
    return seen


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def file(folder: Path, number: int = 9) -> Path:
    path = folder / "a.json"
    path.write_text(json.dumps([*rows("STAR", number), *rows("CLEVR", 2, 100)]))
    return path


def mix(*groups, **options) -> Mix:
    return Mix(groups=groups or (ONE,), **options)


def kept(work: Path) -> Path:
    [path] = work.glob("*.mix.json")
    return path


def test_the_second_time_the_counts_come_from_the_file(tmp_path, work, counted):
    files = [file(tmp_path)]
    first = mixture(mix(), files, work)
    assert (first.there, first.taken) == ((9, 2), (3, 2))
    assert mixture(mix(), files, work) == first
    assert len(counted) == 1
    assert [path.suffix for path in sorted(work.iterdir())] == [".json", ".sqlite"]


@pytest.mark.parametrize(
    "other", [mix(seed=1), mix(others="drop"), mix({**ONE, "rows": 4}), mix(ONE, {"data_type": "image", "rows": 1})]
)
def test_another_mix_is_counted(tmp_path, work, counted, other):
    files = [file(tmp_path)]
    mixture(mix(), files, work)
    assert mixture(other, files, work).mix == other
    assert counted == [mix(), other]


def test_other_rows_are_counted(tmp_path, work, counted):
    mixture(mix(), [file(tmp_path)], work)
    assert mixture(mix(), [file(tmp_path, 5)], work).there == (5, 2)
    assert len(counted) == 2


@pytest.mark.parametrize("change", [{"there": []}, {"limits": [1]}, {"taken": "x"}, {"made": "y"}, {"more": 1}])
def test_counts_that_do_not_fit_are_counted_again(tmp_path, work, counted, change):
    files = [file(tmp_path)]
    first = mixture(mix(), files, work)
    kept(work).write_text(json.dumps(json.loads(kept(work).read_text()) | change))
    assert mixture(mix(), files, work) == first
    kept(work).write_bytes(b"\0" * 40)
    assert mixture(mix(), files, work) == first
    assert len(counted) == 3


def test_another_version_counts_again(tmp_path, work, counted, monkeypatch):
    files = [file(tmp_path)]
    mixture(mix(), files, work)
    monkeypatch.setattr("curate.__version__", "0.0.0+other")
    mixture(mix(), files, work)
    assert len(counted) == 2


def test_where_nothing_can_be_kept_the_counts_are_made_each_time(tmp_path, work, counted):
    files = [file(tmp_path)]
    first = mixture(mix(), files, work)
    kept(work).unlink()
    next(work.glob("rows-*")).with_suffix(".mix.json").mkdir()
    assert mixture(mix(), files, work) == mixture(mix(), files, work) == first
    assert len(counted) == 3
    assert list(work.glob("*.part")) == []


def test_counts_of_rows_that_changed_are_forgotten(tmp_path, work, counted):
    mixture(mix(), [file(tmp_path)], work)
    (work / "rows-mine.csv").write_text("not ours")
    old = kept(work)
    with closing(Rows([file(tmp_path, 5)], work)) as other:
        other.forget_others()
        assert not old.exists()
    mixture(mix(), [tmp_path / "a.json"], work)
    with closing(Rows([tmp_path / "a.json"], work)) as same:
        same.forget_others()
        assert same.counts.exists()
    assert (work / "rows-mine.csv").exists()
