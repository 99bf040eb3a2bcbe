"""What each command does, shows and answers, through the command line in this process."""

import json
import signal
import sys

import pytest

from curate.cli import main
from tests.server import ModelServer, completion, failure, sensible, stage_of
from tests.workplace import Ran, Workplace, picture, row


@pytest.fixture
def called(monkeypatch, capsys):
    """Runs `curate` with these arguments in this folder."""
    before = signal.getsignal(signal.SIGTERM)

    def run(place, *arguments, **environment):
        for name, value in ({"COLUMNS": "200"} | environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(place.folder)
        monkeypatch.setattr(sys, "argv", ["curate", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Ran(ended.value.code or 0, *capsys.readouterr())

    yield run
    signal.signal(signal.SIGTERM, before)


def test_rows_that_cannot_be_used_are_rejected_with_their_reason(place, server, called):
    (place.folder / "media" / "clips" / "bad.mp4").write_text("no video " * 100)
    (place.folder / "outside.jpg").write_bytes((place.folder / "media" / "sign.jpg").read_bytes())
    rows = [
        picture(1),
        row(2, path="./clips/bad.mp4"),
        picture(3, path="./../outside.jpg"),
        row(4, path="./clips/none.mp4"),
        picture(5, problem_type="riddle"),
        picture(6, **{"problem": picture(1)["problem"]}),
        "not a row",
    ]
    place.questions(rows)
    ran = called(place, "run", "--json")
    assert (ran.code, ran.lines[-1]) == (0, "wrote the sets to work")
    assert len(ran.lines) == 2
    (reasons,) = ran.steps("rejected").values()
    assert sum(reasons.values()) == 6
    wanted = {"path outside media_root", "no such file", "unknown problem type", "duplicate", "not a row"}
    assert wanted < set(reasons)
    assert ran.json["sets"] == {"sft": 1, "rl": 1}
    assert ran.steps("passed")["input"] == 1
    shown = called(place, "show", "3")
    assert shown.code == 0
    assert "problem_id 3" in shown.out
    assert "rejected by input: path outside media_root ./../outside.jpg" in shown.out
    assert json.loads(called(place, "show", "2", "--json").out)["records"][0]["row"] == rows[1]
    assert server.stages() == ["caption", "draft", "revise"]


def test_a_server_that_is_down_names_the_records_and_a_rerun_asks_only_for_them(place, server, called):
    place.questions([row(2), picture(3)])
    assert called(place, "caption", "--limit", "1", "--quiet").code == 0
    url, place.url = place.url, "http://127.0.0.1:9/v1"
    place.settings()
    ran = called(place, "run", "--json", "--quiet")
    why = "cannot reach http://127.0.0.1:9/v1: Connection refused; run again to ask again"
    assert ran.code == ran.json["exit"] == 1
    assert ran.lines == [
        f"1 failed at caption, no answer from the server (problem_id 3): {why}",
        f"1 failed at draft, no answer from the server (problem_id 2): {why}",
    ]
    assert ran.steps("failed") == {step: {"no answer from the server": 1} for step in ("caption", "draft")}
    place.url = url
    server.asked.clear()
    assert called(place.settings(), "run", "--json").json["exit"] == 0
    assert sorted(server.stages()) == ["caption", "draft", "draft", "revise", "revise"]


def test_stages_one_after_the_other_give_the_sets_of_run_to_the_byte(place, server, called):
    assert called(place, "run", "--quiet").code == 0
    whole, asked = place.sets(), sorted(server.stages())
    assert {"sft/train-00000-of-00001.parquet", "report.json", "README.md"} < set(whole)
    place.work = place.folder / "second"
    server.asked.clear()
    early = called(place, "draft", "--work", "second", "--quiet")
    assert (early.code, early.lines) == (1, ["3 wait for caption: run `curate caption` first"])
    assert server.asked == []
    for count, stage in ((2, "caption"), (3, "draft"), (3, "revise")):
        before = len(server.asked)
        ran = called(place, stage, "--work", "second", "--json")
        assert (ran.code, ran.json["command"], ran.json["sent"]) == (0, stage, count)
        assert [line.partition(" (")[0] for line in ran.lines] == [f"asked {count} replies"]
        assert set(server.stages()[before:]) == {stage}
        assert not (place.work / "sft").exists()
    assert sorted(server.stages()) == asked
    server.asked.clear()
    ran = called(place, "filter", "--work", "second", "--json")
    assert (ran.code, ran.json["command"], ran.json["sets"]) == (0, "filter", {"sft": 3, "rl": 3})
    assert server.asked == []
    assert place.sets() == whole


def test_unreadable_captions_are_asked_again_then_named_and_bought_again_by_a_rerun(place, server, called):
    """Only the picture's captions are no JSON; the clip goes all the way."""

    def muddled(body):
        poor = stage_of(body) == "caption" and "image_caption" in str(body["response_format"])
        return completion("I see a sign.") if poor else sensible(body)

    server.answer = muddled
    place.questions([row(1), picture(3)])
    ran = called(place, "run", "--json", "--quiet")
    assert ran.code == ran.json["exit"] == 1
    assert len(ran.lines) == 1
    assert ran.err.startswith("1 failed at caption, unreadable reply (problem_id 3): ")
    assert ran.err.endswith("; run again to ask again\n")
    assert ran.steps("failed") == {"caption": {"unreadable reply": 1}}
    assert ran.json["sets"] == {"sft": 1, "rl": 2}
    assert server.stages().count("caption") == 4  # one good, three attempts
    server.asked.clear()
    server.answer = sensible
    ran = called(place, "run", "--json")
    assert (ran.code, ran.steps("failed")) == (0, {})
    assert ran.json["sets"] == {"sft": 2, "rl": 2}
    # A model that was told what was wrong before is looked at first: does its server keep to a schema?
    assert sorted(server.stages()) == ["caption", "draft", "probe", "revise"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A work folder whose run has ended, with hostile text in a question and its replies."""
    evil = "\x1b]0;owned\x07\x1b[31mred [red]not markup[/red] [/no] \r\x9b2J\u202e"

    def hostile(body):
        if "EVIL" not in json.dumps(body):
            return sensible(body)
        if stage_of(body) == "draft":
            return completion(f"<answer>A {evil}</answer>", reasoning_content=f"EVIL {evil} " + "long" * 50_000)
        return completion(f"<think>EVIL {evil} short</think>")

    with ModelServer(hostile) as server:
        place = Workplace(tmp_path_factory.mktemp("done"), server.url)
        place.questions(
            [row(1), row(2), picture(3, problem=f"EVIL {evil} which?"), row(4, solution="<answer>B</answer>")]
        )
        place.settings(model="price_in = 100000.0\nprice_out = 200000.0")
        place.ran = place.run("run", "--json")
        place.asked, place.server = list(server.asked), server
        yield place


def test_the_last_line_of_stdout_is_one_json_object(done):
    ran = done.ran
    assert ran.code == 0
    assert ran.lines == [
        "asked 8 replies (80 tokens in, 32 of them cached, 40 out, 16.0000 USD); "
        "0 came from the journal, 2 were shared",
        "wrote the sets to work",
    ]
    found = ran.json
    assert (found["command"], found["exit"], found["rows"]) == ("run", 0, 4)
    assert [found[name] for name in ("prompt_tokens", "cached_tokens", "completion_tokens")] == [80, 32, 40]
    assert list(found["steps"]) == [
        "input",
        "caption",
        "draft",
        "answer",
        "revise",
        "format",
        "leak",
        "length",
        "repetition",
    ]
    assert found["steps"]["input"] == {"passed": 4, "rejected": {}, "failed": {}, "owed": 0}
    assert found["steps"]["answer"]["rejected"]["wrong answer"] >= 1
    assert (found["sent"], found["replayed"]) == (len(done.asked), 0)
    assert found["cost"] == pytest.approx(2 * len(done.asked))


def test_quiet_prints_results_only(done, called):
    ran = called(done, "run", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert "sft set" in ran.out
    assert done.server.asked == done.asked


def test_status_tells_what_is_done_spent_and_saved(done, called):
    ran = called(done, "status", "--json")
    assert (ran.code, ran.err, ran.json["command"], ran.json["exit"]) == (0, "", "status", 0)
    spent = {line["stage"]: line for line in ran.json["spent"]}
    assert spent["caption"]["calls"] == 2
    assert spent["draft"]["calls"] == 4
    assert (spent["draft"]["prompt_tokens"], spent["draft"]["completion_tokens"]) == (40, 20)
    assert (spent["draft"]["model"], spent["draft"]["cost"]) == ("reasoner-1", pytest.approx(8.0))
    assert ran.json["calls_saved"]["caption"] == 2
    assert ran.steps("owed") == {}
    text = called(done, "status").out
    assert "wrong answer" in text
    assert "reasoner-1" in text
    assert "8.0000" in text


def test_status_of_fewer_rows_and_of_another_folder(done, called):
    ran = called(done, "status", "--json", "--limit", "2", "--work", "elsewhere")
    assert (ran.json["rows"], ran.steps("owed"), ran.json["spent"]) == (2, {"caption": 2}, [])


def test_show_tells_the_story_and_hides_nothing(done, called):
    ran = called(done, "show", "1", FORCE_COLOR="1", TERM="xterm-256color")
    assert ran.code == 0
    for piece in ("What moves in part 1", "A CAPTION of the clip.", "answer: A", "revise (what it changed)", "kept"):
        assert piece in ran.out
    assert "\x1b[4;32mslowly \x1b[0m" in ran.out
    found = called(done, "show", "1", "--json").json
    assert (found["command"], found["exit"]) == ("show", 0)
    steps = [step["step"] for step in found["records"][0]["steps"]]
    assert steps == ["caption", "draft", "answer", "revise", "format", "leak", "length", "repetition"]


@pytest.mark.parametrize("colour", [{}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}])
def test_hostile_text_does_not_reach_the_terminal(done, colour, called):
    ran = called(done, "show", "3", **colour)
    assert ran.code == 0
    assert "[red]not markup[/red]" in ran.out
    assert not {"\x07", "\x9b", "\u202e", "\r"} & set(ran.out)
    assert "\x1b]" not in ran.out
    assert "\x1b[31mred" not in ran.out
    if not colour:
        assert "\x1b" not in ran.out


def test_a_terminal_that_cannot_show_a_letter_is_no_fault(done):
    ran = done.run("show", "3", PYTHONIOENCODING="ascii")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.isascii()
    assert "[red]not markup[/red]" in ran.out


def test_many_failures_of_one_cause_do_not_hide_the_names_of_another(place, server, called):
    def failing(body):
        if stage_of(body) == "caption" and "image_caption" not in str(body["response_format"]):
            return sensible(body)
        late = stage_of(body) == "caption"
        if stage_of(body) == "revise" or (not late and server.stages().count("draft") == 1):
            return sensible(body)  # (a model that refuses all that it is asked stops the run)
        said = failure(503 if late else 400, "no")
        said.delay = 1.0 if late else 0.0
        return said

    server.answer = failing
    place.questions([*(row(n) for n in range(1, 27)), picture(99)])
    ran = called(place, "run", "--quiet")
    assert ran.code == 1
    late, many = ran.lines
    assert late.startswith("1 failed at caption, no answer from the server (problem_id 99): HTTP 503: no")
    assert many.startswith("25 failed at draft, refused by the server (problem_id ")
    assert many.endswith(", …): HTTP 400: no; run again to ask again")


def test_filter_says_what_is_owed_and_who_asks_for_it(place, server, called):
    assert called(place, "caption", "--quiet").code == 0
    ran = called(place, "filter", "--json")
    assert (ran.code, ran.json["exit"]) == (1, 1)
    assert ran.lines == ["wrote the sets to work", "3 rows wait for draft: `curate run` asks for them"]
    assert ran.json["sets"] == {"sft": 0, "rl": 3}
