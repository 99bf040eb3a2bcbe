"""Which rows are taken: so many of each group, the same ones whatever their order."""

import asyncio
import json
import sqlite3
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from curate.console import Screen
from curate.intake import usable
from curate.jobs import Job
from curate.mix import Mix, mixed, sizes
from curate.pipeline import Scope
from curate.settings import load
from curate.sources import Row
from tests.workplace import Workplace, picture, row

RECIPE = Path(__file__).parent.parent / "examples" / "mix" / "videorft.toml"


def rows(source, count, start=0, **changes):
    return [row(n, data_source=source, **changes) for n in range(start, start + count)]


def given(raw):
    return [Row(each, "f:1", number) for number, each in enumerate(raw)]


def mix(*groups, **options):
    return Mix(groups=groups, **options)


def taken(mix, raw):
    """The problem ids that the mix takes."""
    found = mixed(mix, given(raw))
    fields = (usable(each, number) for number, each in enumerate(raw))
    return {each["problem_id"] for each in fields if found.left_out(each) is None}


def test_a_group_has_at_most_so_many_rows_and_others_are_kept():
    raw = rows("STAR", 100) + rows("CLEVR", 5, 100) + rows("mine", 7, 200)
    found = taken(mix({"data_source": "STAR", "rows": 30}, {"data_source": "CLEVR", "rows": 30}), raw)
    assert Counter(min(n // 100, 2) for n in found) == {0: 30, 1: 5, 2: 7}


def test_others_may_be_left_out():
    only = {"data_source": "STAR", "rows": 2}
    assert taken(mix(only, others="drop"), rows("STAR", 2) + rows("mine", 9, 100)) == {0, 1}


def test_the_order_of_the_rows_does_not_matter_nor_do_other_groups():
    group = {"data_source": "STAR", "rows": 20}
    raw = rows("STAR", 100)
    first = taken(mix(group), raw)
    assert taken(mix(group), raw[::-1]) == first
    more = rows("mine", 50, 1000) + raw
    assert taken(mix(group, others="drop"), more) == first
    assert first != taken(mix(group, seed=1), raw)


def test_more_rows_are_added_to_those_that_were_there():
    raw = rows("STAR", 100)
    sizes = (0, 1, 10, 99, 100, 200)
    found = [taken(mix({"data_source": "STAR", "rows": number}), raw) for number in sizes]
    assert [len(each) for each in found] == [0, 1, 10, 99, 100, 100]
    assert all(less <= more for less, more in pairwise(found))


def test_rows_are_told_apart_by_what_they_ask_not_by_their_ids():
    raw = [each | {"problem_id": 5} for each in rows("STAR", 10)]
    assert mixed(mix({"data_source": "STAR", "rows": 4}), given(raw + raw[:3])).taken == (4, 0)
    assert mixed(mix({"data_source": "STAR", "rows": 4}), given(raw + raw[:3])).there == (10, 0)


def test_what_cannot_be_used_does_not_count():
    raw = [*rows("STAR", 2), {"data_source": "STAR"}, "no row"]
    assert mixed(mix({"data_source": "STAR", "rows": 4}), given(raw)).there == (2, 0)


def test_the_first_group_that_fits_has_the_row():
    groups = mix(
        {"data_source": ["star", "Other"], "problem_type": "multiple choice", "rows": 1},
        {"problem_type": ["OCR", "numerical"], "data_type": "image", "rows": 1},
        {"data_type": "video", "rows": 1},
    )
    cases = [
        ("S-T-A-R", "multiple choice", "video"), ("OTHER", "multiple choice", "image"), ("STAR", "OCR", "image"),
        ("STAR", "OCR", "video"), ("x", "free-form", "image"), ("STARS", "multiple choice", "video"),
    ]  # fmt: skip
    assert [groups.group(*case) for case in cases] == [0, 0, 1, 2, 3, 2]


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ((100, 100), [100, 50]),
        ((100, 10), [20, 10]),
        ((7, 100), [7, 4]),
        ((0, 100), [0, 100]),
        ((0, 0), [0, 0]),
    ],
)
def test_weights_are_a_proportion_that_exhausts_one_group(there, found):
    two = mix({"data_source": "a", "weight": 2.0}, {"data_source": "b", "weight": 1.0})
    assert sizes(two, [*there, 9]) == [*found, 9]


def test_rows_and_weights_side_by_side():
    three = mix({"data_source": "a", "weight": 1}, {"data_source": "b", "rows": 3}, {"data_source": "c", "weight": 1})
    assert sizes(three, [10, 10, 4, 0]) == [4, 3, 4, 0]


@pytest.mark.parametrize(
    "group",
    [
        {"rows": 1},
        {"data_source": "a"},
        {"data_source": "a", "rows": 1, "weight": 1},
        {"data_source": "a", "rows": -1},
        {"data_source": "a", "weight": 0},
        {"problem_type": "ocr", "rows": 1},
        {"data_type": ["video", "audio"], "rows": 1},
        {"sources": "a", "rows": 1},
    ],
)
def test_a_group_that_cannot_be_meant(group):
    with pytest.raises(ValidationError):
        mix(group)


def test_the_papers_recipe_has_all_its_rows():
    recipe = Mix(**tomllib.loads(RECIPE.read_text())["mix"])
    assert len(recipe.groups) == 22
    assert sum(group.rows for group in recipe.groups) == 312_000
    assert len({source for group in recipe.groups for source in group.data_source}) == 21
    assert recipe.others == "drop"
    assert recipe.group("LLaVA-Video-178K", "free-form", "video") == 1


TWO = """
[mix]
others = "drop"
[[mix.groups]]
data_source = "one"
rows = 2
[[mix.groups]]
data_type = "image"
rows = 9
"""


def job(place, work=None, **scope):
    return Job.of("test", place.toml, work, Screen(quiet=True), Scope(**scope))


@pytest.fixture
def filled(place: Workplace) -> Workplace:
    """Five rows of one source, two of another, one picture; the mix takes two and the picture."""
    place.questions([*rows("one", 5), *rows("two", 2, 10), picture(20, data_source="two")])
    return place.settings(more=TWO)


def test_what_is_left_out_is_not_asked_about_and_told_of(filled, server):
    done = filled.run("run")
    assert done.code == 0
    assert Counter(server.stages()) == {"caption": 2, "draft": 3, "revise": 3}
    report = json.loads((filled.work / "report.json").read_text())
    assert report["mix"] == [
        {"group": "one", "rows": 2, "there": 5, "taken": 2, "rl": 2, "sft": 2},
        {"group": "image", "rows": 9, "there": 1, "taken": 1, "rl": 1, "sft": 1},
        {"group": "all others", "there": 2, "taken": 0, "rl": 0, "sft": 0},
    ]
    assert report["steps"][0]["rejected"] == {"left out by the mix": {"multiple choice": 5}}
    assert report["sets"] == {"sft": 3, "rl": 3}
    assert "short by" in done.out
    card = (filled.work / "README.md").read_text()
    assert "| one | 2 | 5 | 0 | 2 | 2 | 2 |\n| image | 9 | 1 | 8 | 1 | 1 | 1 |" in card
    assert "| mix.groups.1.rows | 2 |" in card
    assert "The mix that was asked for" in (filled.work / "report.html").read_text()


def test_shards_and_limits_take_the_same_rows(filled, server):
    assert asyncio.run(job(filled).ask("caption")) == 0
    whole = {n for n, row in kept(filled) if row != "left out by the mix"}
    assert len(whole) == 3
    parts = set()
    for number in (1, 2):
        work = filled.folder / f"part{number}"
        assert asyncio.run(job(filled, work, shard=(number, 2)).ask("caption")) == 0
        parts |= {n for n, row in kept(filled, work) if row != "left out by the mix"}
    assert parts == whole
    assert len(server.asked) == 4, "each folder asks for itself"


def kept(place, work=None):
    """(number, reason) of every row as it stood last."""
    with sqlite3.connect((work or place.work) / "standings.sqlite") as base:
        return list(base.execute("SELECT number, reason FROM standings"))


def test_another_mix_is_another_choice(filled):
    assert asyncio.run(job(filled).ask(None)) == 0
    filled.settings(more=TWO.replace("rows = 2", "rows = 3"))
    assert asyncio.run(job(filled).ask(None)) == 0
    report = json.loads((filled.work / "report.json").read_text())
    assert [group["sft"] for group in report["mix"]] == [3, 1, 0]
    filled.settings()
    assert asyncio.run(job(filled).ask(None)) == 0
    report = json.loads((filled.work / "report.json").read_text())
    assert "mix" not in report
    assert report["sets"] == {"sft": 8, "rl": 8}


def test_a_mistake_in_the_mix_is_one_line(place):
    place.settings(more='[mix]\n[[mix.groups]]\ndata_source = "a"\n')
    done = place.run("status")
    assert (done.code, done.lines) == (2, ["error: mix.groups.0: give it either rows or a weight"])


def test_settings_hold_the_recipe(place):
    place.settings(more=RECIPE.read_text())
    assert len(load(place.toml).mix.groups) == 22
