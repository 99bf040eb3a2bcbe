import json

import pytest
from pydantic import ValidationError

from curate.record import Failed, Kept, Output, Owed, Record, Rejected, Thought
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from tests.records import drafted, record, revised


class Note(Output):
    text: str


def test_a_record_hands_out_its_outputs_by_type():
    made = drafted(record(), thinking="Draft.", answer="A")
    assert made[Draft] == Draft(thinking="Draft.", answer="A")
    assert Draft in made
    assert Revision not in made
    assert Note not in made


def test_the_last_output_of_a_kind_counts_and_subclasses_count_too():
    made = revised(drafted(record(), thinking="First."), thinking="Second.")
    assert made[Thought].thinking == "Second."
    assert made[Draft].thinking == "First."
    again = made.with_output(Draft(thinking="Third.", answer=None))
    assert again[Draft].thinking == again[Thought].thinking == "Third."
    assert again[Revision].thinking == "Second."


def test_a_missing_output_is_a_key_error_that_names_it():
    with pytest.raises(KeyError, match="Draft"):
        record()[Draft]


def test_with_output_leaves_the_record_as_it_was():
    before = record()
    after = before.with_output(Note(text="x"))
    assert before.outputs == ()
    assert after.outputs == (Note(text="x"),)
    assert after.with_output(Note(text="y")).outputs == (Note(text="x"), Note(text="y"))


def test_records_and_outputs_are_frozen_and_take_nothing_unknown():
    with pytest.raises(ValidationError, match="frozen"):
        record().problem = "other"
    with pytest.raises(ValidationError, match="frozen"):
        Note(text="x").text = "y"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Note(text="x", more="y")
    with pytest.raises(ValidationError, match="Extra inputs"):
        record(reward=1.0)


@pytest.mark.parametrize("changes", [{"problem_type": "essay"}, {"data_type": "audio"}, {"options": None}])
def test_what_is_no_record(changes):
    with pytest.raises(ValidationError):
        record(**changes)


@pytest.mark.parametrize(
    ("problem", "options", "expected"),
    [
        ("Where?", (), "Where?"),
        ("Where?", ("A. Here", "B. There"), "Where?\nOptions:\nA. Here\nB. There"),
        ("Where?\nOptions:\nA. Here\nB. There", ("A. Here", "B. There"), "Where?\nOptions:\nA. Here\nB. There"),
        ("Where? A. Here B. There", ("A. Here", "B. There"), "Where? A. Here B. There"),
    ],
)
def test_the_question_holds_each_option_once(problem, options, expected):
    question = record(problem=problem, options=options).question
    assert question == expected
    assert all(question.count(option) == 1 for option in options)


def test_the_row_is_the_eight_columns_in_the_trainers_order_as_plain_json():
    row = drafted(record()).row
    assert list(row) == [
        "problem_id", "problem", "data_type", "problem_type", "options", "solution", "path", "data_source",
    ]  # fmt: skip
    assert row["options"] == ["A. On the table", "B. In the sink"]
    assert json.loads(json.dumps(row)) == row


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"problem_id": 5}, 5),
        ({"problem_id": -5}, -5),
        ({"problem_id": 2**63}, None),
        ({"problem_id": "5"}, None),
        ({"problem_id": True}, None),
        ({"problem_id": [1]}, None),
        ({}, None),
        (["problem_id"], None),
        ("problem_id", None),
        (None, None),
    ],
)
def test_a_rejected_row_has_an_id_only_where_it_is_usable(row, expected):
    found = Rejected(row, "input", "odd").problem_id
    assert found == expected
    assert type(found) is type(expected)


def test_a_rejected_record_goes_by_its_own_id():
    assert Rejected({"problem_id": "seven"}, "leak", "exact time", record=record()).problem_id == 7


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("row", [{"a": "\ud800"}, {"a": b"\xff"}, {"a": {1, 2}}, {"a": "ü\n\x00"}, "plain", 10**400])
def test_any_row_is_one_line_of_plain_ascii_json(row):
    text = Rejected(row, "input", "odd").row_json
    assert text.isascii()
    assert "\n" not in text
    json.loads(text)


def test_a_row_nested_too_deeply_is_said_to_be_so():
    text = Rejected({"problem": nested(100_000)}, "input", "odd").row_json
    assert json.loads(text) == "nested too deeply to be written down"


def test_every_outcome_carries_its_record():
    made = record()
    outcomes = [
        Kept(made),
        Rejected(made.row, "leak", "exact time", "", made),
        Failed(made, "draft", "unreadable reply", ""),
        Owed(made, "draft"),
    ]
    assert all(outcome.record is made for outcome in outcomes)
    assert isinstance(made, Record)
