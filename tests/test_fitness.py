"""Which rows the RL set leaves out, and the optional stages: with the real command line and a real server."""

import json
import re
from collections import Counter

import pytest

from curate.errors import SettingsError
from curate.fitness import Fitness
from curate.record import Failed, Kept, Owed, Rejected
from curate.settings import load
from tests.records import record
from tests.server import THINKING, Answer, ModelServer, completion, sensible, stage_of
from tests.workplace import Workplace, picture, row

BAND = Fitness(frozenset({"overlap"}), 0.25, 0.75)


@pytest.fixture
def server():
    with ModelServer() as served:
        yield served


@pytest.fixture
def place(tmp_path, server):
    return Workplace(tmp_path, server.url)


@pytest.mark.parametrize(
    ("rate", "objection"),
    [(None, ""), (0.0, "too hard"), (0.24, "too hard"), (0.25, ""), (0.75, ""), (0.76, "too easy"), (1.0, "too easy")],
)
def test_the_band_holds_for_every_row_with_a_pass_rate_however_it_ended(rate, objection):
    made = record(pass_rate=rate)
    for outcome in (
        Kept(made),
        Rejected(made.row, "answer", "wrong", "", made),
        Failed(made, "revise", "x", ""),
        Owed(made, "revise"),
    ):
        assert BAND.objection(outcome) == objection
        assert Fitness().objection(outcome) == ""


def test_a_question_that_is_unfit_is_left_out_and_no_other_rejection_counts():
    made = record()
    assert BAND.objection(Rejected(made.row, "overlap", "in an evaluation set", "x", made)) == "in an evaluation set"
    assert BAND.objection(Rejected(made.row, "leak", "names its source", "x", made)) == ""
    assert BAND.objection(Rejected("no row", "input", "not a row")) == ""


def words(body):
    return json.dumps(body["messages"])


def some(body) -> Answer:
    """A server whose drafts are right for part 1 always, for part 2 half the time, and whose eyes dislike part 3."""
    stage = stage_of(body)
    part = re.search(r"part (\d)", words(body))
    if stage == "draft":
        seen[part[1]] += 1
        right = part[1] != "2" or seen[part[1]] % 2
        return completion(f"<answer>{'A' if right else 'B'}</answer>", reasoning_content=THINKING)
    if stage == "blind":
        found = re.search(r"([AB])\. The shape", words(body))
        return completion(f"<answer>{found[1] if part[1] == '4' else 'BA'['AB'.index(found[1])]}</answer>")
    if stage == "judge":
        good = part[1] != "3"
        said = {"seen_reason": "No shape is there.", "seen": good, "supported_reason": "It is.", "supported": True}
        return completion(json.dumps(said))
    return sensible(body)


seen: Counter[str] = Counter()


def report(place):
    return json.loads((place.work / "report.json").read_text())


def test_a_run_with_all_that_is_optional(place, server):
    seen.clear()
    server.answer = some
    place.questions([row(n) for n in (1, 2, 3, 4, 5)] + [picture(6)])
    (place.folder / "eval.json").write_text(json.dumps([{k: row(5)[k] for k in ("problem", "options")}]))
    steps = ["overlap", "blind", "guessable", "caption", "draft", "answer", "revise", "leak", "judge", "judged"]
    more = '[stages.blind]\nmodel = "reasoner"\nblind_tries = 3\n[stages.judge]\nmodel = "reviser"\n'
    more += '[filters.overlap]\nfiles = ["eval.json"]\n[sets.rl]\nmax_pass_rate = 0.9\n'
    place.settings(top=f"steps = {json.dumps(steps)}", more=more)
    place.toml.write_text(place.toml.read_text().replace("[stages.draft]\n", "[stages.draft]\nsamples = 2\n"))
    weighed = {stage["stage"]: stage["requests"] for stage in place.run("estimate", "--json").json["stages"]}
    assert (weighed["blind"], weighed["judge"]) == (6 * 3, 6)
    ran = place.run("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["sets"] == {"sft": 3, "rl": 1}
    found = report(place)
    kinds = {s["step"]: {reason: sum(n.values()) for reason, n in s["rejected"].items()} for s in found["steps"]}
    assert {step: reasons for step, reasons in kinds.items() if reasons} == {
        "overlap": {"question in an evaluation set": 1},
        "guessable": {"answered blindly": 1},
        "judged": {"not seen": 1},
    }
    assert found["left_out_of_rl"] == {
        "answered blindly": {"multiple choice": 1},
        "question in an evaluation set": {"multiple choice": 1},
        "too easy": {"multiple choice": 3},
    }
    card = (place.work / "README.md").read_text()
    assert "6 are valid, for the set `rl` without a chain of thought, but for 5 that are left out" in card
    assert "| multiple choice | 3 | 1 |" in card
    asked = Counter(server.stages())
    assert asked["blind"] == 5 * 3
    assert asked["judge"] == 4
    for body in server.asked:
        if stage_of(body) in ("judge", "blind"):
            assert "CAPTION" not in words(body)
            assert ("image_url" in words(body)) is (stage_of(body) == "judge")
    before = len(server.asked), place.sets()
    again = place.run("run")
    assert again.code == 0
    assert re.search(r"rl set +│? *1 .*too easy 3", again.out), again.out
    assert (len(server.asked), place.sets()) == before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "[sets.rl]\nmin_pass_rate = 0.8\nmax_pass_rate = 0.2\n",
            "sets.rl: min_pass_rate = 0.8 is above max_pass_rate",
        ),
        ("[sets.rl]\nmin_pass_rate = 0.1\n", "set samples in [stages.draft]"),
        ("[sets.sft]\nmin_pass_rate = 0.1\n", "put them into [sets.rl]"),
        ("[sets.rl]\nmax_pass_rate = 1.5\n", "sets.rl.max_pass_rate"),
    ],
)
def test_a_band_that_cannot_work_is_a_mistake(place, more, message):
    place.settings(more=more)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load(place.toml)


def test_by_default_every_valid_row_is_in_it(place):
    settings = load(place.toml)
    assert settings.fitness == Fitness()
    assert place.run("run", "--json").json["sets"] == {"sft": 3, "rl": 3}
    assert "left_out_of_rl" not in report(place)
