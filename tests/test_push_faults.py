"""A push against a Hub that fails, refuses, forgets, or is changed by somebody else meanwhile."""

import asyncio
import json
import threading
import time

import pytest
from tenacity.wait import wait_none

from curate.console import Screen
from curate.delivery import Options, delivered
from curate.errors import BusyError, HubError, SettingsError, StaleError, TransientError
from curate.hub import Repository
from curate.workfolder import held
from tests.hubserver import OTHER, READ, SIGNED, WRITE, Fault, File, HubServer
from tests.publications import NAME, published, sent

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own affair
ENDPOINTS = {
    "card": "POST /api/validate-yaml",
    "head": "GET /api/datasets/owner/name$",
    "create": "POST /api/repos/create",
    "files": "GET .*/tree/",
    "preupload": "POST .*/preupload/",
    "batch": "POST .*/objects/batch",
    "upload": "PUT /storage/",
    "commit": "POST .*/commit/main",
}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with HubServer() as running:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", running.url)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_TOKEN", WRITE)
        monkeypatch.setattr("curate.push.PAUSE", wait_none())
        slept = time.sleep
        monkeypatch.setattr(time, "sleep", lambda seconds: slept(min(seconds, 0.001)))
        yield running


@pytest.fixture
def work(tmp_path):
    published(tmp_path / "work", rows=3)
    return tmp_path / "work"


def push(work, private=False, dry=False, parent=None, name=NAME):
    return asyncio.run(delivered(Screen(), work, Repository(name), Options(private, dry, parent)))


def left_behind():
    """Wait for the uploads that a failed push has left: its process would have ended, and they with it."""
    for thread in threading.enumerate():
        if thread.name == "curate.aside":
            thread.join()


def ours(work):
    paths = [work / "README.md", *work.glob("sft/*"), *work.glob("rl/*")]
    return sent(work, paths)


def theirs(hub, name=NAME):
    return {path: file.data for path, file in hub.repos[name].files.items() if path != ".gitattributes"}


def one_line(error, *secrets):
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 500
    for secret in (WRITE, READ, OTHER, SIGNED, *secrets):
        assert secret not in text
    return text


@pytest.mark.parametrize("kind", [500, 503, 429, "drop", "lost"])
def test_what_fails_for_a_while_is_tried_again_at_every_endpoint(hub, work, capsys, kind):
    headers = {"Retry-After": "0"} if kind == 429 else {}
    hub.faults = [Fault(where, kind, 2, headers) for where in ENDPOINTS.values()]
    told = push(work)
    assert theirs(hub) == ours(work)
    assert told["commit"] == hub.repos[NAME].head
    assert len(hub.repos[NAME].commits) == 2
    left = {fault.where: fault.times for fault in hub.faults if fault.times}
    if kind == "lost":  # what was done is found again; an upload is the client's own to repeat
        assert left == {ENDPOINTS["commit"]: 1}
    else:
        assert left == {}
        assert set(hub.uploads.values()) == {1}
    out, err = capsys.readouterr()
    assert WRITE not in out + err
    assert SIGNED not in out + err
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", [503, "drop"])
@pytest.mark.parametrize("where", ENDPOINTS)
def test_what_fails_for_good_ends_it_in_one_line_and_changes_nothing(hub, work, where, kind):
    hub.faults = [Fault(ENDPOINTS[where], kind, 10_000)]
    with pytest.raises(HubError) as caught:
        push(work)
    assert one_line(caught).endswith("run the same command again, what the Hub has is not sent twice")
    assert NAME not in hub.repos or theirs(hub) == {}
    left_behind()
    hub.faults = []
    push(work)
    assert theirs(hub) == ours(work)
    assert set(hub.uploads.values()) == {1}


@pytest.mark.parametrize("where", ["create", "preupload", "batch", "commit"])
def test_a_token_that_may_not_is_one_line(hub, work, where):
    hub.faults = [Fault(ENDPOINTS[where], 403, 10_000, {"X-Error-Message": f"forbidden for {WRITE}"}, "{}")]
    with pytest.raises(SettingsError, match=r"^the token may not write to owner/name \(403: forbidden for \[token\]"):
        push(work)


@pytest.mark.parametrize("where", ["head", "create", "files", "preupload", "commit"])
def test_a_refusal_is_one_line_however_it_is_worded(hub, work, where):
    hub.faults = [Fault(ENDPOINTS[where], 422, 1, {"X-Error-Message": f"no\x1b[31m http://x/y?{SIGNED} " + "a" * 5000})]
    with pytest.raises(SettingsError) as caught:
        push(work)
    assert one_line(caught, "\x1b").startswith("the Hub refuses owner/name (422: no")


@pytest.mark.parametrize("where", ["head", "create", "files", "preupload", "batch", "commit"])
@pytest.mark.parametrize("body", ["<html>hello</html>", "[]", "{}", "null"])
def test_a_server_that_is_no_hub_is_one_line(hub, work, where, body):
    if where == "files" and body in ("[]", "{}"):
        return  # an answer that the client takes for no files
    hub.faults = [Fault(ENDPOINTS[where], 200, 10_000, body=body)]
    with pytest.raises((HubError, SettingsError)) as caught:
        push(work)
    assert one_line(caught)
    assert NAME not in hub.repos or theirs(hub) == {}


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0),
        ({"ratelimit": '"api";r=12;t=55'}, None),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({}, None),
    ],
)
def test_the_hubs_own_wish_is_heard(hub, headers, wish):
    hub.faults = [Fault(ENDPOINTS["head"], 429, 1, headers)]
    with pytest.raises(TransientError, match=r"^the Hub answered 429") as caught:
        Repository(NAME).head()
    assert caught.value.retry_after == wish


def test_no_token_and_a_wrong_one(hub, work, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_NobodyNobodyNobody")
    with pytest.raises(SettingsError, match=r"^the Hub refuses the token \(401: ") as caught:
        push(work)
    assert one_line(caught, "hf_Nobody")
    monkeypatch.delenv("HF_TOKEN")
    asked = len(hub.requests)
    with pytest.raises(SettingsError, match=r"^no token for the Hub: set HF_TOKEN or run `hf auth login`$"):
        push(work)
    assert push(work, dry=True)["sent"] == sorted(ours(work))
    assert "was not looked at: there is no token (HF_TOKEN" in capsys.readouterr().err
    assert len(hub.requests) == asked


def test_no_such_namespace_and_a_token_that_only_reads(hub, work, monkeypatch):
    with pytest.raises(SettingsError, match=r'^the token may not write to nobody/name \(403: .*namespace "nobody"\)'):
        push(work, name="nobody/name")
    monkeypatch.setenv("HF_TOKEN", READ)
    with pytest.raises(SettingsError, match=r"^the token may not write to owner/name "):
        push(work)
    assert hub.repos == {}


def test_a_hub_without_xet_is_told_of_at_once(hub, work, monkeypatch, capsys):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    with pytest.raises(SettingsError, match=r"has no Xet storage \(404\): set HF_HUB_DISABLE_XET=1$"):
        push(work)
    left_behind()
    assert "again" not in capsys.readouterr().err


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(
    ("report", "told"),
    [
        ('{"owed": 7, "failed": 0}', "not finished: 7 rows wait for an answer; "),
        ('{"owed": 7, "failed": 2}', "not finished: 7 rows wait for an answer, 2 rows failed; "),
        ('{"owed": 0, "failed": 0}', ""),
        ('{"owed": "x"', ""),
        ("[]", ""),
    ],
)
def test_rows_that_the_sets_do_not_have_yet_are_told_of(hub, work, capsys, report, told, dry):
    (work / "report.json").write_text(report)
    push(work, dry=dry)
    said = " ".join(capsys.readouterr().err.split())
    assert ("not finished" in said) is bool(told)
    assert told in said


@pytest.mark.parametrize(
    "name", ["name", "a/b/c", "owner/", "/name", "ow ner/name", "owner/na--me", "", "a/" + "b" * 999]
)
def test_a_name_that_is_none(name, hub):
    with pytest.raises(SettingsError, match=r"is not OWNER/NAME, as the Hub names data sets$"):
        Repository(name)


@pytest.mark.parametrize("lost", ["sft", "rl", "README.md", "sft/train-00000-of-00002.parquet"])
def test_sets_that_are_not_whole_are_not_pushed(hub, work, lost):
    aside = work / lost
    aside.rename(work / "aside")
    with pytest.raises(SettingsError, match=r"`curate filter`"):
        push(work)
    assert hub.requests == []


def test_nothing_published_yet(hub, tmp_path):
    with pytest.raises(SettingsError, match=r"^no sets are published in .*: `curate filter` or `curate run` writes"):
        push(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"^no set is published in "):
        push(tmp_path / "empty")


def test_while_another_command_holds_the_folder_it_waits_for_nobody(hub, work):
    with held(work, "filter"), pytest.raises(BusyError, match=r"held by `curate filter`"):
        push(work)
    assert hub.requests == []


def test_a_card_that_the_hub_refuses_is_told_before_anything_is_sent(hub, work):
    card = work / "README.md"
    card.write_text(card.read_text().replace("configs:", "license: nonsense\nconfigs:"))
    with pytest.raises(SettingsError, match=r'^the Hub refuses the card: "license" must be one of '):
        push(work)
    assert hub.writes() == []


def test_rejected_rows_the_journal_and_the_report_stay_here(hub, work):
    push(work)
    assert {path.split("/")[0] for path in theirs(hub)} == {"sft", "rl", "README.md"}


def test_a_validation_split_goes_along(hub, work):
    shard = (work / "rl" / "train-00000-of-00002.parquet").read_bytes()
    (work / "rl" / "validation-00000-of-00001.parquet").write_bytes(shard + b" ")
    push(work)
    assert "rl/validation-00000-of-00001.parquet" in theirs(hub)
    assert theirs(hub) == ours(work)


def foreign(hub, **files):
    repo = hub.repos[NAME]
    return repo.add("by hand", {**repo.files, **{path: File(data, False) for path, data in files.items()}})


def test_what_was_changed_on_the_hub_is_not_undone_unless_a_user_says_so(hub, work):
    push(work)
    commit = foreign(hub, **{"README.md": b"a better card"})
    published(work, rows=5)
    for options in ({}, {"dry": True}):
        with pytest.raises(StaleError) as caught:
            push(work, **options)
        assert f"{hub.url}/datasets/{NAME}/commits/main; `--parent {commit[:12]}` replaces" in one_line(caught)
    assert theirs(hub)["README.md"] == b"a better card"
    with pytest.raises(StaleError, match=rf"^--parent: owner/name stands at {commit[:12]}, not at abcdef123456$"):
        push(work, parent="abcdef123456")
    push(work, parent=commit[:12])
    assert theirs(hub) == ours(work)


@pytest.mark.parametrize("parent", ["", "abc", "main", "ABCDEF0", "z" * 40, "a" * 41])
def test_a_parent_that_is_no_commit(hub, work, parent):
    with pytest.raises(SettingsError, match=r"^--parent: expected a commit"):
        push(work, parent=parent)


def test_a_push_from_another_folder_is_not_undone_either(hub, work, tmp_path):
    push(work)
    published(tmp_path / "other", rows=5)
    with pytest.raises(StaleError, match=r"^owner/name was changed from elsewhere"):
        push(tmp_path / "other")
    assert theirs(hub) == ours(work)
    published(tmp_path / "same", rows=3)
    assert push(tmp_path / "same")["sent"] == [], "what is there already is nobody's harm"


def test_other_files_on_the_hub_are_nobodys_business(hub, work):
    push(work)
    foreign(hub, **{"LICENSE": b"mine", "sft/notes.md": b"mine", "sft/train-extra.parquet": b"read by the sets' glob"})
    published(work, rows=5)
    with pytest.raises(StaleError):
        push(work)
    foreign(hub, **{"more.txt": b"mine"})
    del hub.repos[NAME].files["sft/train-extra.parquet"]
    push(work)
    assert theirs(hub) == ours(work) | {"LICENSE": b"mine", "sft/notes.md": b"mine", "more.txt": b"mine"}


@pytest.mark.parametrize("at", ["PUT", "/commit/"])
def test_somebody_else_commits_while_files_are_on_their_way(hub, work, at):
    push(work)
    before = theirs(hub)
    published(work, rows=5)

    def meddle(request):
        if at in request:
            hub.before = lambda request: None
            foreign(hub, **{"README.md": b"meanwhile"})

    hub.before = meddle
    with pytest.raises(StaleError, match=r"^owner/name was changed from elsewhere meanwhile") as caught:
        push(work)
    assert hub.repos[NAME].head[:12] in one_line(caught)
    assert theirs(hub) == before | {"README.md": b"meanwhile"}
    push(work, parent=hub.repos[NAME].head)
    assert theirs(hub) == ours(work)
    assert set(hub.uploads.values()) == {1}


def test_a_hub_that_leaves_a_file_out_is_found_out(hub, work):
    hub.ignored = {"rl/train-00001-of-00002.parquet"}
    with pytest.raises(HubError, match=r"^owner/name does not hold what was sent, rl/train-00001-of-00002.parquet for"):
        push(work)


def test_private(hub, work):
    push(work, private=True)
    assert hub.repos[NAME].private is True
    push(work)
    assert hub.repos[NAME].private is True
    hub.repos[NAME].private = False
    writes = len(hub.writes())
    with pytest.raises(SettingsError, match=r"^owner/name is public: make it private on http\S*/settings"):
        push(work, private=True)
    assert len(hub.writes()) == writes


def test_somebody_elses_private_data_set_of_that_name(hub, work, monkeypatch):
    push(work, private=True)
    monkeypatch.setenv("HF_TOKEN", OTHER)
    with pytest.raises(SettingsError, match=r"^the token may not write to owner/name"):
        push(work)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"x": 1}', b'{"x": {"commit": 1, "files": {}}}', b"\xff"])
def test_what_is_known_of_earlier_pushes_may_be_lost(hub, work, damage):
    push(work)
    (work / "pushed.json").write_bytes(damage)
    assert push(work)["sent"] == []
    assert list(json.loads((work / "pushed.json").read_text())) == [f"{hub.url}/datasets/{NAME}"]
