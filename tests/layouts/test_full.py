import json

import pytest

from curate.layout import Layout
from curate.layouts.full import FullLayout
from curate.plugin import find
from curate.provenance import Call, Judgement, Provenance
from curate.record import Output
from tests.reading import read
from tests.records import THINKING, drafted, record, revised


class Opinion(Output):
    """What another stage may find."""

    grade: int


def call(stage="draft", **changes):
    figures = {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 4, "cost": 0.5}
    return Call(**({"stage": stage, "model": "m", "prompts": "0" * 12, "replies": 1} | figures | changes))


def told(done, outcome="kept", step="", reason="", judgements=(), calls=()):
    return Provenance(outcome=outcome, step=step, reason=reason, found=done.outputs, judgements=judgements, calls=calls)


def test_it_is_found_by_its_name_and_wants_the_provenance():
    assert find(Layout, "full") is FullLayout
    assert FullLayout.traced


def test_a_kept_row_tells_everything():
    done = revised(drafted(record(pass_rate=0.5), answer="B").with_output(Opinion(grade=3)), "seen again")
    verdicts = (Judgement(step="answer", reason="wrong answer: B"), Judgement(step="answer"))
    row = FullLayout().row(done.with_output(told(done, judgements=verdicts, calls=(call(),))))
    assert type(row) is FullLayout.sft
    assert (row.process, row.draft, row.answer, row.score) == ("<think>seen again</think>", THINKING, "B", 0.0)
    assert (row.revision, row.pass_rate, row.medium) == ("seen again", 0.5, "5" * 64)
    assert [(other.kind, json.loads(other.output)) for other in row.others] == [("Opinion", {"grade": 3})]
    assert row.judgements == verdicts
    assert row.calls == (call(),)
    assert row.options == ("A. On the table", "B. In the sink")


def test_the_score_is_that_of_the_answer_filter_where_there_is_one():
    done = drafted(record(), answer="B")
    story = told(done).model_copy(update={"score": 0.678})
    assert FullLayout().row(record().with_output(story)).score == 0.678


def test_a_question_tells_how_far_it_came():
    done = drafted(record())
    row = FullLayout().row(record().with_output(told(done, "rejected", "length", "too short")))
    assert type(row) is FullLayout.rl
    assert (row.outcome, row.step, row.reason) == ("rejected", "length", "too short")
    assert (row.draft, row.answer, row.score, row.revision) == (THINKING, "A", 1.0, None)


def test_a_question_that_nobody_was_asked_about():
    row = FullLayout().row(record().with_output(told(record(), "owed", "caption")))
    assert (row.caption, row.draft, row.answer, row.score, row.revision, row.others) == (None,) * 5 + ((),)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_datasets_reads_it(tmp_path, ending):
    done = drafted(record())
    full = done.with_output(told(done, judgements=(Judgement(step="answer"),), calls=(call(), call("caption"))))
    [row] = read(tmp_path, FullLayout(), [full], ending)
    assert [c["stage"] for c in row["calls"]] == ["draft", "caption"]
    assert row["judgements"][0]["step"] == "answer"
    assert (row["score"], row["draft"], row["problem_id"]) == (1.0, THINKING, 7)
