"""Rows as examples: bounded, and the passage that the reason is about."""

import json

import pytest

from curate.examples import THINKING, example, passage, revision
from tests.records import drafted, record, revised

LONG = " ".join(f"word{n}" for n in range(5000))


def test_a_record_with_all_that_a_reviewer_needs():
    made = revised(drafted(record(), answer="B"), "So it stands on the table.")
    told = example(None, made, "drafted 'B', reference 'A'", "")
    assert told == {
        "problem_id": 7,
        "problem_type": "multiple choice",
        "data_source": "Kitchen",
        "path": "./a/kitchen.mp4",
        "question": "Where does the cup end up?",
        "options": ["A. On the table", "B. In the sink"],
        "reference": "A",
        "medium": made.medium.sha256,
        "unseen": "",
        "detail": "drafted 'B', reference 'A'",
        "answer": "B",
        "thinking": ["So it stands on the table.", "", ""],
    }


@pytest.mark.parametrize(
    "row", ["no row", None, 7, [], {}, {"problem_id": True, "options": 5, "problem": {"a": []}, "solution": 3}]
)
def test_a_row_that_is_anything(row):
    told = example(row, None, "", "not a row")
    assert (told["thinking"], told["unseen"]) == (None, "not a row")
    assert told["medium"] is None
    assert json.dumps(told)


def test_nothing_is_longer_than_a_page_can_bear():
    row = {"problem_id": 10**30, **dict.fromkeys(("problem", "problem_type", "data_source", "path", "solution"), LONG)}
    told = example(row | {"options": [LONG] * 1000}, None, "", "")
    assert told["problem_id"] is None
    assert len(json.dumps(told)) < 5000
    made = revised(drafted(record(problem=LONG, options=(LONG,) * 100), LONG * 10, LONG), LONG[::-1] * 10)
    assert len(json.dumps(example(None, made, "", ""))) < 5000
    assert len(json.dumps(revision(made))) < 5000


def test_the_words_that_a_detail_quotes_stand_in_the_middle():
    text = f"{LONG} At 00:00:15 the cup falls. {LONG}"
    before, quoted, after = passage(text, "'at 00:00:15 the'")
    assert quoted == "At 00:00:15 the"
    assert before.startswith("… word")
    assert before.endswith("word4999 ")
    assert after.startswith(" cup falls. word0")
    assert after.endswith(" …")
    assert len(before + quoted + after) <= THINKING + 10


def test_what_is_quoted_may_hold_what_python_escapes():
    assert passage('it\'s so\n"here"', "ends in 'it\\'s so \"here'")[1] == "it's so \"here"
    assert passage("a b c", "'\\x'") == ("a b c", "", "")
    assert passage("İİ abc", "'abc'") == ("İİ abc", "", ""), "where lower case is longer, places do not hold"


def test_without_a_quotation_the_end_is_told():
    before, quoted, after = passage(LONG, "3 words")
    assert (quoted, after) == ("", "")
    assert before.startswith("… word")
    assert before.endswith("word4999")
    assert len(before) <= THINKING + 2


def test_a_revision_as_what_is_gone_and_new():
    made = revised(drafted(record(), "the cup is red and stands there"), "the cup is blue and stands there")
    told = revision(made)
    assert told["pieces"] == [["same", "the cup is "], ["gone", "red "], ["new", "blue "], ["same", "and stands there"]]
    assert told["kept"] == pytest.approx(12 / 14, abs=0.001)
