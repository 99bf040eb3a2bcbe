import io
import json
from collections import Counter

import pytest
from rich.console import Console

from curate import view
from curate.budget import Budget
from curate.errors import AwayError
from curate.meter import Meter
from curate.pace import Pace, Turn
from curate.progress import Progress
from curate.tally import Tally
from curate.watch import Watch, look, total, troubles
from tests.test_console import HOSTILE


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def progress(seen=0, rows=10, **counts):
    """Caption and draft ask, answer judges."""
    tally = Tally(seen, **{name: Counter(values) for name, values in counts.items()})
    made = Progress(rows, ("caption", "draft", "answer"), ("caption", "draft"), tally)
    made.meters.update(caption=Meter(), draft=Meter())
    made.models.update(caption="captioner", draft="reasoner", revise="reviser")
    return made


def rendered(facts, width=130):
    stream = io.StringIO()
    Console(file=stream, width=width).print(view.live(facts))
    return stream.getvalue()


def facts(state):
    return Watch(state, Clock()).facts()


def test_owed_is_what_reached_a_stage_and_has_not_left_it():
    state = progress(
        passed={"caption": 6, "draft": 3, "answer": 1},
        rejected={("input", "duplicate"): 1, ("caption", "no frames"): 1, ("answer", "wrong answer"): 2},
        failed={("draft", "refused by the server"): 1},
    )
    stages = {
        name: tuple(s[k] for k in ("done", "owed", "rejected", "failed")) for name, s in facts(state)["stages"].items()
    }
    assert stages == {"caption": (6, 2, 1, 0), "draft": (3, 4, 0, 1)}
    assert facts(state)["others"] == {"answer": {"passed": 1, "rejected": 2, "failed": 0, "owed": 0}}


def test_records_that_wait_for_an_earlier_command_are_not_owed_by_later_stages():
    state = progress(passed={"caption": 7}, owed={"caption": 3, "draft": 7})
    assert [stage["owed"] for stage in facts(state)["stages"].values()] == [3, 7]
    assert facts(progress(passed={"caption": 12}))["stages"]["caption"]["owed"] == 0


def test_records_that_are_put_off_owe_nothing_to_the_stages_before():
    state = progress(passed={"caption": 4})
    state.tally.parked["draft"] = 3
    found = facts(state)["stages"]
    assert (found["caption"]["owed"], found["draft"]["owed"], found["draft"]["parked"]) == (3, 10, 3)
    assert (found["caption"]["done"], found["draft"]["done"]) == (7, 0)


def test_pace_cost_and_time_left_are_those_of_the_last_minute():
    clock, state = Clock(), progress(rows=1000)
    state.paces.update(captioner=Pace(8), reasoner=Pace(8))
    state.budget = Budget(50.0, None)
    watch = Watch(state, clock)
    for second in range(90):
        clock.now = 1000.0 + second
        for number, name in enumerate(("caption", "draft"), 1):
            done = second * 4 // number
            state.tally.passed[name] = done
            meter = state.meters[name]
            meter.sent, meter.tokens, meter.cost, meter.in_flight = done, done * 10, done * 0.01, 1
        state.tally.seen = state.tally.passed["draft"]
        watch.look()
    found = watch.facts()
    assert found["stages"]["caption"]["per_second"] == pytest.approx(4, rel=0.05)
    assert found["stages"]["draft"]["tokens_per_second"] == pytest.approx(20, rel=0.05)
    assert found["stages"]["caption"]["seconds_left"] == pytest.approx((1000 - 356) / 4, rel=0.1)
    assert found["seconds_left"] == found["stages"]["draft"]["seconds_left"] == pytest.approx((1000 - 178) / 2, rel=0.1)
    assert found["cost"] == pytest.approx(5.34)
    assert found["cost_left"] == pytest.approx((644 + 822) * 0.01, rel=0.1)
    assert (found["spent"], found["max_cost"]) == (0.0, 50.0)
    assert json.loads(json.dumps(found)) == found
    text = rendered(found)
    assert text.splitlines()[0].startswith("178 of 1,000 rows · 0.00 of 50 USD spent · about 7 min left")
    assert view.plain(found).startswith("178 of 1,000 rows, 0.00 of 50 USD spent, about 7 min left; caption 356 done")


def test_what_a_canary_costs_is_not_hidden():
    state = progress()
    state.meters["caption"].cost, state.meters["canary"] = 1.5, Meter(sent=1, cost=0.25)
    assert facts(state)["cost"] == 1.75
    assert set(facts(state)["stages"]) == {"caption", "draft"}


def test_the_view_has_a_line_for_each_step_model_and_cause():
    state = progress(passed={"caption": 4, "answer": 2}, rejected={("answer", "wrong"): 2})
    state.paces.update(captioner=Pace(8, requests_per_minute=588), reasoner=Pace(8), gone=Pace(1))
    state.paces["captioner"].trouble = "asked to wait: HTTP 429: slow down"
    state.paces["captioner"].in_flight = 3
    state.tally.parked["draft"] = 1
    reasoner = state.paces["reasoner"]
    reasoner.trouble, reasoner.rate.state, reasoner.rate.opens = "cannot reach http://x/v1: refused", "shut", 1012.0
    for message in ("HTTP 503: busy", "HTTP 503: busy", "HTTP 500: request 17 died", "HTTP 500: request 18 died"):
        state.meters["draft"].troubles.note(message)
    lines = [line.rstrip() for line in rendered(facts(state)).splitlines()]
    assert lines[1].split()[:3] == ["stage", "done", "owed"]
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["caption", "5", "5"],
        ["draft", "0", "10"],
        ["answer", "2", "2"],
    ]
    assert lines[5:8] == [
        "captioner: 3 in flight, at most 9.8 a second; asked to wait: HTTP 429: slow down",
        "reasoner: 0 in flight, 1 put off; away: cannot reach http://x/v1: refused; looking again in 12 s",
        "gone: 0 in flight",
    ]
    assert [line.split(" (")[0] for line in lines[8:]] == ["2 × HTTP 500: request 18 died", "2 × HTTP 503: busy"]


def test_a_server_that_is_away_is_waited_for_instead_of_a_time_left():
    clock, state = Clock(), progress(passed={"caption": 4})
    state.paces.update(captioner=Pace(8), reasoner=Pace(8, retries=3, patience=600.0, clock=clock))
    pace = state.paces["reasoner"]
    watch = Watch(state, clock)
    assert "time left not known yet" in view.headed(watch.facts())
    pace.failed(Turn(pace.rate.start(clock()), 0.0), AwayError("cannot reach http://x/v1: refused"), 1)
    assert "time left not known yet" in view.headed(watch.facts()), "it may be back at once"
    clock.now += 200.0
    assert (look(state, clock.now - 199).away, look(state, clock.now).away) == (set(), {"draft"})
    found = watch.facts()
    assert (found["models"]["reasoner"]["away_for"], found["models"]["captioner"]["away_for"]) == (200.0, None)
    assert view.headed(found).endswith("waiting for reasoner, away for 3 min, looking again now")
    pace.rate.opens = clock.now + 12
    assert "waiting for reasoner, away for 3 min, looking again in 12 s;" in view.plain(watch.facts())
    assert "waiting for reasoner, away for 3 min, looking again in 12 s" in rendered(watch.facts()).splitlines()[0]
    pace.answered(Turn(pace.rate.start(clock()), 0.0), 0)
    assert "time left not known yet" in view.headed(watch.facts())


def test_without_stages_that_ask_there_is_no_talk_of_time():
    state = progress(passed={"caption": 4})
    state.asking = ()
    text = rendered(facts(state))
    assert "time left" not in text
    assert text.splitlines()[1].split() == ["stage", "done", "rejected", "failed"]


def test_hostile_text_does_not_drive_the_terminal():
    state = progress()
    state.paces["m"] = Pace(1)
    state.paces["m"].trouble = HOSTILE
    state.meters["draft"].troubles.note(f"{HOSTILE}\n" * 50)
    for text in (rendered(facts(state)), view.plain(facts(state))):
        assert not set(text) & {"\x1b", "\r", "\b", "\x07", "\x9b", "\u202e", "\ud800"}
    assert len(rendered(facts(state)).splitlines()) == 7


def test_the_latest_trouble_comes_first():
    state = progress()
    clock = Clock()
    for name in ("caption", "draft"):
        state.meters[name].troubles._clock = clock
    state.meters["caption"].troubles.note("first")
    clock.now += 5
    state.meters["draft"].troubles.note("second")
    found = troubles(state, clock.now + 1)
    assert [(each["stage"], each["cause"], each["seconds_ago"]) for each in found] == [
        ("draft", "second", 1.0),
        ("caption", "first", 6.0),
    ]


def test_totals_are_over_all_reasons_of_one_step():
    counts = Counter({("a", "x"): 1, ("a", "y"): 2, ("b", "x"): 4})
    assert (total(counts, "a"), total(counts, "b"), total(counts, "c")) == (3, 4, 0)
