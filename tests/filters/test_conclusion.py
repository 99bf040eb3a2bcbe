import pytest

from curate.filters.conclusion import ConclusionFilter
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from tests.records import THINKING, drafted, record, revised

NUMBER = {"problem_type": "numerical", "options": ()}


def judged(draft, revision, **changes):
    return ConclusionFilter().reason(revised(drafted(record(**changes), draft), revision))


def test_it_needs_both():
    assert ConclusionFilter.needs == (Draft, Revision)


def test_a_conclusion_that_was_kept():
    assert judged(THINKING, THINKING) is None
    assert judged("So the answer is B.", "It is wet. Hence, the answer is (B).") is None
    assert judged("The answer is 5.", "The answer is five.", **NUMBER) is None


def test_a_conclusion_that_was_changed():
    assert judged(THINKING, "So the answer is B.") == "conclusion changed: from 'A' to 'B'"
    assert judged("The answer is 5.", "The answer is 6.", **NUMBER) == "conclusion changed: from '5' to '6'"
    assert judged("The answer is 0.5.", "The answer is 7.", **NUMBER) == "conclusion changed: from '0.5' to '7'"


def test_several_letters():
    assert judged("The answer is A and B.", "So the answer is B and A.") is None
    assert judged("The answer is A and B.", "So the answer is A.") == "conclusion changed: from 'A, B' to 'A'"
    assert judged("The answer is A.", "So the answer is A and B.") == "conclusion changed: from 'A' to 'A, B'"


def test_a_last_sentence_that_measures():
    metres = {"problem_type": "regression", "options": ()}
    said = judged("So the distance is about 4 meters.", "So the distance is about 9 meters.", **metres)
    assert said == "conclusion changed: from '4' to '9'"
    assert judged("So the distance is 4 meters.", "So the gap is 9 meters.", **NUMBER) == said
    assert judged("So the door is 4 meters high.", "So the door is 9 meters high.", **NUMBER) is None


@pytest.mark.parametrize("after", ["B is the answer.", "**B**", "So it isn't A but B.", "So he runs, option B."])
def test_a_last_sentence_that_names_another_option(after):
    before = "He moves on with long strides. So the answer is A."
    changed = "He moves on with long strides. " + after
    assert judged(before, changed) == "conclusion changed: from 'A' to 'B'"


@pytest.mark.parametrize("draft", ["I look around.", "The answer is A or B.", "The answer is not A."])
def test_where_one_says_nothing_the_row_is_kept(draft):
    assert judged(draft, "So the answer is B.") is None
    assert judged("So the answer is B.", draft) is None


@pytest.mark.parametrize("kind", ["OCR", "free-form"])
def test_texts_are_not_judged(kind):
    assert judged("The answer is 5.", "The answer is 6.", problem_type=kind, options=()) is None
