import io
import json
import time
from collections import Counter

import pytest
from rich.console import Console

from curate import console
from curate.ask import Meter
from curate.console import Rates, Screen, duration, live_table, printable, progress_rows, summary, total
from curate.engine import Tally
from curate.progress import Progress

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \r\b\x9b2J \u202eback [bold]x[/bold] [/no] \ud800"


def progress(seen=0, **counts):
    """Ten rows: caption and draft ask, answer judges."""
    tally = Tally(seen, **{name: Counter(values) for name, values in counts.items()})
    return Progress(total=10, steps=("caption", "draft", "answer"), asking=("caption", "draft"), tally=tally)


def rendered(renderable, **options):
    stream = io.StringIO()
    Console(file=stream, width=100, **options).print(renderable)
    return stream.getvalue()


def screen(terminal=False, **options):
    """A screen whose stderr is a text in memory."""
    made = Screen(**options)
    made.err = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    return made


def test_a_rate_is_what_passed_over_the_time_it_took():
    rates = Rates()
    assert rates.of("caption") == 0.0
    rates.note(100.0, {"caption": 5})
    assert rates.of("caption") == 0.0
    rates.note(104.0, {"caption": 15, "draft": 2})
    assert (rates.of("caption"), rates.of("draft"), rates.of("answer")) == (2.5, 0.5, 0.0)


def test_a_rate_looks_back_one_minute():
    rates = Rates()
    for second in range(0, 200, 10):
        rates.note(second, {"caption": 100 if second < 100 else 100 + (second - 100)})
    assert rates.of("caption") == pytest.approx(1.0)
    assert len(rates._seen) <= 8


def test_a_rate_survives_a_clock_that_stands_still_and_a_count_that_falls():
    rates = Rates()
    rates.note(1.0, {"caption": 9})
    rates.note(1.0, {"caption": 10})
    assert rates.of("caption") == 0.0
    rates.note(2.0, {"caption": 1})  # sent back for another try
    assert rates.of("caption") == 0.0


def test_a_rate_remembers_numbers_and_not_the_counter_that_goes_on():
    rates, passed = Rates(), {"caption": 1}
    rates.note(0.0, passed)
    passed["caption"] = 3
    rates.note(1.0, passed)
    assert rates.of("caption") == 2.0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (45.4, "45 s"),
        (89, "89 s"),
        (90, "2 min"),
        (720, "12 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (12600, "3.5 h"),
        (129_599, "36.0 h"),
        (129_600, "1.5 days"),
        (181_440, "2.1 days"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 猫, 👍 [red]", "plain, é, 猫, 👍 [red]"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2J", "�[2J"),
        ("a\rb\bc\x00d\x7f\x9b", "a�b�c�d��"),
        ("\u202eback\u2066", "�back�"),
        ("half \ud800", "half �"),
        ("", ""),
    ],
)
def test_text_cannot_drive_the_terminal(text, shown):
    assert printable(text) == shown


def test_owed_is_what_reached_a_step_and_has_not_left_it():
    state = progress(
        passed={"caption": 6, "draft": 3, "answer": 1},
        rejected={("input", "duplicate"): 1, ("caption", "no frames"): 1, ("answer", "wrong answer"): 2},
        failed={("draft", "refused by the server"): 1},
    )
    rows = {row[0]: row[1:5] for row in progress_rows(state, Rates())}
    assert rows == {
        "caption": ["6", "2", "1", ""],  # 10 in, 1 dropped before
        "draft": ["3", "4", "", "1"],  # 8 can come, 4 are through with it
        "answer": ["1", "4", "2", ""],
    }


def test_records_that_wait_for_an_earlier_command_are_not_owed_by_later_steps():
    state = progress(passed={"caption": 7}, owed={"caption": 3, "draft": 7})
    assert [row[2] for row in progress_rows(state, Rates())] == ["3", "7", "0"]


def test_owed_is_never_negative():
    state = progress(passed={"caption": 12})
    assert progress_rows(state, Rates())[0][2] == "0"


def test_rate_and_time_left_stand_beside_steps_that_ask(monkeypatch):
    now = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    rates, state = Rates(), progress(passed={"answer": 1})
    assert progress_rows(state, rates)[0][5:] == ["0.00", ""]
    state.tally.passed.update(caption=4, draft=2)
    rows = {row[0]: row[5:] for row in progress_rows(state, rates)}
    assert rows == {"caption": ["0.40", "15 s"], "draft": ["0.20", "40 s"], "answer": ["", ""]}
    state.tally.passed.update(caption=6)
    assert progress_rows(state, rates)[0][6] == "done"


def test_totals_are_over_all_reasons_of_one_step():
    counts = {("a", "x"): 1, ("a", "y"): 2, ("b", "x"): 4}
    assert (total(counts, "a"), total(counts, "b"), total(counts, "c")) == (3, 4, 0)


def test_the_live_table_has_a_line_for_each_step():
    text = rendered(live_table(progress(passed={"caption": 4}), Rates()))
    lines = text.splitlines()
    assert lines[0].split() == ["step", "done", "owed", "rejected", "failed", "per", "second", "time", "left"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["caption", "4", "6"],
        ["draft", "0", "10"],
        ["answer", "0", "10"],
    ]


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
    assert json.loads(out) == {"text": "é\n\x1b", "n": 1}
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


def test_progress_elsewhere_is_a_plain_line_now_and_then(monkeypatch):
    monkeypatch.setattr(console, "PLAIN_EVERY", 0.01)
    made, state = screen(), progress(passed={"caption": 3})
    with made.watching(state):
        end = time.monotonic() + 10
        while made.err.file.getvalue().count("\n") < 2 and time.monotonic() < end:
            time.sleep(0.01)
    text = made.err.file.getvalue()
    lines = text.splitlines()
    assert len(lines) >= 2
    assert lines[0].startswith("caption 3 7 ")
    assert [part.split()[0] for part in lines[0].split("; ")] == ["caption", "draft", "answer"]
    time.sleep(0.05)
    assert made.err.file.getvalue() == text  # it ends with the block


def test_progress_ends_when_the_work_fails(monkeypatch):
    monkeypatch.setattr(console, "PLAIN_EVERY", 0.01)
    made = screen()
    with pytest.raises(ZeroDivisionError), made.watching(progress()):
        raise ZeroDivisionError
    before = made.err.file.getvalue()
    time.sleep(0.05)
    assert made.err.file.getvalue() == before


def test_quiet_starts_no_progress(monkeypatch):
    monkeypatch.setattr(console, "PLAIN_EVERY", 0.001)
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
    state.meters.update(caption=Meter(sent=3, replayed=4, cost=0.1), draft=Meter(sent=1, cost=0.20000000001))
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
    assert found == {"rows": 10, "sent": 4, "replayed": 4, "cost": 0.3, "notices": ["small model"]}


def test_the_summary_of_nothing_is_json():
    assert json.loads(json.dumps(summary(Progress())))["rows"] == 0
