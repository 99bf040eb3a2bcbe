"""`curate estimate --pilot N`: some records run for real, and what they say of all of them."""

import json
import re
import zlib
from collections import Counter
from contextlib import closing

import pytest

from curate.census import Census
from curate.journal import Journal
from curate.meter import Meter
from curate.pace import Pace
from curate.pilot import foreseen, gated
from curate.projection import Seen, Used
from curate.record import Kept, Owed, Rejected
from curate.settings import load
from curate.steps import Asked, Judged
from curate.workfolder import held
from tests.media.media_samples import encode, jpeg
from tests.records import record
from tests.server import Answer, completion, failure, sensible, stage_of
from tests.workplace import picture, row

PRICES = "max_retries = 0\nconcurrency = 4\nprice_in = 1000.0\nprice_out = 4000.0"
FIGURES = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "cost")


def number_in(body):
    return int(re.search(r"part (\d+) of this clip", json.dumps(body)).group(1))


def uneven(body):
    """Every third question is answered wrongly; no two replies take the same."""
    stage = stage_of(body)
    answer = sensible(body)
    if stage == "draft" and number_in(body) % 3 == 0:
        answer = completion("So it is <answer>B</answer>", reasoning_content="It looks like nothing moves here at all.")
    size = zlib.crc32(json.dumps(body).encode()) % 100
    usage = {"prompt_tokens": 100 + size, "completion_tokens": 20 + size // 2}
    return Answer(answer.body | {"usage": usage | {"prompt_tokens_details": {"cached_tokens": size // 4}}}, delay=0.01)


@pytest.fixture
def sixty(place, server):
    """60 rows about four clips of several lengths and two pictures, ten on each."""
    for n in range(4):
        encode(place.folder / "media" / "clips" / f"{n}.mp4", [40 * i for i in range(30 + 40 * n)])
    for n in range(2):
        (place.folder / "media" / f"{n}.jpg").write_bytes(jpeg((48 + 16 * n, 32)))
    rows = [
        row(n, path=f"./clips/{n % 6}.mp4") if n % 6 < 4 else picture(n, path=f"./{n % 6 - 4}.jpg")
        for n in range(1, 61)
    ]
    server.answer = uneven
    place.questions(rows).settings(PRICES)
    place.toml.write_text(place.toml.read_text().replace("[stages.caption]\n", "[stages.caption]\nwindow = 2\n"))
    return place


def spent(place):
    with closing(Journal(place.work / "journal.sqlite")) as journal:
        return {s.stage: s for s in journal.spent()}


def asked_about(server):
    return sorted({number_in(body) for body in server.asked if stage_of(body) == "draft"})


def inside(told, figure, truth):
    return told[figure]["low"] <= truth <= told[figure]["high"]


def test_what_a_pilot_projects_is_what_the_run_buys(sixty, server):
    pilot = sixty.run("estimate", "--pilot", "15", "--json")
    assert pilot.code == 0, pilot.err
    projection = pilot.json["projection"]
    assert (pilot.json["rows"], projection["records"], pilot.json["asked"]["sent"]) == (60, 15, len(server.asked))
    assert projection["input"] == {"rows": 60, "unusable": {}, "media": 6}
    run = sixty.run("run", "--json")
    bought = spent(sixty)
    for stage, told in projection["stages"].items():
        for figure in FIGURES:
            truth = getattr(bought[stage], figure)
            assert inside(told, figure, truth), (stage, figure, told[figure], truth)
            assert told[figure]["low"] < told[figure]["high"] or stage == "caption"  # all six media were seen
        assert told["hours"]["low"] < told["hours"]["expected"] < told["hours"]["high"]
    for figure in FIGURES:
        assert inside(projection["total"], figure, sum(getattr(s, figure) for s in bought.values()))
    assert inside(projection, "kept", run.json["sets"]["sft"])
    assert projection["kept"]["low"] < projection["kept"]["high"]
    assert projection["stages"]["caption"]["calls"]["expected"] == bought["caption"].calls


def test_what_the_pilot_bought_is_not_bought_again(sixty, server):
    assert sixty.run("estimate", "--pilot", "15").code == 0
    assert sixty.run("run").code == 0
    sent = len(server.asked)
    assert sent == sum(s.calls for s in spent(sixty).values())
    assert sixty.run("run", "--work", "another").code == 0
    assert len(server.asked) == 2 * sent


def test_the_records_are_spread_over_the_whole_input(sixty, server):
    assert sixty.run("estimate", "--pilot", "5").code == 0
    assert asked_about(server) == [1, 16, 31, 45, 60]
    assert not (sixty.work / "sft").exists()
    server.asked.clear()
    assert sixty.run("estimate", "--pilot", "3", "--limit", "21").code == 0
    assert asked_about(server) == [11, 21]  # the first is known already


def test_a_pilot_of_more_than_there_is_is_the_whole_input(sixty, server):
    sixty.questions([row(n, path=f"./clips/{n % 4}.mp4") for n in range(1, 9)])
    told = sixty.run("estimate", "--pilot", "100", "--json").json["projection"]
    assert (told["records"], asked_about(server)) == (8, list(range(1, 9)))
    for stage, bought in spent(sixty).items():
        figures = told["stages"][stage]
        assert [figures[f] for f in FIGURES] == [
            pytest.approx(dict.fromkeys(("low", "expected", "high"), getattr(bought, f)), rel=1e-5) for f in FIGURES
        ]


def test_without_a_pilot_the_journal_tells_and_nothing_is_sent(sixty, server):
    sixty.run("estimate", "--pilot", "15")
    piloted = sixty.run("estimate", "--pilot", "15", "--json").json
    server.asked.clear()
    told = sixty.run("estimate", "--json")
    assert (told.code, server.asked) == (0, [])
    figures = told.json["projection"]["stages"]["draft"]
    assert figures["cost"] == piloted["projection"]["stages"]["draft"]["cost"]
    assert (figures["hours"], told.json["projection"]["total"]["hours"]) == (None, None)
    assert piloted["projection"]["total"]["hours"] is None
    assert "the time is unknown: run a --pilot" in told.err
    assert "the time is unknown: replies came from the journal" in sixty.run("estimate", "--pilot", "15").err


def test_pictures_take_no_more_captions_than_they_can_be_asked_about(place, server):
    for n in range(60):
        (place.folder / "media" / f"{n}.jpg").write_bytes(jpeg((48 + n, 32)))
    place.questions([picture(n, path=f"./{n}.jpg") for n in range(60)])
    place.settings(PRICES)
    calls = place.run("estimate", "--pilot", "2", "--json").json["projection"]["stages"]["caption"]["calls"]
    assert calls["expected"] == 60
    assert 60 < calls["high"] <= 180
    place.settings(PRICES, stages="attempts = 1")
    calls = place.run("estimate", "--json").json["projection"]["stages"]["caption"]["calls"]
    assert (calls["expected"], calls["high"]) == (60, 60)


def test_the_table_says_what_to_expect_and_what_it_rests_on(sixty):
    ran = sixty.run("estimate", "--pilot", "12")
    assert re.search(r"draft +60 \(\d\d – \d\d\)", ran.out), ran.out
    assert re.search(r"in all .*\(.* – .*\)", ran.out)
    assert "MiB a request" in ran.out
    assert "from 12 of 60 rows" in ran.err
    assert re.search(r"asked \d+ replies \([\d,]+ tokens in, [\d,]+ of them cached, [\d,]+ out, \d", ran.err)
    assert re.search(r"the slowest model, (captioner|reasoner|reviser), decides", ran.err)


def test_rows_that_cannot_be_used_are_counted_and_others_are_run(sixty, server):
    missing = [row(n, path=f"./clips/gone-{n}.mp4") for n in range(20, 30)]
    rows = [row(1), "no row", row(1), row(2, problem_type="essay"), *missing, row(3), row(4)]
    told = sixty.questions(rows).run("estimate", "--pilot", "7", "--json").json["projection"]
    assert told["input"]["unusable"] == {"not a row": 1, "duplicate": 1, "unknown problem type": 1}
    assert told["input"]["rows"] == 16
    assert inside(told, "usable", 3)
    assert told["usable"]["high"] < 13


def test_failed_records_are_named_and_end_the_pilot_as_a_run(sixty, server):
    server.answer = lambda body: (
        failure(500, "broken") if stage_of(body) == "draft" and number_in(body) == 1 else uneven(body)
    )
    ran = sixty.run("estimate", "--pilot", "6", "--json")
    assert ran.code == 1
    assert "1 failed at draft" in ran.err
    assert "problem_id 1)" in ran.err
    assert ran.json["projection"]["stages"]["draft"]["calls"]["expected"] == 60


def test_a_server_that_answers_nothing_projects_nothing(sixty, server):
    server.answer = lambda body: failure(400, "no")
    ran = sixty.run("estimate", "--pilot", "3", "--json")
    assert (ran.code, ran.json["projection"]) == (1, None)
    assert "nothing was answered" in ran.err


def test_the_limits_of_money_hold(sixty, server):
    sixty.settings(PRICES, stages="max_tokens = 200")
    ran = sixty.run("estimate", "--pilot", "30", "--max-cost", "5", "--json")
    assert ran.code == 1
    assert "stopped before max_cost = 5 USD" in ran.err
    assert 0 < sum(s.cost for s in spent(sixty).values()) <= 5
    assert sixty.run("estimate", "--pilot", "30", "--max-tokens", "1").code == 1
    told = ran.json["projection"]["stages"]
    assert told["caption"]["calls"] is None or told["caption"]["calls"]["high"] > 6


def test_a_work_folder_that_is_held_is_refused(sixty, server):
    with held(sixty.work, "run"):
        ran = sixty.run("estimate", "--pilot", "3")
        assert (ran.code, server.asked) == (2, [])
        assert "is held by `curate run`" in ran.err
        assert sixty.run("estimate").code == 0


def test_gates_are_known_as_far_as_a_record_came():
    made = record()
    steps = [Judged("first", None), Asked("caption", None, None), Asked("draft", None, None), Judged("answer", None)]
    assert gated(Kept(made), steps) == (True, True, True)
    assert gated(Rejected({}, "input", "no medium"), steps) == ()
    assert gated(Rejected({}, "first", "a rule", record=made), steps) == (False,)
    assert gated(Rejected({}, "answer", "wrong", record=made), steps) == (True, True, False)
    assert gated(Owed(made, "draft"), steps) == (True, True)
    assert Meter().seconds == 0


def test_the_hours_go_by_the_pace_that_was_found_and_by_the_limits_where_none_was(place):
    place.settings("requests_per_minute = 600")
    settings, found = load(place.toml), Pace(16)
    found.rate.found = 0.5  # requests a second
    census = Census(100, dict.fromkeys(range(100), b"m"), Counter({b"m": 100}), {b"m": "image"})
    used = Used(1.0, 10.0, 0.0, 5.0, 0.0)
    seen = [Seen(b"m", 100, True, (True, True, True, True), (used, used, used))] * 10
    meters = {stage: Meter(sent=10, seconds=1.0) for stage in settings.stages}

    def seconds(paces):
        return foreseen(settings, meters, census, seen, paces).stages["draft"]["seconds"].expected

    assert seconds({}) == pytest.approx(100 / 10)
    assert seconds({"reasoner": Pace(16)}) == pytest.approx(100 / 10)
    assert seconds({"reasoner": found, "captioner": Pace(16)}) == pytest.approx(100 / 0.5)
