"""What is measured in one row."""

import pytest

from curate.measures import SAMPLED, SOURCE, STEP, Measures, every, sampled
from curate.record import Failed, Kept, Owed, Rejected
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from tests.records import drafted, record, revised

STAGES = {Draft: "draft", Revision: "revise"}


def measured(outcome, take=True):
    return Measures.of(outcome, STAGES, take)


def test_words_of_every_thinking_and_what_was_kept():
    made = revised(drafted(record(), "the cup is red"), "the cup is blue")
    assert measured(Kept(made)) == Measures("Kitchen", (("draft", 4), ("revise", 4)), 750)
    assert measured(Rejected(made.row, "leak", "exact time", "", made)) == measured(Kept(made))


def test_a_row_outside_the_sample_is_told_by_its_source_alone():
    assert measured(Kept(revised(drafted(record()))), take=False) == Measures("Kitchen")


def test_without_two_thinkings_nothing_was_kept_or_changed():
    assert measured(Kept(drafted(record(), "one two"))) == Measures("Kitchen", (("draft", 2),), None)
    assert measured(Owed(record(), "draft")) == Measures("Kitchen")


def test_only_the_very_same_text_is_unchanged():
    assert measured(Kept(revised(drafted(record(), "a b"), "a b"))).kept == STEP
    assert measured(Kept(revised(drafted(record(), "a b"), "a  b"))).kept == STEP - 1
    long = "word " * 3000
    assert measured(Kept(revised(drafted(record(), long), long + "x"))).kept == STEP - 1


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({"data_source": "CLEVR"}, "CLEVR"),
        ({"data_source": "x" * 10**6}, "x" * SOURCE),
        ({"data_source": ""}, "unknown"),
        ({"data_source": ["CLEVR"]}, "unknown"),
        ({}, "unknown"),
        ("no row", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_source_of_a_row_that_is_no_record(row, source):
    assert measured(Rejected(row, "input", "not a row")) == Measures(source)
    assert measured(Failed(None, "input", "x", "y", row)) == Measures(source)


def test_of_many_rows_a_share_is_measured_of_few_every_one():
    assert all(sampled(number, SAMPLED) for number in range(100))
    assert every(0) == every(SAMPLED) == 1
    assert every(310_000) == 16
    found = [number for number in range(310_000) if sampled(number, 310_000)]
    assert abs(len(found) - 310_000 / 16) < 600
    assert abs(sum(number % 5 == 0 for number in found) - len(found) / 5) < 400
