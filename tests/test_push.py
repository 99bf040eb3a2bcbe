"""`curate push` as a process of its own, with the real clients, against a small real Hub."""

import json
import os
import signal
import threading
from contextlib import contextmanager

import pytest

from tests.hubserver import READ, SIGNED, WRITE, Fault, HubServer
from tests.publications import NAME, Place, published
from tests.workplace import ended


@pytest.fixture
def hub():
    with HubServer() as running:
        yield running


@pytest.fixture
def place(tmp_path, hub):
    return Place(tmp_path, hub.url)


def held(hub, name=NAME):
    """The files of the last commit, without what the Hub itself put there."""
    return {path: file.data for path, file in hub.repos[name].files.items() if path != ".gitattributes"}


def trace(place, ran):
    """All that a command left: its output, and every file below its folder."""
    files = [path.read_bytes() for path in place.folder.rglob("*") if path.is_file()]
    return b"\n".join([ran.out.encode(), ran.err.encode(), *files])


@contextmanager
def stopped_at(hub, process, method, part, after=0):
    """Inside, this process waits for the answer to its request of this kind, which never comes."""
    reached, gate, lock = threading.Event(), threading.Event(), threading.Lock()
    seen = []

    def hold(request):
        if request.startswith(method) and part in request:
            with lock:
                seen.append(request)
                late = len(seen) > after
            if late:
                reached.set()
                gate.wait(60)
                raise ConnectionResetError

    hub.before = hold
    try:
        running = process()
        assert reached.wait(60), running.communicate(timeout=10)
        yield running
    finally:
        hub.before = lambda request: None
        gate.set()


def killed(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def test_a_pushed_data_set_comes_back_equal_and_nothing_is_sent_twice(hub, place):
    first = place.push(NAME, "--log", "push.log", HF_TOKEN=WRITE)
    assert (first.code, first.out) == (0, "")
    assert first.lines[0].startswith("sending 7 of 7 files, ")
    assert first.lines[-1] == f"{NAME} holds the sets and their card: {hub.url}/datasets/{NAME}"
    assert "sft/train-00001-of-00003.parquet: sent" in (place.folder / "push.log").read_text()
    assert WRITE.encode() not in trace(place, first)
    assert held(hub) == place.files()
    assert hub.repos[NAME].private is False
    assert place.load(NAME) == {name: {"train": rows} for name, rows in place.rows.items()}

    writes = len(hub.writes())
    again = place.push(NAME, "--json", HF_TOKEN=WRITE)
    assert again.code == 0
    assert (again.json["sent"], again.json["removed"], again.json["bytes"]) == ([], [], 0)
    assert again.json["unchanged"] == sorted(place.files())
    assert again.json["commit"] == hub.repos[NAME].head
    assert len(hub.writes()) == writes

    rows = published(place.work, rows=2)
    changed = place.push(NAME, "--json", HF_TOKEN=WRITE)
    assert changed.code == 0
    assert "rl/train-00002-of-00003.parquet" in changed.json["removed"]
    assert held(hub) == place.files()
    assert place.load(NAME) == {name: {"train": lines} for name, lines in rows.items()}
    assert set(hub.uploads.values()) == {1}
    assert len(hub.repos[NAME].commits) == 3


def test_killed_among_the_uploads_it_goes_on_where_it_was(hub, place):
    with stopped_at(hub, lambda: place.start(NAME, HF_TOKEN=WRITE), "PUT", "/storage/", after=2) as process:
        killed(process)
    before = hub.uploads.copy()
    assert len(before) == 2
    assert len(hub.repos[NAME].commits) == 1, "nobody sees half of a push"
    again = place.push(NAME, HF_TOKEN=WRITE)
    assert again.code == 0, again.err
    assert held(hub) == place.files()
    assert set(hub.uploads.values()) == {1}
    assert len(hub.uploads) == 6
    assert len(hub.repos[NAME].commits) == 2


@pytest.mark.parametrize(("method", "part"), [("POST", "/repos/create"), ("POST", "/batch"), ("POST", "/commit/")])
def test_killed_anywhere_it_goes_on(hub, place, method, part):
    with stopped_at(hub, lambda: place.start(NAME, HF_TOKEN=WRITE), method, part) as process:
        killed(process)
    assert place.push(NAME, HF_TOKEN=WRITE).code == 0
    assert held(hub) == place.files()
    assert set(hub.uploads.values()) == {1}
    assert len(hub.repos[NAME].commits) == 2


def test_killed_once_it_was_committed_it_knows_its_own_commit_although_the_sets_have_changed(hub, place):
    # The second look at the files of the repository is the one after the commit.
    with stopped_at(hub, lambda: place.start(NAME, HF_TOKEN=WRITE), "GET", "/tree/", after=1) as process:
        killed(process)
    assert held(hub) == place.files()
    published(place.work, rows=3)
    again = place.push(NAME, HF_TOKEN=WRITE)
    assert again.code == 0, again.err
    assert held(hub) == place.files()
    assert len(hub.repos[NAME].commits) == 3


def test_an_interrupt_ends_it_at_once_and_says_what_is_kept(hub, place):
    with stopped_at(hub, lambda: place.start(NAME, "--json", HF_TOKEN=WRITE), "PUT", "/storage/", after=1) as process:
        process.send_signal(signal.SIGTERM)
        interrupted = ended(process)
    assert interrupted.code == 130
    assert interrupted.lines[-1] == ("interrupted: what the Hub has is kept there, the same command goes on from here")
    assert interrupted.json["exit"] == 130
    assert place.push(NAME, HF_TOKEN=WRITE).code == 0
    assert held(hub) == place.files()
    assert set(hub.uploads.values()) == {1}


def test_a_login_on_this_machine_serves_as_well_and_stays_out_of_the_log(hub, place):
    (place.folder / "home").mkdir()
    (place.folder / "home" / "token").write_text(WRITE)
    hub.faults = [Fault("PUT /storage/", 503), Fault("PUT /storage/", "drop"), Fault("/commit/", 503)]
    ran = place.push(NAME, "--private", "--json", "--log", "push.log")
    assert ran.code == 0, ran.err
    *events, end = map(json.loads, ran.out.splitlines())
    arrived = [event for event in events if event["event"] == "progress"]
    assert [event["files"] for event in arrived] == [1, 2, 3, 4, 5, 6]
    assert arrived[-1]["bytes"] == arrived[-1]["bytes_of"] < end["bytes"], "the card comes on top, with the commit"
    assert hub.tokens == {WRITE}
    assert hub.repos[NAME].private is True
    (place.folder / "home" / "token").unlink()
    assert WRITE.encode() not in trace(place, ran)
    assert SIGNED.encode() not in trace(place, ran)
    assert "the Hub answered 503: <html>go away</html>: again in 0 s" in ran.lines
    assert place.load(NAME, HF_TOKEN=WRITE)["sft"]["train"] == place.rows["sft"]


def test_a_dry_run_shows_files_sizes_and_the_card_and_writes_nothing(hub, place):
    dry = place.push(NAME, "--dry-run", HF_TOKEN=READ)
    assert dry.code == 0
    lines = dry.out.splitlines()
    assert lines[0].split() == ["file", "size", "what"]
    assert {line.split()[0] for line in lines[1:8]} == set(place.files())
    assert all(line.split()[-1] == "add" for line in lines[1:8])
    assert place.files()["README.md"].decode().strip() in dry.out
    assert f'load_dataset("{NAME}", "sft", split="train")' in dry.out
    assert dry.lines[-1].startswith("would send 7 of 7 files, ")
    assert hub.repos == {}
    assert hub.writes() == []
    assert not (place.work / "pushed.json").exists()

    assert place.push(NAME, HF_TOKEN=WRITE).code == 0
    published(place.work, rows=2)
    writes = len(hub.writes())
    told = place.push(NAME, "--dry-run", "--json", HF_TOKEN=READ).json
    actions = {file["path"]: file["action"] for file in told["files"]}
    assert actions["rl/train-00000-of-00003.parquet"] == "remove"
    assert actions["rl/train-00000-of-00002.parquet"] == "add"
    assert actions["README.md"] == "change"
    assert told["dry_run"] is True
    assert len(hub.writes()) == writes


def test_without_a_hub_it_is_one_line(place):
    with HubServer() as gone:
        place.url = gone.url
    ran = place.push(NAME, HF_TOKEN=WRITE)
    assert ran.code == 1
    assert ran.lines[-1].startswith(f"error: cannot reach {gone.url}: ")
    assert ran.lines[-1].endswith("run the same command again, what the Hub has is not sent twice")
    dry = place.push(NAME, "--dry-run", HF_TOKEN=WRITE)
    assert dry.code == 0
    assert dry.lines[-2].startswith(f"what the Hub holds already was not looked at: cannot reach {gone.url}: ")
    offline = place.push(NAME, HF_TOKEN=WRITE, HF_HUB_OFFLINE="1")
    assert (offline.code, offline.lines) == (2, ["error: HF_HUB_OFFLINE is set, so that nothing can be pushed"])
