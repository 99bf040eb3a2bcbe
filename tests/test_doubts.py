"""Settings that work and are of no use: told of once, by every command that reads the rows."""

import json

import pytest

from curate.doubts import doubts, strangers
from curate.settings import load
from tests.workplace import row

JUDGE = '[stages.judge]\nmodel = "reviser"\n'
BASE = ("caption", "draft", "answer", "revise")
VAIN = "steps: none uses what {!r} finds, so its replies are bought in vain"


def told(place, *more_steps, more="", before=()):
    """What is told of settings with these steps."""
    steps = [*before, *BASE, *more_steps]
    place.settings(top=f"steps = {json.dumps(steps)}", more=more)
    return list(doubts(load(place.toml)))


def test_a_stage_that_no_step_reads_is_told_with_the_filter_that_would(place):
    assert told(place, "judge", more=JUDGE) == [VAIN.format("judge") + ": add 'judged' behind it"]
    assert told(place, "judge", "judged", more=JUDGE) == []
    blind = '[stages.blind]\nmodel = "reasoner"\n'
    assert told(place, more=blind, before=("blind",)) == [VAIN.format("blind") + ": add 'guessable' behind it"]
    assert told(place, more=blind, before=("blind", "guessable")) == []


@pytest.mark.parametrize("by", ["similarity", "rouge"])
def test_whether_a_stage_is_read_hangs_on_how_the_filter_is_set(place, by):
    steps = ["caption", "draft", "similarity", "answer"]
    more = (
        '[models.e]\nprovider = "embeddings"\nmodel = "e"\nbase_url = "http://127.0.0.1:1/v1"\n'
        f'[stages.similarity]\nmodel = "e"\n[filters.answer]\nfree_form_by = "{by}"\n'
    )
    place.settings(top=f"steps = {json.dumps(steps)}", more=more)
    idle = "[stages.revise] is set, but 'revise' is not among the steps: it asks nothing"
    vain = [VAIN.format("similarity")] if by == "rouge" else []
    assert list(doubts(load(place.toml))) == [idle, *vain]


@pytest.mark.parametrize(
    ("draft", "times"), [("samples = 4", 4), ("tries = 3", 3), ("samples = 1", 0), ("samples = 4\ntop_p = 0.9", 4)]
)
def test_asking_again_at_temperature_0_is_told(place, draft, times):
    line = f"[stages.draft] asks up to {times} times at temperature 0, at which a model says the same each time"
    place.settings(stages=f"temperature = 0\n{draft}")
    assert [said for said in doubts(load(place.toml)) if "draft" in said] == [line] * bool(times)
    place.settings(stages=draft)
    assert list(doubts(load(place.toml))) == []


def test_a_layout_that_tells_of_all_reads_every_stage(place):
    assert told(place, "judge", more=JUDGE + '[sets.sft]\nlayout = "full"\n') == []


def test_tables_of_stages_and_filters_that_stand_in_no_step_are_told(place):
    assert told(place, more=JUDGE + "[filters.judged]\n") == [
        "[filters.judged] is set, but 'judged' is not among the steps: it judges nothing",
        "[stages.judge] is set, but 'judge' is not among the steps: it asks nothing",
    ]
    found = told(place, "length", more="[filters.length]\n[filters.refusal]\n[filters.leak]\n")
    idle = "[filters.{0}] is set, but '{0}' is not among the steps: it judges nothing"
    assert found == [idle.format("leak"), idle.format("refusal")]
    assert told(place) == []


def test_licences_are_of_sources_that_are_there():
    found = list(strangers({"STAR": "mit", "CLEVRER": "cc0-1.0", "x\ny": "mit"}, {"STAR", "CLEVR"}))
    assert found == [
        "[card.licenses] names 'CLEVRER', which is the data_source of no usable row; did you mean 'CLEVR'?",
        "[card.licenses] names 'x\\ny', which is the data_source of no usable row; known: CLEVR, STAR",
    ]


def test_sources_are_told_on_one_line_and_not_all_of_many():
    (told,) = strangers({"zzz": "mit"}, {"a\nb\x1b[2J", *(f"source {number:04}" for number in range(1000))})
    assert "; known: a b�[2J, source 0000, " in told
    assert told.endswith("source 0048, …")
    assert "\n" not in told


def test_a_command_tells_of_both(place, server):
    place.questions([row(1)])
    steps = json.dumps([*BASE, "judge"])
    place.settings(top=f"steps = {steps}", more=JUDGE + '[card.licenses]\n"mad" = "mit"\n"made" = "mit"\n')
    ran = place.run("filter", "--json")
    assert ran.json["notices"] == [
        VAIN.format("judge") + ": add 'judged' behind it",
        "[card.licenses] names 'mad', which is the data_source of no usable row; did you mean 'made'?",
    ]
    assert server.asked == []
