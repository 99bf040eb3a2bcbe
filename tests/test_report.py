import json
import random
import tracemalloc

import pytest

import curate
from curate.record import Failed, Kept, Owed, Rejected
from curate.report import Report
from tests.records import record

STEPS = ("caption", "draft", "answer", "revise", "leak")
MC = record()
OCR = record(problem_type="OCR", options=())


def rejected(made, step, reason, detail=""):
    return Rejected(made.row, step, reason, detail, made)


OUTCOMES = [
    Kept(MC),
    Kept(MC),
    Kept(OCR),
    rejected(MC, "answer", "wrong answer", "drafted 'B'"),
    rejected(OCR, "answer", "wrong answer"),
    rejected(MC, "answer", "no answer"),
    rejected(MC, "leak", "exact time"),
    rejected(OCR, "input", "duplicate"),
    Rejected({"problem_type": "OCR"}, "input", "no medium"),
    Rejected({"problem_type": "essay"}, "input", "unknown problem type"),
    Rejected("no row", "input", "not a row"),
    Rejected({"problem_type": ["OCR"]}, "input", "unknown problem type"),
    Failed(MC, "draft", "unreadable reply", "no JSON"),
    Owed(MC, "revise"),
    Owed(OCR, "caption", "timed out"),
]


def reported(outcomes=OUTCOMES):
    report = Report(STEPS)
    for outcome in outcomes:
        report.add(outcome)
    return report


def test_totals():
    report = reported()
    assert report.rows_in == len(OUTCOMES)
    assert report.duplicates == 1
    assert report.sets == {"sft": 3, "rl": 10}


def test_every_step_in_order():
    steps = {step.step: step for step in reported().steps()}
    assert list(steps) == ["input", *STEPS]
    assert {name: sum(step.kept.values()) for name, step in steps.items()} == {
        "input": 10, "caption": 9, "draft": 8, "answer": 5, "revise": 4, "leak": 3,
    }  # fmt: skip
    assert steps["input"].rejected == {
        "duplicate": {"OCR": 1},
        "no medium": {"OCR": 1},
        "not a row": {"unknown": 1},
        "unknown problem type": {"unknown": 2},
    }
    assert steps["answer"].rejected == {
        "no answer": {"multiple choice": 1},
        "wrong answer": {"multiple choice": 1, "OCR": 1},
    }
    assert steps["answer"].kept == {"multiple choice": 4, "OCR": 1}
    assert steps["draft"].failed == {"unreadable reply": {"multiple choice": 1}}
    assert steps["draft"].rejected == {}
    assert steps["caption"].owed == {"OCR": 1}
    assert steps["revise"].owed == {"multiple choice": 1}


def test_what_a_step_got_is_what_the_one_before_kept():
    before = None
    for step in reported().steps():
        stopped = [step.owed, *step.rejected.values(), *step.failed.values()]
        got = sum(step.kept.values()) + sum(sum(types.values()) for types in stopped)
        assert got == (len(OUTCOMES) if before is None else before)
        before = sum(step.kept.values())


def test_json():
    report = reported()
    report.finish(extras={"select": 2, "reward": 9}, models={"draft": "r1", "caption": "4o"}, prompts={"draft": "ab"})
    text = report.as_json()
    assert text.endswith("}\n")
    found = json.loads(text)
    assert list(found) == [
        "version", "rows_in", "duplicates", "sets", "owed", "failed", "steps", "extra_keys", "models",
        "prompts",
    ]  # fmt: skip
    assert found["version"] == curate.__version__
    assert (found["rows_in"], found["duplicates"], found["owed"], found["failed"]) == (15, 1, 2, 1)
    assert found["sets"] == {"sft": 3, "rl": 10}
    assert list(found["extra_keys"].items()) == [("reward", 9), ("select", 2)]
    assert list(found["models"]) == ["draft", "caption"]
    assert found["prompts"] == {"draft": "ab"}
    assert found["steps"][0]["step"] == "input"
    assert found["steps"][3]["rejected"]["wrong answer"] == {"multiple choice": 1, "OCR": 1}


def test_the_order_of_the_rows_does_not_change_a_byte():
    shuffled = list(OUTCOMES)
    random.Random(3).shuffle(shuffled)
    assert reported(shuffled).as_json() == reported().as_json()


def test_nothing_at_all():
    report = Report(("caption",))
    assert report.rows_in == 0
    assert report.sets == {"sft": 0, "rl": 0}
    assert [step.step for step in report.steps()] == ["input", "caption"]


def test_an_unknown_step_is_a_bug():
    with pytest.raises(KeyError):
        reported([rejected(MC, "format", "truncated")])


def test_extra_keys_are_a_snapshot_and_hostile_ones_do_no_harm():
    extras = {"\ud800\n": 1}
    report = reported([])
    report.finish(extras=extras, models={}, prompts={})
    extras["later"] = 1
    assert json.loads(report.as_json())["extra_keys"] == {"\ud800\n": 1}


def test_memory_is_flat_however_many_rows_and_details():
    report = Report(STEPS)
    tracemalloc.start()
    for i in range(20_000):
        report.add(rejected(MC, "answer", f"wrong answer: drafted {i}", f"detail {i}"))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.steps()[3].rejected == {"wrong answer": {"multiple choice": 20_000}}
    assert grown < 100_000


def test_what_is_left_out_of_the_rl_set_is_counted_by_reason_and_taken_off():
    report = Report(["draft"])
    for _ in range(3):
        report.add(Kept(record()))
    assert report.sets == {"sft": 3, "rl": 3}
    assert "left_out_of_rl" not in report.as_json()
    report.leave_out("too easy", "multiple choice")
    report.leave_out("too easy", "OCR")
    assert report.sets == {"sft": 3, "rl": 1}
    assert report.left_out == {"too easy": {"multiple choice": 1, "OCR": 1}}
    assert json.loads(report.as_json())["left_out_of_rl"] == report.left_out
