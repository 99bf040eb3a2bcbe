import io
import json
import time
from dataclasses import replace
from itertools import groupby

import pytest
from rich.console import Console

from curate import tables
from curate.captions.image import ImageCaption, ImageMetadata, SceneContext
from curate.journal import Spent
from curate.meter import Meter
from curate.progress import Progress, Story
from curate.record import Failed, Kept, Owed, Rejected
from curate.report import Report
from curate.savings import Saving
from curate.stages.caption import Caption
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from curate.steps import Trace
from curate.tally import Tally
from curate.words import printable
from tests.records import drafted, record, revised
from tests.test_console import HOSTILE

SCENE = SceneContext(environment="a plain wall", activity="none")
SIGN = Caption(
    described=ImageCaption(
        image_caption="A CAPTION of a sign.",
        metadata=ImageMetadata(objects=(), text=(), scene_context=SCENE, relations=()),
    )
)


def rendered(*renderables, width=160, **options):
    stream = io.StringIO()
    console = Console(file=stream, width=width, **options)
    for renderable in renderables:
        console.print(renderable)
    return stream.getvalue()


def cells(table):
    """{first cell: the others} as plain text."""
    columns = [[getattr(cell, "plain", cell) for cell in column.cells] for column in table.columns]
    return {row[0]: list(row[1:]) for row in zip(*columns, strict=True)}


def headers(table):
    return [column.header for column in table.columns]


@pytest.fixture
def progress():
    made = Progress(total=1300, steps=("caption", "draft", "answer"), asking=("caption", "draft"))
    made.tally = Tally(seen=1300)
    made.tally.passed.update(caption=1202, draft=7, answer=4)
    made.tally.rejected.update({("input", "duplicate"): 50, ("answer", "wrong answer"): 2, ("answer", "no answer"): 1})
    made.tally.failed.update({("caption", "unreadable reply"): 48})
    made.tally.owed.update(draft=1195)
    made.meters.update(caption=Meter(sent=1200, replayed=9, shared=2), draft=Meter())
    return made


def failed(number, step="caption", reason="refused by the server", detail="HTTP 400: no"):
    return Failed(record(problem_id=number), step, reason, detail)


def test_the_outcome_has_a_line_for_the_input_and_each_step(progress):
    table = tables.outcome(progress)
    assert headers(table) == ["step", "passed", "rejected", "failed", "owed", "asked", "from the journal", "shared"]
    assert cells(table) == {
        "input": ["1250", "50", "", "", "", "", ""],
        "caption": ["1202", "", "48", "", "1,200", "9", "2"],
        "draft": ["7", "", "", "1,195", "", "", ""],
        "answer": ["4", "3", "", "", "", "", ""],
    }


def test_the_status_counts_unreadable_replies_as_owed(progress):
    table = tables.status(progress)
    assert headers(table) == ["step", "passed", "owed", "rejected", "reasons"]
    assert cells(table) == {
        "input": ["1,250", "", "50", "duplicate 50"],
        "caption": ["1,202", "48", "", "unreadable reply 48"],
        "draft": ["7", "1,195", "", ""],
        "answer": ["4", "", "3", "no answer 1, wrong answer 2"],
    }


def test_what_was_spared_stands_there_by_cause():
    table = tables.spared([Saving("caption", 1200, 0, 9, 1.5), Saving("revise", 0, 3, 0, 0.0)])
    assert cells(table) == {"caption": ["1,200", "", "9", "1.5000"], "revise": ["", "3", "", ""]}


def test_spending_shows_calls_tokens_and_cost():
    table = tables.spending(
        [Spent("draft", "big", 1200, 3_000_000, 4000, 5, 1.23456), Spent("caption", "s", 0, 0, 0, 0, 0)]
    )
    assert headers(table) == ["stage", "model", "calls", "tokens in", "cached", "tokens out", "USD"]
    assert cells(table) == {
        "draft": ["big", "1,200", "3,000,000", "5", "4,000", "1.2346"],
        "caption": ["s", "0", "0", "0", "0", "0.0000"],
    }


@pytest.mark.parametrize("name", ["org/[model]", "a[/b]", "[red]x", HOSTILE])
def test_names_and_reasons_are_no_markup(name, progress):
    progress.tally.rejected["answer", name] = 3
    report = Report(("answer",))
    report.add(Rejected({}, "answer", name))
    spent = tables.spending([Spent("draft", name, 1, 1, 1, 1, 0.0)])
    shown = rendered(spent, tables.status(progress), tables.waterfall(report), width=600)
    assert shown.count(printable(name).replace("\t", " ")) == 3


def test_failures_are_named_by_cause(progress):
    progress.tally = Tally()
    progress.tally.failed.update({("caption", "refused by the server"): 2, ("draft", "no answer from the server"): 7})
    progress.failed = [
        failed(9),
        *(failed(n, "draft", "no answer from the server", "") for n in (30, 4, 8, 15, 16, 23, 7)),
    ]
    progress.failed.append(failed(2))
    assert tables.problems(progress) == [
        "2 failed at caption, refused by the server (problem_id 2, 9): HTTP 400: no; run again to ask again",
        "7 failed at draft, no answer from the server (problem_id 4, 7, 8, 15, 16, …); run again to ask again",
    ]


def test_what_waits_is_told_what_to_run_first():
    progress = Progress(steps=("caption", "draft"))
    progress.tally.owed.update(caption=3, draft=1)
    assert tables.problems(progress) == [
        "3 wait for caption: run `curate caption` first",
        "1 wait for draft: run `curate draft` first",
    ]
    assert tables.problems(Progress()) == []


def test_where_a_limit_stopped_a_run_the_rows_that_it_did_not_come_to_are_told():
    progress = Progress(steps=("caption", "draft"), stopped="stopped before max_cost = 1 USD", total=1500)
    progress.tally.owed.update(caption=3)
    progress.tally.seen = 10
    assert tables.problems(progress) == ["3 wait for caption: left unasked", "1,490 more were not come to"]
    progress.stopped = None
    assert tables.problems(progress) == ["3 wait for caption: run `curate caption` first"]


def test_the_waterfall_goes_from_the_rows_in_to_the_sets():
    report = Report(("caption", "draft", "answer"))
    for outcome in (
        Kept(record()),
        Rejected({}, "input", "no medium"),
        Rejected(record().row, "answer", "wrong answer", "", record()),
        Rejected(record().row, "answer", "no answer", "", record(problem_type="OCR")),
        Failed(record(), "draft", "unreadable reply", ""),
        Owed(record(), "caption"),
    ):
        report.add(outcome)
    assert cells(tables.waterfall(report)) == {
        "input": ["5", "1", "", "", "no medium 1"],
        "caption": ["4", "", "", "1", ""],
        "draft": ["3", "", "1", "", "unreadable reply 1"],
        "answer": ["1", "2", "", "", "no answer 1, wrong answer 1"],
        "sft set": ["1", "", "", "", ""],
        "rl set": ["5", "", "", "", ""],
    }


def test_a_story_goes_from_the_question_to_the_end():
    done = revised(drafted(record(), "He is cooking soup."), "She is cooking thick soup.")
    trail = [
        Trace("caption", SIGN),
        Trace("draft", Draft(thinking="He is cooking soup.", answer="A")),
        Trace("answer"),
        Trace("revise", Revision(thinking="She is cooking thick soup.")),
        Trace("leak", reason="exact time: 'at 3 s'"),
    ]
    text = rendered(tables.story(Story(Rejected(done.row, "leak", "exact time", "'at 3 s'", done), trail)))
    wanted = [
        "problem_id 7",
        "multiple choice, video",
        "Where does the cup end up?",
        "A. On the table",
        "./a/kitchen.mp4: 64x48, 4 frames, 2.0 s, h264",
        "reference: <answer>A</answer>",
        "caption",
        "A CAPTION of a sign.",
        "draft",
        "He is cooking soup.",
        "answer: A",
        "answer: passed",
        "revise (what it changed)",
        "He She is cooking thick soup.",
        "leak: rejected, exact time: 'at 3 s'",
        "rejected by leak: exact time 'at 3 s'",
    ]
    at = -1
    for piece in wanted:
        assert piece in text[at + 1 :], piece
        at = text.index(piece, at + 1)


def test_a_revision_without_a_draft_before_it_is_told_as_it_is():
    text = rendered(tables.story(Story(Kept(record()), [Trace("revise", Revision(thinking="Seen."))])))
    assert '"thinking": "Seen."' in text


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (Kept(record()), "kept"),
        (Rejected({}, "input", "no medium", "path is missing"), "rejected by input: no medium path is missing"),
        (Rejected({}, "input", "duplicate"), "rejected by input: duplicate"),
        (Failed(record(), "draft", "unreadable reply", "no JSON"), "failed at draft: unreadable reply no JSON"),
        (Owed(record(), "draft"), "owed at draft: not asked yet"),
        (Owed(record(), "draft", "HTTP 500"), "owed at draft: HTTP 500"),
    ],
)
def test_every_story_has_its_end(outcome, end):
    story = Story(outcome, [])
    assert tables.told(story)["end"] == end
    assert rendered(tables.story(story)).rstrip().endswith(end)


def test_a_row_that_never_became_a_record_is_shown_as_it_came():
    story = Story(Rejected({"problem_id": 12, "path": "../x"}, "input", "path outside media_root", "../x"), [])
    text = rendered(tables.story(story))
    assert "problem_id 12" in text
    assert '{"problem_id": 12, "path": "../x"}' in text
    assert tables.told(story) == {
        "problem_id": 12,
        "row": {"problem_id": 12, "path": "../x"},
        "steps": [],
        "end": "rejected by input: path outside media_root ../x",
    }


@pytest.mark.parametrize("row", [object(), {"a": b"bytes"}, [1], None, {"when": {1, 2}}])
def test_any_row_at_all_can_be_told_as_json(row):
    told = tables.told(Story(Rejected(row, "input", "not a row"), []))
    assert json.loads(json.dumps(told))["problem_id"] is None


def test_a_story_as_plain_values_holds_every_step():
    trail = [Trace("draft", Draft(thinking="T", answer=None)), Trace("answer", reason="no answer")]
    told = tables.told(Story(Kept(record()), trail))
    assert told["row"] == record().row
    assert told["steps"] == [
        {"step": "draft", "output": {"thinking": "T", "answer": None}, "reason": None},
        {"step": "answer", "output": None, "reason": "no answer"},
    ]
    json.dumps(told)


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("the cup is red", "the cup is red", [("the cup is red", "")]),
        (
            "the cup is red now",
            "the cup is blue now",
            [("the cup is ", ""), ("red ", "-"), ("blue ", "+"), ("now", "")],
        ),
        ("stay away", "stay", [("stay", ""), ("away", "-")]),
        ("two\nlines", "two lines more", [("two lines ", ""), ("more", "+")]),
        ("", "new text", [("new text", "+")]),
        ("old", "", [("old", "-")]),
        ("", "", []),
    ],
)
def test_a_diff_marks_what_went_and_what_came(before, after, marked):
    text = tables.diff(before, after)
    styles = {"red strike": "-", "green underline": "+"}
    kinds = [next((styles[s.style] for s in text.spans if s.start <= i < s.end), "") for i in range(len(text))]
    pieces = groupby(zip(text.plain, kinds, strict=True), key=lambda pair: pair[1])
    assert [("".join(c for c, _ in piece), kind) for kind, piece in pieces] == marked


def test_a_diff_has_colours_on_a_terminal():
    text = rendered(tables.diff("red cup", "blue cup"), force_terminal=True, color_system="standard")
    assert "\x1b[9;31mred \x1b[0m" in text
    assert "\x1b[4;32mblue \x1b[0m" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ha " * 4000, "ha " * 2000 + "ho " * 2000),
        ("x" * 500_000, "x" * 499_999 + "y"),
        (" ".join(f"w{n % 97} the" for n in range(6000)), " ".join(f"w{n % 89} the" for n in range(6000))),
    ],
)
def test_a_diff_of_long_or_looping_texts_takes_no_minutes(before, after):
    start = time.process_time()
    text = tables.diff(before, after)
    assert len(text.plain) >= max(len(before), len(after))
    assert time.process_time() - start < 10


def test_hostile_text_is_shown_and_not_obeyed():
    nasty = record(problem=HOSTILE, options=(HOSTILE,), solution=f"<answer>{HOSTILE}</answer>", path=HOSTILE)
    nasty = replace_medium(nasty, codec=HOSTILE)
    trail = [
        Trace("draft", Draft(thinking=HOSTILE, answer=HOSTILE)),
        Trace("revise", Revision(thinking=HOSTILE + " more")),
        Trace("answer", reason=HOSTILE),
    ]
    for outcome in (
        Rejected({}, "leak", HOSTILE, HOSTILE, nasty),
        Failed(nasty, "draft", "unreadable reply", HOSTILE),
        Owed(nasty, "draft", HOSTILE),
        Rejected({"problem": HOSTILE}, "input", "no medium", HOSTILE),
    ):
        text = rendered(tables.story(Story(outcome, trail)), force_terminal=True, width=400)
        assert "[bold]x[/bold] [/no]" in text
        assert not {"\r", "\b", "\x07", "\x9b", "\u202e", "\ud800"} & set(text)
        assert "\x1b[31mred" not in text
        assert "\x1b]0;" not in text


def replace_medium(item, **changes):
    return item.model_copy(update={"medium": replace(item.medium, **changes)})


def test_a_huge_line_is_wrapped_and_not_cut():
    text = rendered(tables.story(Story(Kept(record(problem="x" * 200_000)), [])), width=80)
    assert text.count("x") >= 200_000
    assert max(map(len, text.splitlines())) <= 80
