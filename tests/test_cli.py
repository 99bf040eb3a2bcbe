"""The real command line in processes of its own: exit codes, what goes to which stream, and every bad input."""

import asyncio
import fcntl
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from importlib.util import find_spec

import pytest

import curate
from curate import jobs, workfolder
from curate.cli import app, main
from curate.errors import CurateError, FatalError, SettingsError, StoreError
from curate.jobs import Job
from tests.media.media_samples import jpeg
from tests.server import Answer, completion, failure, sensible, stage_of
from tests.workplace import ROOT, ended, picture

COMMANDS = (
    "init", "caption", "draft", "revise", "filter", "run", "status", "show", "mend", "demo", "estimate", "frames",
    "doctor", "export", "push", "batch",
)  # fmt: skip
HEAVY = ("aiohttp", "openai", "pyarrow", "av", "cv2", "numpy", "PIL", "huggingface_hub", "datasets")
KEY = "sk-0123456789abcdef"


def one_line(ran, code, *pieces):
    """The command ended with this code and said one line on stderr that has these pieces."""
    assert ran.code == code, ran.err
    assert len(ran.lines) == 1, ran.err
    for piece in pieces:
        assert piece in ran.err, ran.err


def until(condition, timeout=30.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


# Help and the like


def test_the_help_imports_nothing_heavy_and_is_quick():
    code = (
        "import resource, sys\n"
        "from curate.cli import main\n"
        "sys.argv = ['curate', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
        "print(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), file=sys.stderr)\n"
    )
    seconds = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        imported, took = done.stderr.splitlines()
        assert imported == "[]"
        assert "Usage:" in done.stdout
        seconds.append(float(took))
    sys.stderr.write(f"curate --help: {min(seconds):.2f} s of CPU time\n")


def test_without_a_command_the_help_is_shown(place):
    ran = place.run()
    assert ran.code in (0, 2)
    assert all(f" {name} " in ran.out + ran.err for name in COMMANDS)


def test_the_version_is_the_package_s(place):
    ran = place.run("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"curate {curate.__version__}\n", "")


def test_every_command_and_every_option_says_what_it_does():
    import typer.main

    commands = dict(typer.main.get_command(app).commands)
    assert set(commands) == set(COMMANDS)
    batch = commands.pop("batch")
    assert set(batch.commands) == {"export", "import", "forget"}
    commands |= {f"batch {name}": command for name, command in batch.commands.items()}
    for name, command in commands.items():
        assert command.help, name
        assert command.help.strip().endswith("."), name
        for option in command.params:
            assert getattr(option, "help", None), (name, option.name)
    for name in ("caption", "draft", "revise", "run", "filter", "estimate"):
        assert "log" in {option.name for option in commands[name].params}, name
    common = {"settings", "work", "limit", "quiet", "json"}
    for name in set(commands) - {"init", "demo", "frames", "doctor"}:
        wanted = common - {"limit"} if name in ("mend", "push", "batch import", "batch forget") else common
        assert wanted <= {option.name for option in commands[name].params}, name


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["run", "--frob"], ["run", "--limit", "0"], ["run", "--limit", "x"], ["show"], ["show", "one"]],
)
def test_a_command_line_that_cannot_work_exits_2(monkeypatch, capsys, arguments):
    assert called(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage:" in err
    assert called(monkeypatch, *arguments, "--json") == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["command"] == arguments[0]
    assert json.loads(out)["exit"] == 2
    assert "Usage:" in err


def called(monkeypatch, *arguments):
    """The exit code of `curate` in this process."""
    monkeypatch.setattr(sys, "argv", ["curate", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code or 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("no"), 2),
        (FatalError("no"), 2),
        (StoreError("no"), 1),
        (CurateError("no"), 1),
        (BrokenPipeError(), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_fault_has_its_exit_code(monkeypatch, capsys, error, code):
    def faulty(*_):
        raise error

    if isinstance(error, BrokenPipeError):
        monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(jobs, "load", faulty)
    assert called(monkeypatch, "run") == code
    if isinstance(error, CurateError):
        assert capsys.readouterr() == ("", "error: no\n")
        assert called(monkeypatch, "run", "--json") == code
        out, err = capsys.readouterr()
        assert json.loads(out) == {"event": "end", "command": "run", "exit": code, "error": "no"}
        assert err == "error: no\n"


# Settings that cannot work


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no settings file curate.toml: `curate init` writes one"),
        ("", "curate.toml is empty"),
        ("# nothing but this\n", "curate.toml is empty"),
        ("work = ", "cannot read curate.toml"),
        (b"work = '\xff'", "cannot read curate.toml"),
        ("stepps = []\n[input]\nfiles=['q']\nmedia_root='m'", "unknown key 'stepps'; did you mean 'steps'?"),
        (
            "steps = ['captoin']\n[input]\nfiles=['q']\nmedia_root='m'",
            "unknown step 'captoin'; did you mean 'caption'?",
        ),
        ("[input]\nfiles=['q']", "input.media_root is missing"),
    ],
)
def test_settings_that_cannot_work_are_one_line(tmp_path, monkeypatch, capsys, text, said):
    if text is not None:
        (tmp_path / "curate.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.chdir(tmp_path)
    for command in ("run", "status"):
        assert called(monkeypatch, command) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("error: ")
        assert said in err
    assert not (tmp_path / "work").exists()


def test_a_settings_file_elsewhere_is_read_with_its_own_paths(place, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    command = [sys.executable, "-m", "curate", "status", "--json", "-s", str(place.toml)]
    done = subprocess.run(
        command, cwd=other, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows"] == 3
    assert list(other.iterdir()) == []


# Inputs that cannot work


def no_media(place):
    shutil.rmtree(place.folder / "media")


def no_questions(place):
    (place.folder / "questions.json").unlink()


def questions(text):
    return lambda place: (place.folder / "questions.json").write_text(text)


def no_key(place):
    place.settings(model='api_key_env = "CURATE_TEST_NO_SUCH_KEY"')


def work_file(place):
    place.work.write_text("mine")


def broken(name):
    def write(place):
        place.work.mkdir()
        (place.work / name).write_bytes(b"this is no store " * 4000)

    return write


@pytest.mark.parametrize(
    ("spoil", "arguments", "code", "pieces"),
    [
        (no_media, ["run"], 2, ["input.media_root: there is no folder"]),
        (no_questions, ["run"], 2, ["input.files: no file matches 'questions.json'"]),
        (questions("hello"), ["run"], 2, ["questions.json is neither a JSON array, JSON lines nor Parquet"]),
        (questions('[{"problem_id": 1}, {"pro'), ["caption"], 2, ["cannot read", "questions.json"]),
        (questions(""), ["filter"], 2, ["questions.json is empty"]),
        (no_key, ["run"], 2, ["the environment variable CURATE_TEST_NO_SUCH_KEY is not set"]),
        (work_file, ["run"], 2, ["work is a file"]),
        (work_file, ["status"], 2, ["work is a file"]),
        (lambda _: None, ["run", "--work", "/proc/curate"], 1, ["cannot use the work folder /proc/curate"]),
        (lambda _: None, ["status", "--work", "/proc/curate"], 1, ["cannot use the work folder /proc/curate"]),
        (broken("journal.sqlite"), ["run"], 1, ["cannot use the journal", "journal.sqlite", "not a database"]),
        (broken("media.sqlite"), ["run"], 1, ["media.sqlite", "move it away"]),
        (lambda _: None, ["show", "99"], 2, ["no row has the problem_id 99"]),
    ],
)
def test_an_input_that_cannot_work_is_one_line_and_sends_nothing(place, server, spoil, arguments, code, pieces):
    spoil(place)
    ran = place.run(*arguments)
    one_line(ran, code, "error: ", *pieces)
    assert ran.out == ""
    assert server.asked == []
    assert not (place.work / "sft").exists()


# Servers that do not answer as they should


def test_a_body_that_is_html_is_asked_again_and_then_a_failure(place, server):
    server.answer = lambda _: Answer(b"<html><h1>\x1b[2JBad</h1></html>", headers={"Content-Type": "text/html"})
    place.questions([picture(3)]).settings(model="max_retries = 1")
    ran = place.run("caption", "--quiet")
    one_line(ran, 1, "1 failed at caption, no answer from the server (problem_id 3)", "no chat completion")
    assert len(server.asked) == 2
    assert "\x1b" not in ran.err


def test_a_refused_key_stops_at_once_and_is_never_shown(place, server):
    server.answer = lambda _: failure(401, f"Incorrect API key provided: {KEY}")
    place.settings(model='api_key_env = "CURATE_TEST_KEY"\nconcurrency = 1')
    colours = ["red", "green", "blue", "white"]
    for colour in colours:
        (place.folder / "media" / f"{colour}.jpg").write_bytes(jpeg(colour=colour))
    place.questions([picture(n, path=f"{colour}.jpg") for n, colour in enumerate(colours)])
    ran = place.run("run", CURATE_TEST_KEY=KEY)
    one_line(ran, 2, "refuses the key (401): check CURATE_TEST_KEY")
    assert KEY not in ran.out + ran.err
    assert KEY.encode() not in b"".join(p.read_bytes() for p in place.work.glob("*") if p.is_file())
    assert len(server.asked) == 1
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_sets_need_a_step_that_thinks(place, server):
    place.settings(top='steps = ["caption"]')
    said = "steps: none of them writes the thinking that the sft set is made of; add 'draft'"
    for command in ("run", "filter"):
        one_line(place.run(command), 2, said)
    assert server.asked == []
    assert place.run("caption").code == 0


# One work folder, and who has it


def test_a_held_work_folder_says_who_holds_it_and_can_still_be_looked_at(place, server):
    with workfolder.held(place.work, "caption"):
        who = f"`curate caption` (process {os.getpid()} on {os.uname().nodename})"
        for command in ("run", "filter"):
            one_line(place.run(command), 2, f"work is held by {who}: wait for it or stop it")
        ran = place.run("status", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.steps("owed") == {"caption": 3}
    assert server.asked == []


# Interrupted


def heard():
    """Called in a new process: a hangup is not ignored there, as it is where the tests run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def slow_drafts(server):
    """Have every draft take half a second."""

    def slow(body):
        answer = sensible(body)
        answer.delay = 0.5 if stage_of(body) == "draft" else 0.0
        return answer

    server.answer = slow


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_run_keeps_what_was_answered(place, server, name):
    slow_drafts(server)
    place.questions([picture(1), picture(2)]).settings(model="concurrency = 1")
    process = place.start("run", "--json", limit=heard)
    until(lambda: "draft" in server.stages())
    process.send_signal(signal.Signals[name])
    ran = ended(process)
    assert ran.code == 130
    assert ran.lines == [
        "waiting up to 15 s for 1 reply that is paid for; again to stop at once",
        "interrupted: everything answered is kept, the same command goes on from here",
    ]
    assert ran.json == {"event": "end", "command": "run", "exit": 130, "error": "interrupted"}
    assert server.stages() == ["caption", "draft"]  # what was under way is waited for, nothing more goes out
    assert not (place.work / "sft").exists()
    server.asked.clear()
    server.answer = sensible
    ran = place.run("run", "--json")
    assert (ran.code, ran.json["sent"], ran.json["sets"]) == (0, 3, {"sft": 2, "rl": 2})
    assert sorted(server.stages()) == ["draft", "revise", "revise"]


def test_a_lost_terminal_is_told_twice_and_ends_it_once(place, server):
    let = threading.Event()

    def stuck(body):
        if stage_of(body) == "draft":
            let.wait(10)
        return sensible(body)

    server.answer = stuck
    place.questions([picture(1), picture(2)]).settings(model="concurrency = 1")
    master, terminal = os.openpty()

    def seated():
        heard()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for stream in (1, 2):
            os.dup2(terminal, stream)

    process = place.start("run", limit=seated)
    os.close(terminal)
    until(lambda: "draft" in server.stages())
    os.close(master)  # the system sends the first hangup
    time.sleep(0.3)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None  # it waits for what is paid for
    let.set()
    assert ended(process).code == 130
    assert server.stages() == ["caption", "draft"]
    assert place.run("status", "--json").steps("owed") == {"draft": 1, "revise": 1}


def test_a_hangup_that_is_ignored_stops_nothing(place, server):
    slow_drafts(server)
    place.questions([picture(1)])
    process = place.start("run", "--json", limit=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    until(lambda: "draft" in server.stages())
    process.send_signal(signal.SIGHUP)
    ran = ended(process)
    assert (ran.code, ran.json["sets"]["sft"]) == (0, 1), ran.err


def test_a_second_interrupt_ends_it_at_once(place, server):
    free = time.monotonic() + 60

    def stuck(body):
        while time.monotonic() < free and stage_of(body) == "draft" and not let.exists():
            time.sleep(0.01)
        return sensible(body)

    let = place.folder / "let"
    server.answer = stuck
    place.questions([picture(1)])
    process = place.start("run")
    try:
        until(lambda: "draft" in server.stages())
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None  # it waits for what is paid for
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        ran = ended(process)
        assert (ran.code, len(ran.lines)) == (130, 2)
        assert ran.lines[1].startswith("interrupted: ")
        assert time.monotonic() - start < 12  # the drain would take 15
    finally:
        let.touch()
    with workfolder.held(place.work, "test"):
        pass
    ran = place.run("status", "--json")
    assert ran.steps("passed") == {"input": 1, "caption": 1}
    assert ran.steps("owed") == {"draft": 1}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["frames", "x", "--out", "y"], "the frames are not all written, the same command begins anew"),
        (["filter"], "the sets are as they were before, the same command begins anew"),
        (["status"], "nothing was changed"),
    ],
)
def test_each_command_says_what_an_interrupt_means_for_it(place, monkeypatch, capsys, command, said):
    async def interrupted(*_):
        raise asyncio.CancelledError

    monkeypatch.setattr(jobs, "frames", interrupted)
    monkeypatch.setattr(Job, "filter", interrupted)
    monkeypatch.setattr(Job, "status", interrupted)
    monkeypatch.chdir(place.folder)
    assert called(monkeypatch, *command) == 130
    assert capsys.readouterr() == ("", f"interrupted: {said}\n")


def test_an_interrupt_while_it_is_still_loading_is_no_traceback(tmp_path):
    loading = tmp_path / "typer"
    loading.mkdir()
    (loading / "__init__.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from curate.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted: nothing had begun\n")


# Seen while it goes


def test_status_looks_at_a_run_that_goes_on_and_disturbs_nothing(place, server):
    looked = threading.Event()

    def stuck(body):
        if server.stages().count("draft") >= 3:
            looked.wait(60)
        return sensible(body)

    server.answer = stuck
    place.questions([picture(n, problem=f"What is part {n}?") for n in range(8)]).settings(model="concurrency = 1")
    process = place.start("run", "--json")
    until(lambda: server.stages().count("draft") >= 3)
    ran = place.run("status", "--json")
    assert process.poll() is None
    looked.set()
    assert (ran.code, ran.err, ran.json["rows"]) == (0, "", 8)
    assert ran.steps("passed")["caption"] == 8
    assert 1 <= ran.steps("passed")["draft"] < 8
    ran = ended(process)
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 8, "rl": 8})
    assert sorted(server.stages()) == sorted(["caption"] + ["draft", "revise"] * 8)


def test_a_filter_that_is_set_and_judges_nothing_is_told_of(place, server):
    place.settings(more="[filters.refusal]\n")
    told = "[filters.refusal] is set, but 'refusal' is not among the steps: it judges nothing"
    for command in ("estimate", "filter"):
        assert place.run(command).err.count(told) == 1, command
    assert server.asked == []


def test_a_run_of_some_seconds_tells_events_before_its_last_line(place, server):
    seen = threading.Event()

    def slow(body):
        seen.wait(60)
        return sensible(body)

    server.answer = slow
    place.questions([picture(1), picture(2)])
    process = place.start("run", "--json")
    for event in map(json.loads, process.stdout):  # (a busy machine tells its first event before it has asked anything)
        assert event["event"] == "progress"
        if event["stages"]["caption"]["in_flight"] == 1:
            break
    seen.set()
    assert set(event["models"]) == {"captioner", "reasoner", "reviser"}
    *events, last = map(json.loads, ended(process).out.splitlines())
    assert (last["event"], last["exit"], last["sent"]) == ("end", 0, 5)
    assert {event["event"] for event in events} <= {"progress"}
    assert len(place.run("caption", "--quiet", "--json").out.splitlines()) == 1


# The log


def test_the_log_tells_all_but_keys_and_pixels(place, server):
    asked = []

    def moody(body):
        asked.append(1)
        if len(asked) == 2:
            return failure(503, f"no\x1b[2J, {KEY} and {KEY.upper()}")
        return sensible(body)

    server.answer = moody
    place.settings(model='api_key_env = "CURATE_TEST_KEY"\nmax_retries = 1\nextra_body = {some_field = "hush-hush"}')
    file = place.folder / "debug.log"
    file.write_text("before\n")
    ran = place.run("run", "--log", "debug.log", CURATE_TEST_KEY=KEY, OTHER_API_TOKEN=KEY.upper())
    assert ran.code == 0
    text = file.read_text()
    assert text.startswith("before\n")
    for hidden in (KEY, KEY.upper(), "hush-hush", "base64", "\x1b"):
        assert hidden not in text
    for piece in (
        "curate run begins",
        "model captioner: openai",
        "extra_body has ['some_field']",
        "stage caption: {",
        ": caption asks: attempt 0, sample 0, ",
        ": HTTP 200: sent ",
        "10 + 5 tokens (4 cached), finish stop",
        ": HTTP 503: sent ",
        "no\\x1b[2J, [key] and [key]",
        "waits ",
        "committed ",
        "curate.media.probe.probe took",
        "curate run ends: {",
    ):
        assert piece in text, piece
    shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 (DEBUG|INFO|WARNING) [a-z._]+: .+")
    assert all(shape.fullmatch(line) for line in text.splitlines()[1:])


def test_an_interrupt_stands_in_the_log(place, server):
    def slow(body):
        answer = sensible(body)
        answer.delay = 0.5
        return answer

    server.answer = slow
    process = place.start("caption", "--log", "debug.log")
    until(lambda: server.asked)
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 130
    text = (place.folder / "debug.log").read_text()
    assert "interrupted with " in text
    assert text.splitlines()[-1].endswith("curate caption ends: interrupted")


@pytest.mark.parametrize("command", ["caption", "draft", "revise", "run", "filter", "estimate"])
def test_a_log_that_cannot_be_opened_stops_before_anything_is_sent(place, server, monkeypatch, capsys, command):
    monkeypatch.chdir(place.folder)
    assert called(monkeypatch, command, "--log", "no/such/folder/log", "--json") == 2
    out, err = capsys.readouterr()
    assert err == "error: --log: cannot write no/such/folder/log: No such file or directory\n"
    assert json.loads(out)["error"] == err.removeprefix("error: ").strip()
    assert server.asked == []


# A full disk


def files_up_to(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_fills_up_while_the_sets_are_written_harms_nothing(place, server):
    place.questions([picture(1)])
    assert place.run("run", "--quiet").code == 0
    before = place.sets()
    place.questions([picture(1), picture(2, problem=os.urandom(300_000).hex())])
    place.run("status")  # which copies the questions while there is room
    ran = place.run("run", "--quiet", limit=files_up_to(200_000))
    one_line(ran, 1, "error: ", "in the work folder")
    assert place.sets() == before
    assert not any(path.name.startswith(".") for path in place.work.iterdir())
    server.asked.clear()
    ran = place.run("run", "--json")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 2, "rl": 2})
    assert server.asked == []  # all of it was asked before the disk was full


def test_a_disk_that_fills_up_while_replies_are_kept_stops_with_one_line(place, server):
    def long_draft(body):
        return completion("x", reasoning_content="word " * 200_000) if stage_of(body) == "draft" else sensible(body)

    server.answer = long_draft
    place.questions([picture(1)])
    one_line(place.run("run", limit=files_up_to(400_000)), 1, "error: ", "journal.sqlite")
    server.answer = sensible
    server.asked.clear()
    assert place.run("run", "--json").json["sets"] == {"sft": 1, "rl": 1}
    assert server.stages() == ["draft", "revise"]


def test_a_reader_that_goes_away_is_no_fault(place):
    process = place.start("show", "3")
    assert process.stdout.readline()
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) in (0, 1)


# Folders


def test_init_writes_a_starter_and_overwrites_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert called(monkeypatch, "init", "new") == 0
    assert sorted(capsys.readouterr().err.splitlines()) == ["wrote new/curate.toml", "wrote new/questions.json"]
    assert called(monkeypatch, "init", "new") == 2
    assert "is there already" in capsys.readouterr().err


def test_demo_prepare_writes_the_folder_and_asks_nothing(tmp_path, monkeypatch, capsys):
    if find_spec("skvideo") is None:
        pytest.skip("scikit-video is not installed")
    monkeypatch.chdir(tmp_path)
    assert called(monkeypatch, "demo", "here", "--prepare") == 0
    assert capsys.readouterr() == ("", "wrote the demo to here\n")
    assert (tmp_path / "here" / "curate.toml").is_file()
    assert not (tmp_path / "here" / "work").exists()
