import asyncio
import contextlib
import json
from dataclasses import replace
from typing import get_args

import pytest
from PIL import Image

from curate import intake, sources
from curate.errors import MediaError, StoreError
from curate.intake import Intake, known_as
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.record import ProblemType, Record, Rejected
from curate.sources import BrokenLine, Row
from curate.timeline import STILL
from tests.records import VIDEO

GOOD = {
    "problem_id": 7,
    "problem": "Where does the cup end up?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "options": ["A. On the table", "B. In the sink"],
    "solution": "<answer>A</answer>",
    "path": "./a/kitchen.mp4",
    "data_source": "Kitchen",
}
DEEP: list = []
for _ in range(100_000):
    DEEP = [DEEP]


class Shelf:
    """A library whose media are named by their paths; "missing" and "broken" are not there."""

    def __init__(self, slow=(), near=()):
        self.asked = []
        self._slow = slow
        self._near = near

    def at_hand(self, path, kind):
        return named(path, kind) if path in self._near else None

    async def identify(self, path, kind):
        self.asked.append((path, kind))
        for _ in range(50 if path in self._slow else 1):
            await asyncio.sleep(0)
        if "missing" in path:
            raise MediaError("no such file", path)
        if "broken" in path:
            raise StoreError("the disk is full")
        return named(path, kind)


def named(path, kind):
    name = path.rpartition("/")[2].removeprefix("copy-of-")
    return replace(VIDEO, sha256=name.ljust(64, "0"), kind=kind)


def rows(*raws):
    return [Row(raw, f"rows.json:{n + 1}", n) for n, raw in enumerate(raws)]


def taken(*raws, shelf=None):
    """What the intake makes of these rows, and the intake."""

    async def take():
        door = Intake(shelf or Shelf())
        return [entry.item async for entry in door.entries(rows(*raws))], door

    return asyncio.run(take())


def one(**changes):
    """What becomes of the good row with these changes; a change to ... takes the key away."""
    (item,), _ = taken({k: v for k, v in (GOOD | changes).items() if v is not ...})
    return item


def test_a_medium_at_hand_is_asked_about_nowhere_and_keeps_its_row_in_its_place():
    paths = ["./far/1.mp4", "./near/2.mp4", "./far/missing.mp4", "./near/3.mp4"]
    shelf = Shelf(slow=("./far/1.mp4",), near=("./near/2.mp4", "./near/3.mp4"))
    items, _ = taken(*(GOOD | {"path": path} for path in paths), shelf=shelf)
    assert [item.path if isinstance(item, Record) else item.reason for item in items] == [
        *paths[:2], "no such file", paths[3]
    ]  # fmt: skip
    assert items[1].medium == named("./near/2.mp4", "video")
    assert shelf.asked == [(paths[0], "video"), (paths[2], "video")]


def test_a_good_row_becomes_the_same_record():
    item = one()
    assert isinstance(item, Record)
    assert item.row == GOOD
    assert item.medium.kind == "video"


@pytest.mark.parametrize("kind", ["video", "image"])
@pytest.mark.parametrize("problem_type", get_args(ProblemType))
def test_every_problem_type_and_medium(problem_type, kind):
    shelf = Shelf()
    right = {"numerical": "3", "regression": "0.5"}.get(problem_type, "A")
    (item,), _ = taken(GOOD | {"problem_type": problem_type, "data_type": kind, "solution": right}, shelf=shelf)
    assert (item.problem_type, item.data_type, item.medium.kind) == (problem_type, kind, kind)
    assert shelf.asked == [("./a/kitchen.mp4", kind)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"options": ...}, {"options": []}),
        ({"options": None}, {"options": []}),
        ({"options": []}, {"options": []}),
        ({"data_source": ...}, {"data_source": ""}),
        ({"data_source": None}, {"data_source": ""}),
        ({"problem_id": ...}, {"problem_id": 0}),
        ({"problem_id": None}, {"problem_id": 0}),
        ({"problem_id": "12"}, {"problem_id": 12}),
        ({"problem_id": " -12 "}, {"problem_id": -12}),
        ({"problem_id": 12.0}, {"problem_id": 12}),
        ({"problem_id": -(2**63)}, {"problem_id": -(2**63)}),
        ({"problem_id": 2**63 - 1}, {"problem_id": 2**63 - 1}),
        ({"solution": "A"}, {"solution": "<answer>A</answer>"}),
        ({"solution": " <answer> A </answer>\n"}, {"solution": "<answer>A</answer>"}),
        ({"solution": "<think>x</think><answer>A</answer>"}, {"solution": "<answer>A</answer>"}),
        ({"solution": 5}, {"solution": "<answer>5</answer>"}),
        ({"solution": 5.0}, {"solution": "<answer>5.0</answer>"}),
        ({"solution": "a < b, $x {y}"}, {"solution": "<answer>a < b, $x {y}</answer>"}),
        ({"problem": "$media {x}\n\x00"}, {"problem": "$media {x}\n\x00"}),
    ],
)
def test_what_is_forgiven(changes, expected):
    item = one(**changes)
    assert isinstance(item, Record)
    assert item.row == GOOD | expected


REJECTED = {
    "a list": ([1], "not a row"),
    "a text": ("text", "not a row"),
    "nothing": (None, "not a row"),
    "a number": (3, "not a row"),
    "a broken line": (BrokenLine('{"a": 1'), "not JSON"),
    "an empty object": ({}, "unknown data type"),
    "id of words": ({"problem_id": "seven"}, "bad problem_id"),
    "id of dashes": ({"problem_id": "--5"}, "bad problem_id"),
    "empty id": ({"problem_id": ""}, "bad problem_id"),
    "broken id": ({"problem_id": 1.5}, "bad problem_id"),
    "endless id": ({"problem_id": float("inf")}, "bad problem_id"),
    "no number": ({"problem_id": float("nan")}, "bad problem_id"),
    "true": ({"problem_id": True}, "bad problem_id"),
    "list of ids": ({"problem_id": [7]}, "bad problem_id"),
    "id beyond 64 bits": ({"problem_id": 2**63}, "bad problem_id"),
    "id below 64 bits": ({"problem_id": -(2**63) - 1}, "bad problem_id"),
    "huge id": ({"problem_id": 10**400}, "bad problem_id"),
    "huge id in words": ({"problem_id": "9" * 400}, "bad problem_id"),
    "deep id": ({"problem_id": DEEP}, "bad problem_id"),
    "no data type": ({"data_type": None}, "unknown data type"),
    "data type": ({"data_type": "audio"}, "unknown data type"),
    "data type in capitals": ({"data_type": "Video"}, "unknown data type"),
    "data type of a list": ({"data_type": ["video"]}, "bad data_type"),
    "no problem type": ({"problem_type": ""}, "unknown problem type"),
    "problem type": ({"problem_type": "essay"}, "unknown problem type"),
    "deep problem type": ({"problem_type": DEEP}, "bad problem_type"),
    "no path": ({"path": None}, "no medium"),
    "empty path": ({"path": ""}, "no medium"),
    "blank path": ({"path": " \n"}, "no medium"),
    "list of paths": ({"path": ["./a.mp4"]}, "bad path"),
    "half a character in the path": ({"path": "./\udcff.mp4"}, "bad path"),
    "missing medium": ({"path": "./missing.mp4"}, "no such file"),
    "no problem": ({"problem": None}, "no question"),
    "blank problem": ({"problem": "\t"}, "no question"),
    "problem of an object": ({"problem": {"text": "Why?"}}, "bad problem"),
    "half a character in the problem": ({"problem": "Why \ud800?"}, "bad problem"),
    "options of text": ({"options": "A. x"}, "bad options"),
    "options of an object": ({"options": {"A": "x"}}, "bad options"),
    "options of numbers": ({"options": [1, 2]}, "bad options"),
    "nested options": ({"options": [["A. x"]]}, "bad options"),
    "deep options": ({"options": DEEP}, "bad options"),
    "half a character in an option": ({"options": ["A. \ud800"]}, "bad options"),
    "no solution": ({"solution": None}, "no reference answer"),
    "blank solution": ({"solution": " "}, "no reference answer"),
    "empty tags": ({"solution": "<answer></answer>"}, "no reference answer"),
    "blank tags": ({"solution": "<answer> \n</answer>"}, "no reference answer"),
    "open tag": ({"solution": "<answer>A"}, "no reference answer"),
    "closed tag": ({"solution": "A</answer>"}, "no reference answer"),
    "thinking alone": ({"solution": "<think>A</think>"}, "no reference answer"),
    "solution of a list": ({"solution": ["A"]}, "bad solution"),
    "solution of truth": ({"solution": True}, "bad solution"),
    "solution that is no number": ({"solution": float("nan")}, "bad solution"),
    "endless solution": ({"solution": float("inf")}, "bad solution"),
    "deep solution": ({"solution": DEEP}, "bad solution"),
    "half a character in the solution": ({"solution": "<answer>\udc00</answer>"}, "bad solution"),
    "source of a number": ({"data_source": 3}, "bad data_source"),
}


@pytest.mark.parametrize(("change", "reason"), REJECTED.values(), ids=REJECTED)
def test_what_cannot_be_used_is_rejected_with_its_reason(change, reason):
    raw = GOOD | change if isinstance(change, dict) and change else change
    (before, item, after), _ = taken({**GOOD, "problem": "Before?"}, raw, {**GOOD, "problem": "After?"})
    assert isinstance(before, Record)
    assert isinstance(after, Record)
    assert isinstance(item, Rejected)
    assert (item.step, item.reason, item.record) == ("input", reason, None)
    assert item.row is raw
    assert item.detail
    assert item.detail.isprintable()
    assert len(item.detail) < 300
    json.loads(item.row_json)


def test_a_rejection_without_more_to_say_names_the_row():
    (_, item), _ = taken(GOOD, BrokenLine("oops"))
    assert (item.reason, item.detail) == ("not JSON", "rows.json:2")


def test_a_rejection_shows_the_value_in_short():
    assert one(problem_type="essay\n" * 1000).detail.startswith(r"'essay\nessay\n")
    assert "multiple choice, numerical, OCR, free-form, regression" in one(problem_type="essay").detail


def test_extra_keys_are_counted_and_kept_out():
    items, door = taken(
        GOOD | {"reward": 1, "select": True},
        GOOD | {"problem": "Other?", "reward": DEEP, "process": "<think>x</think>"},
        GOOD | {"problem": "Third?"},
    )
    assert all(isinstance(item, Record) for item in items)
    assert "reward" not in items[0].row
    assert door.extras == {"reward": 2, "select": 1, "process": 1}


@pytest.mark.parametrize("key", ["medium", "outputs"])
def test_no_row_can_bring_what_only_the_pipeline_makes(key):
    (item,), door = taken(GOOD | {key: "mine"})
    assert isinstance(item, Record)
    assert item.outputs == ()
    assert door.extras == {key: 1}


def test_the_same_question_on_the_same_medium_is_one_row():
    (first, second, third), _ = taken(GOOD, GOOD | {"problem_id": 8, "solution": "B"}, GOOD | {"problem_id": 9})
    assert isinstance(first, Record)
    for item, problem_id in ((second, 8), (third, 9)):
        assert (item.step, item.reason) == ("input", "duplicate")
        assert item.detail == "the same question as problem_id 7"
        assert item.problem_id == problem_id
    assert second.row["solution"] == "<answer>B</answer>"


def test_a_copy_of_the_clip_under_another_name_is_the_same_medium():
    (first, second), _ = taken(GOOD, GOOD | {"path": "./b/copy-of-kitchen.mp4"})
    assert isinstance(first, Record)
    assert second.reason == "duplicate"


@pytest.mark.parametrize(
    "change",
    [
        {"problem": "Another?"},
        {"path": "./a/garden.mp4"},
        {"problem_type": "free-form"},
        {"options": ["A. On the table", "B. In the bin"]},
        {"options": ["A. On the tableB. In the sink"]},
        {"options": []},
    ],
)
def test_another_question_or_medium_is_no_duplicate(change):
    items, _ = taken(GOOD, GOOD | change)
    assert [type(item) for item in items] == [Record, Record]


def test_a_row_that_was_rejected_does_not_shut_out_a_good_one():
    items, _ = taken(GOOD | {"solution": ""}, GOOD)
    assert [type(item) for item in items] == [Rejected, Record]


def test_each_intake_remembers_for_itself():
    shelf = Shelf()
    assert all(isinstance(taken(GOOD, shelf=shelf)[0][0], Record) for _ in range(2))


def test_the_order_of_the_rows_is_kept_however_long_a_medium_takes():
    paths = [f"./{n}.mp4" for n in range(100)]
    shelf = Shelf(slow=set(paths[::7]) | {paths[0]})
    raws = [GOOD | {"problem_id": n, "path": path} for n, path in enumerate(paths)]
    raws[50] = "no row"
    items, _ = taken(*raws, shelf=shelf)
    assert [item.problem_id for item in items] == [n if n != 50 else None for n in range(100)]


def test_the_first_of_two_duplicates_wins_even_where_its_medium_takes_longer():
    shelf = Shelf(slow={"./a/kitchen.mp4"})
    (first, second), _ = taken(GOOD, GOOD | {"problem_id": 8, "path": "./copy-of-kitchen.mp4"}, shelf=shelf)
    assert isinstance(first, Record)
    assert second.problem_id == 8


def test_rows_are_read_only_a_little_ahead_and_nothing_is_left_running():
    pulled = []

    def endless():
        for n in range(10_000):
            pulled.append(n)
            yield Row(GOOD | {"problem_id": n, "path": f"./{n}.mp4"}, "f", n)

    async def take():
        async with contextlib.aclosing(
            Intake(Shelf(slow={f"./{n}.mp4" for n in range(1, 99)})).entries(endless())
        ) as entries:
            async for entry in entries:
                assert entry.item.problem_id == 0
                break
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(take()) == set()
    assert len(pulled) == intake.AHEAD


def test_a_store_that_fails_ends_the_run():
    with pytest.raises(StoreError, match="the disk is full"):
        taken(GOOD, GOOD | {"path": "./broken.mp4"})


@pytest.mark.parametrize(
    ("raw", "number", "problem_id", "expected"),
    [
        ({"problem_id": 7}, 0, 7, True),
        ({"problem_id": "7"}, 0, 7, True),
        ({"problem_id": 7}, 0, 8, False),
        ({}, 3, 3, True),
        ({"problem_id": "seven"}, 7, 7, False),
        ("row", 7, 7, False),
    ],
)
def test_a_row_is_known_by_the_id_that_its_record_will_have(raw, number, problem_id, expected):
    assert known_as(Row(raw, "f", number), problem_id) is expected


def test_rows_of_a_file_with_real_media(tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    Image.new("RGB", (40, 30), "red").save(media / "red.png")
    (media / "again.png").write_bytes((media / "red.png").read_bytes())
    Image.new("RGB", (30, 40), "blue").save(media / "blue.png")
    (media / "torn.png").write_bytes((media / "red.png").read_bytes()[:40])
    names = ["red", "again", "blue", "torn", "none", "../media/red"]
    image = GOOD | {"data_type": "image"}
    raws = [image | {"problem_id": n, "path": f"./{name}.png"} for n, name in enumerate(names)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(raw) + "\n" for raw in raws) + "oops\n")

    async def take():
        eyes = Eyes(workers=1)
        library = Library(tmp_path / "media.sqlite", media, eyes)
        with contextlib.closing(eyes), contextlib.closing(library):
            return [e.item async for e in Intake(library).entries(sources.rows([tmp_path / "rows.jsonl"]))]

    red, again, blue, torn, none, dotted, oops = asyncio.run(take())
    assert (red.medium.width, red.medium.height, red.medium.times) == (40, 30, STILL)
    assert (blue.medium.width, blue.medium.height) == (30, 40)
    assert red.medium.sha256 != blue.medium.sha256
    assert again.reason == dotted.reason == "duplicate"
    assert isinstance(torn, Rejected)
    assert torn.problem_id == 3
    assert none.reason == "no such file"
    assert oops.reason == "not JSON"


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"solution": "E"}, "reference answer chooses none of the options", "solution is 'E', there are 2"),
        (
            {"problem_type": "numerical", "options": [], "solution": "several"},
            "reference answer is no number",
            "solution is 'several'",
        ),
        (
            {"problem_type": "regression", "options": None, "solution": "<answer> a lot </answer>"},
            "reference answer is no number",
            "solution is 'a lot'",
        ),
    ],
)
def test_a_reference_that_nothing_can_be_right_beside_is_refused_before_its_medium_is_looked_at(
    changes, reason, detail
):
    shelf = Shelf()
    (item,), _ = taken(GOOD | changes, shelf=shelf)
    assert (item.step, item.reason, item.detail) == ("input", reason, detail)
    assert not shelf.asked
