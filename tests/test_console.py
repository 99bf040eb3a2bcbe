import io
import json
import time
from collections import Counter

import pytest
from rich.console import Console

from curate import console
from curate.console import Screen, summary
from curate.meter import Meter
from curate.pace import Pace
from curate.progress import Progress
from curate.tally import Tally

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \r\b\x9b2J \u202eback [bold]x[/bold] [/no] \ud800"


def progress(seen=0, **counts):
    """Ten rows: caption and draft ask, answer judges."""
    tally = Tally(seen, **{name: Counter(values) for name, values in counts.items()})
    return Progress(total=10, steps=("caption", "draft", "answer"), asking=("caption", "draft"), tally=tally)


def screen(terminal=False, **options):
    """A screen whose stderr is a text in memory."""
    made = Screen(**options)
    made.err = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    return made


def test_messages_go_to_stderr_and_results_to_stdout(capsys):
    made = Screen()
    made.say("said", style="bold")
    made.warn("warned")
    made.fail("failed")
    made.show("a table")
    made.result({"no": "JSON was asked for"})
    out, err = capsys.readouterr()
    assert (out, err) == ("a table\n", "said\nwarned\nfailed\n")


def test_quiet_leaves_errors_and_results(capsys):
    made = Screen(quiet=True)
    made.say("said")
    made.warn("warned")
    made.fail("failed")
    made.show("a table")
    with made.watching(progress()):
        pass
    assert capsys.readouterr() == ("a table\n", "warned\nfailed\n")


def test_json_takes_the_place_of_the_tables(capsys):
    made = Screen(as_json=True)
    made.show("a table")
    made.result({"text": "é\n\x1b", "n": 1})
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    assert json.loads(out) == {"event": "end", "text": "é\n\x1b", "n": 1}
    assert out.isascii()


@pytest.mark.parametrize("how", ["say", "warn", "fail"])
def test_hostile_messages_are_shown_and_not_obeyed(how):
    made = screen(terminal=True)
    getattr(made, how)(HOSTILE)
    text = made.err.file.getvalue()
    assert "[bold]x[/bold] [/no]" in text
    assert not {"\r", "\b", "\x07", "\x9b", "\u202e", "\ud800"} & set(text)
    assert "\x1b[31mred" not in text
    assert "�[31mred�[0m" in text


def test_a_long_message_stays_one_line():
    made = screen()
    made.fail("word " * 100_000)
    assert made.err.file.getvalue().count("\n") == 1


def test_progress_on_a_terminal_is_live_and_stays_at_the_end():
    made = screen(terminal=True)
    state = progress()
    with made.watching(state):
        state.tally.passed["caption"] = 10
    text = made.err.file.getvalue()
    assert "time left" in text
    last = text[text.rindex("caption") :].split()
    assert last[1:3] == ["10", "0"]


def watched(made, state, monkeypatch, until):
    """Watch until that is true of the screen; what it said on stderr."""
    monkeypatch.setattr(console, "EVERY", 0.01)
    with made.watching(state):
        end = time.monotonic() + 10
        while not until() and time.monotonic() < end:
            time.sleep(0.01)
    return made.err.file.getvalue()


def test_progress_elsewhere_is_a_plain_line_now_and_then(monkeypatch):
    made, state = screen(), progress(seen=1, passed={"caption": 3}, failed={("draft", "no"): 1})
    text = watched(made, state, monkeypatch, lambda: made.err.file.getvalue().count("\n") >= 2)
    lines = text.splitlines()
    assert len(lines) >= 2
    assert lines[0] == ("1 of 10 rows, time left not known yet; caption 3 done, 7 owed; draft 0 done, 9 owed, 1 failed")
    time.sleep(0.05)
    assert made.err.file.getvalue() == text  # it ends with the block


def test_a_model_s_trouble_is_told_once_and_its_end_when_it_is_over(monkeypatch):
    monkeypatch.setattr(console, "CALM", 0.03)
    made, state = screen(), progress()
    state.paces["reasoner"] = pace = Pace(4)
    pace.trouble = "cannot reach it"

    def calm():
        if "away" in made.err.file.getvalue():
            pace.trouble = None
        return "goes on" in made.err.file.getvalue()

    lines = [line for line in watched(made, state, monkeypatch, calm).splitlines() if line.startswith("reasoner: ")]
    assert lines == ["reasoner: away: cannot reach it", "reasoner: goes on, after 0 s"]


def test_a_model_that_is_given_up_is_told_once_and_does_not_go_on():
    news = console._Troubles().news
    model = {"trouble": "asked to wait: HTTP 429", "again_in": 2.0, "gone": None}
    assert news({"m": model}, 0.0) == ["m: asked to wait: HTTP 429; goes on in 2 s"]
    gone = model | {"gone": "HTTP 429; it has taken nothing for 30 min"}
    assert news({"m": gone}, 1.0) == ["m: given up: HTTP 429; it has taken nothing for 30 min"]
    assert news({"m": gone}, 99.0) == []


def test_trouble_that_comes_and_goes_is_told_once():
    news, model = console._Troubles().news, {"trouble": "asked to wait: HTTP 429", "again_in": 2.0}
    assert news({"m": model}, 0.0) == ["m: asked to wait: HTTP 429; goes on in 2 s"]
    assert console._Troubles().news({"m": model | {"again_in": 0.2}}, 0.0) == [
        "m: asked to wait: HTTP 429; goes on now"
    ]
    for second in range(1, 30):
        assert news({"m": model | {"trouble": model["trouble"] if second % 4 == 0 else None}}, float(second)) == []
    quiet = model | {"trouble": None}
    assert news({"m": quiet}, 37.0) == []
    assert news({"m": quiet}, 38.0) == ["m: goes on, after 28 s"]


def test_events_are_lines_of_json_on_stdout(monkeypatch, capsys):
    made, state = screen(as_json=True), progress(seen=2, passed={"caption": 3})
    made.notice("small \x1b model")
    watched(made, state, monkeypatch, lambda: made.err.file.getvalue().count("\n") > 3)
    made.result({"exit": 0})
    notice, *events, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert notice == {"event": "notice", "text": "small \x1b model"}
    assert last == {"event": "end", "exit": 0}
    assert events
    for event in events:
        assert (event["event"], event["rows"], event["rows_done"], event["seconds_left"]) == ("progress", 10, 2, None)
        assert (event["stages"]["caption"]["done"], event["stages"]["caption"]["owed"]) == (3, 7)
        assert set(event["others"]) == {"answer"}


@pytest.mark.parametrize("options", [{"quiet": True, "as_json": True}, {}])
def test_no_events_where_nobody_wants_them(monkeypatch, capsys, options):
    monkeypatch.setattr(console, "EVERY", 0.001)
    made = screen(**options)
    made.notice("small model")
    with made.watching(progress()):
        time.sleep(0.05)
    assert capsys.readouterr().out == ""


def test_nothing_but_asking_makes_events(monkeypatch, capsys):
    monkeypatch.setattr(console, "EVERY", 0.001)
    state = progress()
    state.asking = ()
    with screen(as_json=True).watching(state):
        time.sleep(0.05)
    assert capsys.readouterr().out == ""


def test_progress_ends_when_the_work_fails(monkeypatch):
    monkeypatch.setattr(console, "EVERY", 0.01)
    made = screen()
    with pytest.raises(ZeroDivisionError), made.watching(progress()):
        raise ZeroDivisionError
    before = made.err.file.getvalue()
    time.sleep(0.05)
    assert made.err.file.getvalue() == before


def test_quiet_starts_no_progress(monkeypatch):
    monkeypatch.setattr(console, "EVERY", 0.001)
    made = screen(quiet=True)
    with made.watching(progress()):
        time.sleep(0.02)
    assert made.err.file.getvalue() == ""


def test_the_summary_is_the_whole_account():
    state = progress(
        seen=10,
        passed={"caption": 7, "draft": 6},
        rejected={("input", "duplicate"): 2, ("answer", "b"): 1, ("answer", "a"): 3},
        failed={("caption", "unreadable reply"): 1},
        owed={"draft": 1},
    )
    asked = Meter(sent=3, replayed=4, cost=0.1, prompt_tokens=30, cached_tokens=10, tokens=6)
    state.meters.update(caption=asked, draft=Meter(sent=1, cost=0.20000000001, prompt_tokens=5, tokens=2))
    state.notices.append("small model")
    found = summary(state)
    assert found["steps"] == {
        "input": {"passed": 8, "rejected": {"duplicate": 2}, "failed": {}, "owed": 0},
        "caption": {"passed": 7, "rejected": {}, "failed": {"unreadable reply": 1}, "owed": 0},
        "draft": {"passed": 6, "rejected": {}, "failed": {}, "owed": 1},
        "answer": {"passed": 0, "rejected": {"a": 3, "b": 1}, "failed": {}, "owed": 0},
    }
    assert list(found["steps"]["answer"]["rejected"]) == ["a", "b"]
    del found["steps"]
    tokens = {"prompt_tokens": 35, "cached_tokens": 10, "completion_tokens": 8}
    assert found == {
        "rows": 10,
        "shard": None,
        "sent": 4,
        "replayed": 4,
        **tokens,
        "cost": 0.3,
        "notices": ["small model"],
    }


def test_the_summary_of_nothing_is_json():
    assert json.loads(json.dumps(summary(Progress())))["rows"] == 0
