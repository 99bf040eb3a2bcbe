import pytest

from curate.filters.consistency import ConsistencyFilter
from curate.stages.draft import Draft
from tests.records import THINKING, drafted, record, revised

NUMBER = {"problem_type": "numerical", "options": ()}


def judged(thinking, answer="A", **changes):
    return ConsistencyFilter().reason(drafted(record(**changes), thinking, answer))


def test_the_reason_says_both():
    assert judged("So the answer is B.") == "thinking and answer differ: it concludes 'B', answered 'A'"
    assert judged("The answer is 7.", "6", **NUMBER) == "thinking and answer differ: it concludes '7', answered '6'"


def test_a_thinking_that_concludes_with_the_answer_is_kept():
    assert judged(THINKING) is None
    assert judged(THINKING, "B").endswith("it concludes 'A', answered 'B'")


@pytest.mark.parametrize("answer", [None, "", "both", "A or B"])
def test_an_answer_that_says_nothing_is_the_answer_filters_business(answer):
    assert judged("So the answer is B.", answer) is None


@pytest.mark.parametrize("answer", ["many", "", "3 to 5"])
def test_an_answer_that_is_no_number(answer):
    assert judged("So the answer is 8.", answer, **NUMBER) is None


def test_only_what_stands_at_the_end_counts():
    assert judged("So the answer is B. " + "But then I look at the scene once more. " * 30) is None


def test_the_last_thinking_beside_the_drafts_answer():
    assert ConsistencyFilter.needs == (Draft,)
    assert ConsistencyFilter().reason(revised(drafted(record()), "The answer is B.")).startswith("thinking and")
    assert ConsistencyFilter().reason(revised(drafted(record(), "The answer is B."))) is None


def test_a_later_statement_that_cannot_be_read_takes_an_earlier_one_back():
    assert judged("The answer is B. No, the correct answer is that one over there.") is None
    assert judged("The answer is 7. No, the correct answer is as above.", "6", **NUMBER) is None


@pytest.mark.parametrize("said", ["Wait, I saw a mirror.", "However, it is upside down.", "That is wrong."])
def test_what_is_doubted_afterwards_is_no_conclusion(said):
    assert judged("The answer is B.") is not None
    assert judged(f"The answer is B. {said}") is None
    assert judged(f"The answer is 7. {said}", "6", **NUMBER) is None


@pytest.mark.parametrize("kind", ["OCR", "free-form"])
def test_texts_are_not_judged(kind):
    assert judged("So the answer is 5.", "EXIT", problem_type=kind, options=()) is None


def test_a_long_answer_is_shortened():
    reason = judged("The answer is B.", "A. On the table", options=("A. On the table", "B. In the sink"))
    assert reason.endswith("answered 'A. On the table'")


def test_the_reason_names_several_letters():
    assert judged("So the answer is A and B.", "A") == "thinking and answer differ: it concludes 'A, B', answered 'A'"


@pytest.mark.parametrize(
    "unit",
    [
        "the answer is A and ",
        "in total ",
        "so there are 7 ",
        "\\frac{1}{",
        "the answer is ",
        "so ",
        "option A ",
        "A, ",
        "(((",
        "1,000,000",
        "not A ",
        "**",
    ],
)
def test_long_texts_are_judged(unit):
    assert judged(unit * (100_000 // len(unit)), "B") in (
        None,
        "thinking and answer differ: it concludes 'A', answered 'B'",
    )
    judged(unit * (100_000 // len(unit)), "5", **NUMBER)
