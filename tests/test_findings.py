"""What the report gathers from rows, and that it stays small."""

import json
import tracemalloc

from curate.findings import BINS, CAUSES, EXAMPLES, LONGEST, OTHER, SOURCES, TRACKED, Findings
from curate.measures import STEP, Measures
from curate.shards import RejectedRow
from curate.standings import Standing
from curate.verdict import Verdict

STEPS = ("caption", "draft", "answer", "revise", "leak")


def verdict(number, cause=("kept", "", ""), kind="OCR", source="TextVQA", words=(), kept=None, detail=""):
    why = RejectedRow(problem_id=number, step=cause[1], reason=cause[2], detail=detail, row="{}")
    measures = Measures(source, words, kept)
    return Verdict(
        number, b"", Standing(*cause), kind, None, None, None if cause[0] == "kept" else why, measures=measures
    )


def gathered(*verdicts):
    findings = Findings()
    for each in verdicts:
        findings.add(each)
    return findings


WRONG, LEAK, LOST = ("rejected", "answer", "wrong answer"), ("rejected", "leak", "exact time"), ("failed", "draft", "x")


def test_rejections_by_reason_problem_type_and_source():
    found = gathered(
        verdict(0),
        verdict(1, WRONG),
        verdict(2, WRONG, "numerical", "DVQA"),
        verdict(3, ("rejected", "answer", "wrong answer: drafted 3")),
        verdict(4, LEAK),
        verdict(5, LOST, "numerical"),
        verdict(6, ("owed", "revise", "")),
        verdict(7, ("rejected", "input", "not a row"), "unknown", "unknown"),
    ).told(STEPS)
    assert [(r["step"], r["reason"], r["verdict"], r["rows"]) for r in found["rejections"]] == [
        ("input", "not a row", "rejected", 1),
        ("draft", "x", "failed", 1),
        ("answer", "wrong answer", "rejected", 3),
        ("leak", "exact time", "rejected", 1),
    ]
    assert found["rejections"][2]["by"] == {"numerical": {"DVQA": 1}, "OCR": {"TextVQA": 2}}
    assert found["data_sources"] == {
        "TextVQA": {"rows": 6, "kept": 1},
        "DVQA": {"rows": 1, "kept": 0},
        "unknown": {"rows": 1, "kept": 0},
    }


def test_many_sources_stand_together():
    found = gathered(*(verdict(n, WRONG, source=f"source {n % (SOURCES + 9):02}") for n in range(1000))).told(STEPS)
    assert len(found["data_sources"]) == SOURCES + 1
    assert list(found["data_sources"])[-1] == OTHER
    assert sum(counts["rows"] for counts in found["data_sources"].values()) == 1000
    assert set(found["rejections"][0]["by"]["OCR"]) == set(found["data_sources"])


def test_examples_are_few_of_different_types_and_the_same_in_any_order():
    rows = [verdict(n, WRONG, kind, detail="d" * 999) for n in range(300) for kind in ("OCR", "numerical", "free-form")]
    [(cause, picks)] = gathered(*rows).picked().items()
    assert cause == WRONG
    assert len(picks) == EXAMPLES
    assert gathered(*reversed(rows)).picked() == {cause: picks}
    assert all(len(pick.detail) == 300 for pick in picks)
    assert [pick.number for pick in picks] != list(range(EXAMPLES)), "drawn by lot, not the first"
    [few] = gathered(verdict(1, LEAK), verdict(2, LEAK)).picked().values()
    assert {pick.number for pick in few} == {1, 2}


def test_each_type_has_its_turn_before_another_comes_twice():
    rows = [*(verdict(n, WRONG, "OCR") for n in range(50)), verdict(90, WRONG, "numerical")]
    [picks] = gathered(*rows).picked().values()
    assert picks[0].number == 90
    assert all(pick.number < 50 for pick in picks[1:])


def test_nobody_waits_for_an_example():
    assert gathered(verdict(1, ("owed", "draft", ""))).picked() == {}


def test_lengths_by_stage_and_type():
    words = [(("draft", 40 + n), ("revise", 30)) for n in range(100)]
    found = gathered(*(verdict(n, words=w) for n, w in enumerate(words)), verdict(200, words=(("draft", 10**9),)))
    lengths = found.told(STEPS)["lengths"]
    assert list(lengths["stages"]) == ["draft", "revise"]
    draft = lengths["stages"]["draft"]["OCR"]
    assert (draft["rows"], draft["min"], draft["p50"], draft["max"]) == (101, 40, 90, LONGEST)
    assert sum(draft["histogram"]) == 101
    assert len(draft["histogram"]) == len(lengths["edges"]) - 1


def test_changes_and_the_rows_that_stand_for_them():
    alike = [3, *[100] * 5, *[800] * 88, *[970] * 5, STEP - 1, *[STEP] * 50]
    found = gathered(*(verdict(n, kept=kept) for n, kept in enumerate(alike)))
    changes = found.told(STEPS)["changes"]
    assert (changes["rows"], changes["unchanged"], changes["p5"], changes["p50"]) == (150, 50, 0.8, 0.8)
    assert sum(changes["histogram"]) == 150
    assert len(changes["histogram"]) == BINS
    assert [alike[pick.number] for pick in found.changed()] == [3, 800, STEP - 1], "an outlier is what has to be seen"


def test_changes_that_are_all_alike_have_different_examples():
    found = gathered(*(verdict(n, kept=900) for n in range(20))).changed()
    assert len({pick.number for pick in found}) == EXAMPLES
    assert gathered(verdict(1, kept=STEP)).changed() == []


def test_nothing_at_all():
    told = Findings().told(STEPS)
    assert told["data_sources"] == {}
    assert told["rejections"] == []
    assert told["lengths"] == {"unit": "words", "edges": [], "stages": {}}
    assert told["changes"]["rows"] == 0
    assert json.dumps(told)


def test_memory_is_flat_however_many_rows_sources_and_reasons():
    findings = Findings()
    tracemalloc.start()
    for n in range(20_000):
        cause = ("rejected", "answer", f"reason {n % (2 * CAUSES)}")
        findings.add(verdict(n, cause, source=f"{n}" * 9, words=(("draft", n),), kept=n % STEP, detail="d" * 5000))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 8_000_000
    assert len(findings.picked()) == CAUSES
    assert len(findings._sources) == TRACKED + 1
