"""A row's place in the sets, by how it ended."""

import pytest

from curate.fitness import Fitness
from curate.layouts.videorft import VideoRFTLayout
from curate.record import Failed, Kept, Outcome, Owed, Record, Rejected
from curate.standings import Standing
from curate.verdict import Verdict
from curate.walk import Walked
from tests.records import drafted, record

LAYOUT = VideoRFTLayout()


def verdict(record: Record | None, outcome: Outcome) -> Verdict:
    return Verdict.of(3, b"stamp", b"asked", record, Walked(outcome), LAYOUT, LAYOUT)


def test_a_kept_record_is_in_both_sets_and_its_thinking_in_one_only():
    found = verdict(record(), Kept(drafted(record(), "Because it is so.")))
    assert (found.number, found.stamp, found.problem_type) == (3, b"stamp", "multiple choice")
    assert found.standing == Standing.of(Kept(record()), b"asked")
    assert found.sft.process == "<think>Because it is so.</think>"
    assert "process" not in type(found.rl).model_fields
    assert found.rejected is None


OTHERS = {
    "rejected": Rejected(record().row, "length", "too short", "3 words", drafted(record())),
    "failed": Failed(record(), "length", "too short", "3 words"),
    "owed": Owed(record(), "length", "3 words"),
}


@pytest.mark.parametrize("outcome", OTHERS.values(), ids=OTHERS)
def test_a_record_that_was_not_kept_is_a_question_all_the_same(outcome):
    found = verdict(record(), outcome)
    assert found.sft is None
    assert found.rl == LAYOUT.row(record())
    assert (found.rejected.problem_id, found.rejected.step, found.rejected.detail) == (7, "length", "3 words")
    assert found.standing.kind in OTHERS


@pytest.mark.parametrize("outcome", [Rejected("no row", "input", "not a row"), Failed(None, "input", "x", "y", [1])])
def test_a_row_that_is_no_record_is_in_no_set(outcome):
    found = verdict(None, outcome)
    assert (found.sft, found.rl) == (None, None)
    assert found.rejected.row in ('"no row"', "[1]")
    assert (found.problem_type, found.standing.asked) == ("unknown", b"")


@pytest.mark.parametrize("rate", [0.0, 0.25])
def test_the_share_of_right_answers_goes_with_the_question(rate):
    graded = drafted(record(pass_rate=rate))
    for outcome in (Kept(graded), Rejected(graded.row, "answer", "wrong", "", graded)):
        assert verdict(record(), outcome).rl.pass_rate == rate


@pytest.mark.parametrize(
    ("outcome", "objection"),
    [
        (Kept(drafted(record(pass_rate=1.0))), "too easy"),
        (
            Rejected(record().row, "overlap", "question in an evaluation set", "x", record()),
            "question in an evaluation set",
        ),
        (Rejected(record().row, "leak", "names its source", "x", drafted(record(pass_rate=0.5))), ""),
    ],
)
def test_an_unfit_question_is_in_no_rl_set_and_says_why(outcome, objection):
    fitness = Fitness(frozenset({"overlap"}), 0.0, 0.9)
    found = Verdict.of(3, b"stamp", b"asked", record(), Walked(outcome), LAYOUT, LAYOUT, fitness)
    assert found.left_out == objection
    assert (found.rl is None) is bool(objection)
    assert (found.sft is not None) is isinstance(outcome, Kept)


def test_what_is_no_record_is_not_counted_as_left_out():
    outcome = Rejected("no row", "input", "not a row")
    assert Verdict.of(3, b"", b"", None, Walked(outcome), LAYOUT, LAYOUT, Fitness()).left_out == ""
