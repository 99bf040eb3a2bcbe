"""What was not asked, by cause."""

import pytest

from curate.journal import Spent
from curate.savings import Saving, savings
from curate.tally import Tally

STEPS = ["short", "caption", "draft", "answer", "revise", "length"]
STAGES = {"caption": True, "draft": False, "revise": False}


def tally() -> Tally:
    """Of 100 rows, 10 are too short before anything is asked; of the rest 30 are answered wrongly, 20 are too long."""
    found = Tally(seen=100)
    found.passed.update({"short": 90, "caption": 90, "draft": 90, "answer": 60, "revise": 60, "length": 40})
    found.rejected.update({("short", "too short"): 10, ("answer", "wrong"): 25, ("answer", "none"): 5})
    found.rejected.update({("caption", "no frames"): 8, ("length", "too long"): 20, ("input", "no such file"): 50})
    return found


def test_each_cause_is_counted_where_it_spared_a_call():
    found = savings(STEPS, STAGES, tally(), 15, {"draft": 7}, [])
    assert found == [
        Saving("caption", sharing=75, filters=10, replay=0, cost=0.0),
        Saving("draft", sharing=0, filters=10, replay=7, cost=0.0),
        Saving("revise", sharing=0, filters=40, replay=0, cost=0.0),
    ]


def test_what_was_spared_costs_what_a_call_of_the_stage_costs_on_average():
    spent = [Spent("draft", "m", 30, 0, 0, 0, 2.0), Spent("draft", "n", 10, 0, 0, 0, 4.0)]
    spent.append(Spent("revise", "m", 1, 0, 0, 0, 1000.0))
    draft = savings(STEPS, STAGES, tally(), 15, {"draft": 7}, spent)[1]
    assert draft.cost == pytest.approx(17 * 6.0 / 40)


def test_nothing_is_saved_by_sharing_where_every_record_has_its_own_medium():
    assert savings(STEPS, STAGES, tally(), 95, {}, [])[0].sharing == 0


def test_a_command_that_walked_nothing_saved_nothing():
    assert savings(STEPS, STAGES, Tally(), 0, {}, []) == [Saving(name, 0, 0, 0, 0.0) for name in STAGES]
