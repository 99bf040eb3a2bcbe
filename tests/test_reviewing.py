"""The rest of the report after real runs: what report.json tells, and the page with frames or without."""

import json
import os
from typing import Any

import pytest

from tests.markup import Page, safe
from tests.server import REVISED, THINKING, completion, sensible, stage_of
from tests.workplace import CLIP, Workplace, picture, row

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
MIXED = [
    row(1, data_source="CLEVR"),
    row(2, solution="<answer>B</answer>", problem=f"{HOSTILE} which?", data_source=HOSTILE),
    picture(3, problem_type="OCR", options=[], solution="<answer>quite another text</answer>"),
    row(1, data_source="CLEVR"),
    row(5, path="./gone.mp4"),
    row(6, problem="LEAK here?"),
    "no row",
    row(8, solution=""),
]


def model(body: dict[str, Any]) -> Any:
    """One revision leaks, and says what no page may run."""
    if stage_of(body) == "revise" and "LEAK" in json.dumps(body):
        return completion(f"<think>{REVISED} At 00:00:15 it moves. {HOSTILE}.</think>")
    return sensible(body)


def report(place: Workplace) -> Any:
    return json.loads((place.work / "report.json").read_text())


def page(place: Workplace) -> Page:
    return safe((place.work / "report.html").read_text())


@pytest.fixture
def ran(place, server):
    """A run over rows of which most are dropped, each for another reason."""
    server.answer = model
    place.questions(MIXED).settings(model="max_retries = 0\nprice_in = 1.0\nprice_out = 2.0")
    assert place.run("run", "--quiet").code == 0
    return place


def test_what_a_reviewer_asks_of_a_run(ran):
    found = report(ran)
    causes = {(drop["step"], drop["reason"]): drop for drop in found["rejections"]}
    assert list(causes) == [
        ("input", "duplicate"), ("input", "no reference answer"), ("input", "no such file"), ("input", "not a row"),
        ("answer", "wrong answer"), ("leak", "exact time"),
    ]  # fmt: skip
    wrong = causes["answer", "wrong answer"]
    assert wrong["rows"] == 2
    assert wrong["by"] == {"multiple choice": {HOSTILE: 1}, "OCR": {"made": 1}}
    asked, read = wrong["examples"]
    assert (asked["answer"], asked["reference"], read["reference"]) == ("A", "B", "quite another text")
    assert asked["question"] == f"{HOSTILE} which?"
    assert THINKING.split()[-1] in asked["thinking"][0]
    [leak] = causes["leak", "exact time"]["examples"]
    assert "00:00:15" in leak["thinking"][1]
    assert causes["input", "not a row"]["examples"][0]["problem_id"] is None
    [twice] = causes["input", "duplicate"]["examples"]
    assert twice["detail"]
    assert (twice["problem_id"], twice["answer"], twice["thinking"]) == (1, None, None)
    assert found["data_sources"]["CLEVR"] == {"rows": 2, "kept": 1}
    assert found["lengths"]["stages"]["draft"]["multiple choice"]["rows"] == 3
    assert found["lengths"]["stages"]["revise"]["multiple choice"]["rows"] == 2
    assert (found["changes"]["rows"], found["changes"]["unchanged"]) == (2, 0)
    assert {example["problem_id"] for example in found["changes"]["examples"]} == {1, 6}
    assert [line["stage"] for line in found["spent"]] == ["caption", "draft", "revise"]
    assert all(line["calls"] and line["cost"] > 0 for line in found["spent"])


def test_the_page_tells_it_with_frames_and_nothing_runs(ran):
    shown = page(ran)
    assert f"{HOSTILE} which?" in shown.text
    assert "00:00:15" in shown.text
    assert len(shown.named("img")) > 5
    assert "No frames: no such file." in shown.text
    for reason in ("no reference answer", "not a row"):
        assert f"No frames: nobody looked at the medium, since the row was refused before: {reason}." in shown.text
    assert "Traceback" not in shown.text


def test_the_same_journal_gives_the_same_bytes(ran):
    before = ran.sets()
    assert "report.html" in before
    assert ran.run("filter", "--quiet").code == 0
    assert ran.sets() == before


def test_what_is_walked_for_examples_is_not_counted(ran):
    captions, drafts, revisions = 2, 4, 2
    assert ran.run("filter", "--quiet", "--json").json["replayed"] == captions + drafts + revisions


def test_media_that_can_no_longer_be_shown_stop_nothing(ran):
    before = report(ran)
    clip = ran.folder / "media" / CLIP
    was = clip.stat()
    clip.write_bytes(b"\0" * was.st_size)  # as a bad disk would, so that it still looks the same
    os.utime(clip, ns=(was.st_atime_ns, was.st_mtime_ns))
    done = ran.run("filter", "--quiet")
    assert done.code == 0
    assert report(ran) == before
    assert "No frames: its frames cannot be shown:" in page(ran).text


def test_a_run_without_any_medium_has_its_page(place, server):
    place.questions([row(1, path="./gone.mp4"), row(2, path="./gone.mp4", problem_type="essay")])
    done = place.run("run", "--quiet")
    assert done.code == 0
    shown = page(place)
    assert shown.named("img") == []
    assert "No row has a thinking yet." in shown.text
    assert server.asked == []


def test_a_run_that_is_not_finished_says_so(place, server):
    assert place.run("draft", "--quiet").code in (0, 1)
    assert place.run("filter", "--quiet").code == 1
    assert "This run is not finished. 3 rows wait for an answer." in page(place).text
