"""Which rows ask nearly the same about one medium, and which clips are copies of others."""

import asyncio
import json

import pytest

from curate import judges
from curate.census import counted
from curate.console import Screen
from curate.intake import none
from curate.jobs import Job
from curate.nearness import LONGEST, MOST, repeats
from curate.pipeline import Scope
from curate.settings import load
from curate.sources import Row
from tests.workplace import row

SHARE = 0.85
FREE = {"problem_type": "free-form", "options": [], "solution": "red"}
COLOURS = ["A. Red", "B. Blue", "C. Green"]
MOVED = ["B. Red", "A. Green", "C. Blue"]


def near(*raws, share=SHARE, same=None, left_out=none):
    """{number: problem_id of the row before it} of these rows."""
    rows = [Row(raw, "", number) for number, raw in enumerate(raws)]
    return repeats(rows, share, rows.__getitem__, left_out, same or {})


def said(first, second, **both):
    """Whether these two questions about one clip are one."""
    return near(row(1, problem=first, **FREE | both), row(2, problem=second, **FREE | both)) == {1: 1}


LONG = (
    "What stands on the {} side of red wooden table number {} near the open door while an old woman with a grey coat "
    "walks past the window, stops there for a moment and looks at the phone in her hand?"
)
SAME = [
    ("What colour is the car?", "what color is the car".replace("color", "colour")),
    ("What colour is the car?", "What colour is the car in the video?"),
    ("What is the man doing?", "What was the man doing in this clip?"),
    ("Where does the woman put the cup?", "Where did the woman put the cup?"),
    (LONG.format("left", 5), LONG.format("left", 5).replace("looks at the phone", "looks at a phone")),
    ("Describe the weather.", "Please describe the weather!"),
    ("这辆车是什么颜色？", "这辆车是什么颜色"),
    (
        "After the man in the dark coat walks past the window of the bakery and greets the seller, what does he buy?",
        "After the man in the dark coat walks past the window of the bakery and greets that seller, what does he buy?",
    ),
    ("What colour is the car?\nOptions:\nA. Red\nB. Blue", "What colour is the car?\nOptions:\nA. Blue\nB. Red"),
]
OTHER = [
    (LONG.format("left", 5), LONG.format("right", 5)),
    (LONG.format("left", 5), LONG.format("left", 6)),
    ("What colour is the car?", "What colour is the bus?"),
    ("What colour is the car?", "What is the car doing?"),
    ("What happens first?", "What happens last?"),
    ("What does the man do before he sits down?", "What does the man do after he sits down?"),
    ("What is on the left of the red table near the door?", "What is on the right of the red table near the door?"),
    ("What is shown at 00:05?", "What is shown at 00:15?"),
    ("Is the man taller than the woman?", "Is the woman taller than the man?"),
    ("Which of these is in the picture?", "Which of these is not in the picture?"),
    ("How many men are there in the room with two doors?", "How many men are there in the room with three doors?"),
    ("What does the girl hold in her hand?", "What does the boy hold in his hand?"),
    ("这辆车是什么颜色？", "这个人在做什么？"),
    ("Who is it?", "Where is it?"),
    ("???", "!!!"),
    ("What colour is the car?\nOptions:\nA. Red\nB. Blue", "What colour is the car?\nOptions:\nA. Red\nB. White"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_nearly_the_same_words_are_the_same_question(first, second):
    assert said(first, second)


@pytest.mark.parametrize(("first", "second"), OTHER)
def test_another_thing_asked_about_is_another_question(first, second):
    assert not said(first, second)


def test_the_share_of_common_pairs_is_a_setting():
    first, second = row(1, problem="What colour is the car?", **FREE), row(2, problem="What colour is a bus?", **FREE)
    assert near(first, second, share=0.5) == {1: 1}
    again = row(3, problem="what colour is the car", **FREE)
    assert near(first, second, again, share=1.0) == {2: 1}


def test_options_may_stand_in_another_order_as_long_as_the_answer_is_the_same():
    first = row(1, problem="What colour is it?", options=COLOURS, solution="A")
    second = row(2, problem="What colour is it?", options=MOVED)
    assert near(first, second | {"solution": "<answer>B</answer>"}) == {1: 1}
    assert near(first, second | {"solution": "A"}) == {}


def test_what_is_asked_about_another_medium_stays_unless_it_is_a_copy():
    first, second = row(1), row(1, path="./two.mp4")
    assert near(first, second) == {}
    assert near(first, second, same={"./two.mp4": first["path"]}) == {1: 1}


def test_the_first_row_stays_and_what_is_the_same_to_the_letter_is_left_to_the_intake():
    first, second = row(1, problem="What is it?", **FREE), row(2, problem="what is it", **FREE)
    assert near(first, first | {"problem_id": 3}, second, second) == {2: 1, 3: 1}


def test_a_row_that_will_not_be_asked_takes_nobody_along():
    first, second, third = (row(n, problem=f"What is it{'?' * n}", **FREE) for n in (1, 2, 3))
    assert near(first | {"solution": ""}, second, third) == {2: 2}
    assert near(first, second, third, left_out=lambda fields: fields["problem_id"] == 1 or None) == {2: 2}


def test_very_long_questions_are_not_compared():
    long = "word " * (LONGEST // 5)
    assert near(row(1, problem=long[:-1], **FREE), row(2, problem=long, **FREE)) == {1: 1}
    assert near(row(1, problem=long + ".", **FREE), row(2, problem=long, **FREE)) == {}


def test_a_row_is_compared_with_so_many_only():
    words = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}zz" for n in range(MOST + 1)]
    rows = [row(n, problem=f"What {word} then?", **FREE) for n, word in enumerate(words)]
    again = [row(1000 + n, problem=f"what {words[n]} then", **FREE) for n in (1, 0)]
    assert near(*rows, *again) == {MOST + 1: 1}


def test_the_census_counts_them_apart():
    found = counted([Row(row(n), "", n) for n in range(3)], repeats={1: 0})
    assert (list(found.fresh), found.unusable) == ([0, 2], {"near duplicate": 1})


@pytest.fixture
def doubled(place):
    """Two rows of which the second asks nearly the same, one about something else, and a copy of the first."""
    asked = ["What moves here?", "what moves here", "What stands here?", "What moves here?"]
    rows = [row(n, problem=problem) for n, problem in enumerate(asked)]
    return place.questions(rows)


def test_they_are_rejected_before_anything_is_asked(doubled, server):
    doubled.settings(more="[duplicates]\n")
    ran = doubled.run("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.steps("rejected") == {"input": {"near duplicate": 1, "duplicate": 1}}
    assert server.stages().count("draft") == 2
    assert "nearly the same question as problem_id 0" in doubled.run("show", "1").out
    before = doubled.sets()
    assert doubled.run("filter").code == 0
    assert doubled.sets() == before


def test_nothing_is_compared_unless_it_is_asked_for(doubled, server):
    ran = doubled.run("run", "--json")
    assert ran.steps("rejected") == {"input": {"duplicate": 1}}
    assert server.stages().count("draft") == 3


def test_switched_on_later_they_go_and_switched_off_they_come_back_from_the_journal(doubled, server):
    doubled.run("run")
    sent = len(server.asked)
    counts = []
    for more in ("[duplicates]\n", "", "[duplicates]\n"):
        doubled.settings(more=more)
        ran = doubled.run("run", "--json")
        counts.append(ran.json["sets"]["sft"])
    assert (counts, len(server.asked)) == ([2, 3, 2], sent)


def test_many_rows_judged_side_by_side_come_to_the_same(place, monkeypatch):
    rows = [row(n, problem=f"What moves in part {n // 2} of it{'?' * (n % 2)}") for n in range(600)]
    place.questions(rows).settings(more="[duplicates]\n")
    published = []
    for processes in (0, 2):
        monkeypatch.setattr(judges, "wanted", lambda _, processes=processes: processes)
        screen = Screen(as_json=False, quiet=True)
        assert asyncio.run(Job("filter", load(place.toml), screen, Scope()).filter()) == 1, "nothing was asked yet"
        published.append(place.sets())
    assert published[0] == published[1]
    report = json.loads(published[0]["report.json"])
    (reasons,) = [step["rejected"] for step in report["steps"] if step["step"] == "input"]
    assert reasons == {"near duplicate": {"multiple choice": 300}}
