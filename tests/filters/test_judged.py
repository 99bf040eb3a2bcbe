import pytest

from curate.filters.judged import JudgedFilter
from curate.stages.judge import Judgement
from tests.records import drafted, record

GOOD = {"seen_reason": "It is there.", "seen": True, "supported_reason": "It leads there.", "supported": True}


def judged(rule=None, **changes):
    return (rule or JudgedFilter()).reason(drafted(record()).with_output(Judgement(**(GOOD | changes))))


def test_it_needs_the_judge():
    assert JudgedFilter.needs == (Judgement,)


def test_what_the_judge_accepts_is_kept():
    assert judged() is None


def test_either_verdict_drops_with_the_judges_reason():
    assert judged(seen=False, seen_reason="There is no cup.") == "not seen: 'There is no cup.'"
    assert judged(supported=False) == "answer not supported: 'It leads there.'"
    assert judged(seen=False, supported=False).startswith("not seen: ")


def test_either_verdict_can_be_left_out():
    assert judged(JudgedFilter(seen=False), seen=False) is None
    assert judged(JudgedFilter(seen=False), seen=False, supported=False).startswith("answer not supported: ")
    assert judged(JudgedFilter(supported=False), supported=False) is None


@pytest.mark.parametrize("reason", ["x" * 5000, "a: b: c", "\x1b[31m\n"])
def test_the_judges_words_are_bounded_and_on_one_line(reason):
    found = judged(seen=False, seen_reason=reason)
    assert found.partition(": ")[0] == "not seen"
    assert len(found) < 350
    assert found.isprintable()
