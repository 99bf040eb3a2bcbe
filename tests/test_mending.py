"""A damaged journal is told before anything is written on top of it, and mending saves all that can be read."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from curate import soundness
from curate.errors import SettingsError, StoreError
from curate.journal import Failure, Journal
from curate.mending import Mended, held, mended
from tests import journals
from tests.journals import FRAME, PAGE, fill, key, killed, old, overwrite, pages, readable, root_pages

COUNT = 300
GARBAGE = b"\xa5\x5a\xff\x00" * (PAGE // 4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A journal that was closed."""
    path = tmp_path_factory.mktemp("whole") / "journal.sqlite"
    fill(path, COUNT)
    return path


@pytest.fixture
def path(tmp_path, whole):
    """A copy of it, to be damaged."""
    copy = tmp_path / "work" / "journal.sqlite"
    copy.parent.mkdir()
    shutil.copy(whole, copy)
    return copy


def on_page(number, at=0, data=GARBAGE):
    return lambda path: overwrite(path, (number(path) - 1) * PAGE + at, data[: PAGE - at])


def last(path):
    return path.stat().st_size // PAGE


def cut(size):
    return lambda path: os.truncate(path, path.stat().st_size - size)


def table(kind, nth):
    return lambda path: pages(path, kind)[nth]


def root(name):
    return lambda path: root_pages(path)[name]


# {how: (what damages, whether the index of all is gone, how many replies may be lost at most)}
DAMAGE = {
    "the last page is garbage": (on_page(last), 20),
    "the last page is zeros": (on_page(last, data=bytes(PAGE)), 20),
    "the last page is cut off": (cut(PAGE), 20),
    "the file ends in half a page": (cut(PAGE // 2), 20),
    "a tenth of the file is cut off": (cut(6 * PAGE), 60),
    "the header is overwritten": (lambda path: overwrite(path, 0, GARBAGE[:100]), 0),
    "the first page is garbage": (lambda path: overwrite(path, 0, GARBAGE), 0),
    "the root of the replies is garbage": (on_page(root("replies")), 0),
    "the root of the index is garbage": (on_page(root("sqlite_autoindex_replies_1")), 0),
    "a page of the index is garbage": (on_page(table(10, 1)), 0),
    "a page of replies is garbage": (on_page(table(13, 5)), 20),
    "a page of replies has another kind": (on_page(table(13, 5), data=b"\x0e"), 20),
    "the sums are garbage": (on_page(root("spent")), 0),
    "the failures are garbage": (on_page(root("failures")), 0),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_is_told_at_opening_and_mended(path, how):
    damage, most = DAMAGE[how]
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"cannot use the journal .*: `?.*`curate mend` saves all of it") as error:
        Journal(path)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before
    found = mended(path)
    assert COUNT - most <= found.replies <= COUNT
    assert found.lost == COUNT - found.replies
    assert found.aside
    assert found.aside.read_bytes() == before
    assert len(readable(path, COUNT)) == found.replies
    with closing(Journal(path)) as journal:
        assert journal.spent()[0].calls == (found.replies if "sums" in how else COUNT)
        if "failures" not in how:
            assert journal.failure("e" * 64) == Failure("HTTP 500", None)
        if "first" not in how and "header" not in how:
            assert journal._readers[0].execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert mended(path) == Mended(found.replies)
    Journal(path).close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["journal.sqlite", found.aside.name]


def test_what_a_journal_holds_is_told_by_stage(path):
    assert held(path) == ({"draft": COUNT}, 1)
    path.write_bytes(b"no journal")
    with pytest.raises(StoreError, match="cannot use the journal"):
        held(path)


def test_a_whole_journal_stays_as_it_is(path):
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert mended(path) == Mended(COUNT)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_whole_journal_with_a_log_stays_as_it_is(tmp_path):
    path = tmp_path / "journal.sqlite"
    log = killed(path, 50)
    before = path.read_bytes(), log.read_bytes()
    assert mended(path) == Mended(50)
    assert (path.read_bytes(), log.read_bytes()) == before


def test_there_must_be_a_journal(tmp_path):
    with pytest.raises(SettingsError, match="there is no journal"):
        mended(tmp_path / "journal.sqlite")
    (tmp_path / "journal.sqlite").touch()
    assert mended(tmp_path / "journal.sqlite") == Mended(0)


def test_what_is_no_journal_is_kept_and_nothing_is_invented(tmp_path):
    path = tmp_path / "journal.sqlite"
    noise = os.urandom(20 * PAGE)
    path.write_bytes(noise)
    with pytest.raises(
        StoreError, match=r"nothing in .* can be read as a journal: it is kept as journal.sqlite.damaged"
    ):
        mended(path)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == noise


def test_another_program_s_database_is_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    for look in (Journal, mended):
        with pytest.raises(StoreError, match="is no journal of curate"):
            look(path)
    assert [p.name for p in tmp_path.iterdir()] == ["journal.sqlite"]
    assert path.read_bytes() == before


def test_a_newer_journal_is_left_alone(path):
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    for look in (Journal, mended):
        with pytest.raises(StoreError, match="update curate"):
            look(path)
    assert path.read_bytes() == before


def test_a_flipped_byte_in_a_reply_is_met_when_it_is_read(path):
    at = path.read_bytes().index(b'{"text":"reply 7 ')
    overwrite(path, at, b"[")
    with closing(Journal(path)) as journal:
        assert journal.get(key(8), 100)
        with pytest.raises(StoreError, match="a reply in it is damaged; `curate mend`"):
            journal.get(key(7), 100)
    found = mended(path)
    assert (found.replies, found.lost) == (COUNT - 1, 1)
    assert readable(path, COUNT) == set(range(COUNT)) - {7}


def test_letters_that_are_none_are_met_when_they_are_read(path):
    at = path.read_bytes().index(b"reply 7 ")
    overwrite(path, at, b"\xff\xfe")
    with closing(Journal(path)) as journal, pytest.raises(StoreError, match="`curate mend`") as caught:
        journal.get(key(7), 100)
    assert "column 'reply';" in str(caught.value), "nothing of the reply is quoted"
    assert mended(path).lost == 1


@pytest.fixture
def standings(tmp_path):
    """Standings beside the journal, which tell of three replies."""
    found = tmp_path / "work" / "standings.sqlite"
    with closing(sqlite3.connect(found, isolation_level=None)) as base:
        base.executescript("CREATE TABLE header (made, input, replies); INSERT INTO header VALUES ('', '', 3)")
    return found


def test_an_empty_journal_is_no_new_one_where_replies_are_known_of(path, standings):
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty, though 3 replies were in it: bring it back from a copy, or remove"):
        Journal(path)
    with pytest.raises(StoreError, match="is empty, though 3 replies"):
        mended(path)
    assert path.read_bytes() == b""
    path.unlink()
    assert readable(path, 1) == set()


@pytest.mark.parametrize("known", ["UPDATE header SET replies = 0", "DELETE FROM header", "DROP TABLE header", None])
def test_an_empty_journal_is_a_new_one_where_no_replies_are_known_of(path, standings, known):
    path.write_bytes(b"")
    if known:
        with closing(sqlite3.connect(standings, isolation_level=None)) as base:
            base.execute(known)
    else:
        standings.write_bytes(b"no database" * 1000)
    assert readable(path, 1) == set()


def test_the_log_of_an_empty_journal_is_not_dropped(log):
    """SQLite removes it as soon as it opens the file."""
    path, before = log.with_name("journal.sqlite"), log.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="it is empty, though its log is not; `curate mend` saves"):
        Journal(path)
    assert log.read_bytes() == before
    found = mended(path)
    assert (found.replies >= 100, found.replies + found.lost) == (True, 150)  # (a page of the log may hold older ones)
    assert readable(path, 150) >= set(range(50, 150))


def test_a_flipped_byte_in_the_index_is_mended(path):
    """No reader can tell: the key that was there is another one now."""
    data = path.read_bytes()
    at = next(
        at
        for number in pages(path, 10)
        if (at := data.find(bytes.fromhex(key(123)), (number - 1) * PAGE, number * PAGE)) > 0
    )
    overwrite(path, at, b"\x00")
    found = mended(path)
    assert (found.replies, found.lost) == (COUNT, 0)
    assert readable(path, COUNT) == set(range(COUNT))


def test_a_large_journal_is_looked_at_at_its_ends(path, monkeypatch):
    monkeypatch.setattr(soundness, "SMALL", 0)
    on_page(last)(path)
    with pytest.raises(StoreError, match="`curate mend`"):
        Journal(path)


# The log


@pytest.fixture
def log(tmp_path):
    """The log of a journal of which a part is in its own file already."""
    path = tmp_path / "work" / "journal.sqlite"
    fill(path, 50)
    return killed(path, 100, first=50)


def frames(log):
    return (log.stat().st_size - 32) // (PAGE + FRAME)


def test_a_log_with_a_torn_end_loses_the_last_commit_only(log):
    path = log.with_name("journal.sqlite")
    os.truncate(log, log.stat().st_size - PAGE // 2)
    assert readable(path, 150) == set(range(150))  # (the last commit is a sum)
    with closing(Journal(path)) as journal:
        assert journal.saved() == {"draft": 3}


def test_a_log_damaged_in_its_middle_is_told_and_all_but_a_page_is_saved(log):
    path = log.with_name("journal.sqlite")
    overwrite(log, 32 + frames(log) // 2 * (PAGE + FRAME) + FRAME + 200, b"\xa5" * 4000)
    before = path.read_bytes(), log.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"journal.sqlite-wal is damaged in its middle; `curate mend`"):
            Journal(path)
    assert (path.read_bytes(), log.read_bytes()) == before
    found = mended(path)
    assert found.replies >= 130
    assert readable(path, 150) >= set(range(50))
    assert found.aside
    assert found.aside.with_name(found.aside.name + "-wal").read_bytes() == before[1]


@pytest.mark.parametrize(
    "head",
    [GARBAGE[:32], bytes(32), GARBAGE[:4], None],
    ids=["garbage", "zeros", "magic", "checksum"],
)
def test_a_log_damaged_at_its_head_is_told_and_all_is_saved(log, head):
    path = log.with_name("journal.sqlite")
    overwrite(log, 0 if head else 12, head or b"\xa5")
    before = path.read_bytes(), log.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"journal.sqlite-wal is damaged at its beginning; `curate mend`"):
            Journal(path)
    assert (path.read_bytes(), log.read_bytes()) == before
    found = mended(path)
    assert (found.replies, found.lost) == (150, 0)
    assert readable(path, 150) == set(range(150))
    assert found.aside
    assert found.aside.with_name(found.aside.name + "-wal").read_bytes() == before[1]


def test_a_log_damaged_at_its_head_and_in_its_first_page_keeps_the_rest(log):
    path = log.with_name("journal.sqlite")
    overwrite(log, 0, GARBAGE[:2000])
    assert mended(path).replies >= 130
    assert readable(path, 150) >= set(range(50))


def test_of_a_log_that_went_round_again_only_the_last_round_counts_when_its_head_is_damaged(log):
    """Behind the pages of the last round stand those of the one before."""
    path = log.with_name("journal.sqlite")
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA wal_checkpoint(RESTART)")
        base.execute("UPDATE replies SET at = at + 1 WHERE rowid = 7")
        base.commit()
        copies = path.read_bytes(), log.read_bytes()
    path.write_bytes(copies[0])
    log.write_bytes(copies[1])
    assert frames(log) > 20
    overwrite(log, 0, GARBAGE[:32])
    found = mended(path)
    assert (found.replies, found.lost) == (150, 0)
    assert readable(path, 150) == set(range(150))


@pytest.mark.parametrize("size", [0, 16, 32, 56])
def test_a_log_without_a_page_is_no_damage(path, size):
    log = path.with_name("journal.sqlite-wal")
    log.write_bytes(GARBAGE[:size])
    assert len(readable(path, COUNT)) == COUNT


def test_what_kills_leave_is_no_damage(tmp_path):
    path = tmp_path / "journal.sqlite"
    for start in range(0, 200, 20):
        log = killed(path, 20, first=start)
        assert log.stat().st_size
        assert len(readable(path, start + 20)) == start + 20


def test_a_damaged_file_with_a_log_is_mended_with_it(log):
    path = log.with_name("journal.sqlite")
    overwrite(path, 0, GARBAGE)
    on_page(table(13, 1))(path)
    with pytest.raises(StoreError, match="`curate mend`"):
        Journal(path)
    assert log.exists()
    found = mended(path)
    assert found.replies >= 140
    assert found.lost == 150 - found.replies
    assert readable(path, 150) >= set(range(50, 150))


def test_what_the_log_has_anew_is_no_damage(log):
    path = log.with_name("journal.sqlite")
    overwrite(path, 0, GARBAGE)
    assert readable(path, 150) == set(range(150))


def test_looking_at_a_journal_that_is_being_written_is_no_damage(tmp_path):
    path = tmp_path / "journal.sqlite"
    fill(path, 10)
    code = (
        "import asyncio, pathlib, sys; from tests import journals as j; p = pathlib.Path(sys.argv[1]); "
        "asyncio.run(j.filled(p, 10, 300))"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=journals.ROOT)
    looks = 0
    while writer.poll() is None:
        Journal(path).close()
        looks += 1
    assert writer.returncode == 0
    assert looks > 5
    assert len(readable(path, 310)) == 310


# Interrupted


def test_a_mending_that_was_interrupted_on_its_last_steps_is_finished(path, monkeypatch):
    on_page(table(13, 5))(path)
    damaged = path.read_bytes()
    rename = Path.rename

    def killed_before(self, target):
        if self.name.endswith(".mended"):
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed_before)
        with pytest.raises(KeyboardInterrupt):
            mended(path)
    with pytest.raises(StoreError, match="`curate mend` was interrupted"):
        Journal(path)
    found = mended(path)
    assert found.replies > COUNT - 20
    assert len(readable(path, COUNT)) == found.replies
    assert found.aside
    assert found.aside.read_bytes() == damaged


def test_a_second_damaged_journal_of_one_day_has_a_name_of_its_own(path, whole):
    kept = []
    for _ in range(2):
        shutil.copy(whole, path)
        on_page(table(13, 5))(path)
        kept.append(mended(path).aside)
    assert kept[0] != kept[1]
    assert all(aside.exists() for aside in kept)


# The old version


def test_an_old_journal_is_brought_up_to_date_with_all_that_is_in_it(tmp_path):
    path = tmp_path / "journal.sqlite"
    old(path, 100)
    assert readable(path, 100) == set(range(100))
    with closing(Journal(path)) as journal:
        assert [tuple(spent) for spent in journal.spent()] == [("draft", "m", 100, 4950, 200, 0, 50.0)]
        assert journal.failure("e" * 64) == Failure("HTTP 500", None)
        assert journal.saved() == {}
    fill(path, 10, first=100)
    with closing(Journal(path)) as journal:
        assert journal.spent()[0].calls == 110


def test_two_commands_may_bring_it_up_to_date_at_once(tmp_path):
    path = tmp_path / "journal.sqlite"
    for _ in range(3):
        path.unlink(missing_ok=True)
        old(path, 300)
        command = [sys.executable, "-c", CALLS, str(path)]
        both = [subprocess.Popen(command, cwd=journals.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        assert [process.communicate()[0] for process in both] == ["300\n"] * 3
    assert len(readable(path, 300)) == 300


CALLS = """
import pathlib, sys
from curate.journal import Journal
print(Journal(pathlib.Path(sys.argv[1])).spent()[0].calls)
"""
MIGRATE = """
import os, signal, sqlite3, sys
from pathlib import Path
from curate import journal
def connect(path, real=journal.connect, left=[int(sys.argv[2])]):
    base = real(path)
    def count(statement):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    base.set_trace_callback(count)
    return base
journal.connect = connect
journal.Journal(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("statements", range(1, 12, 2))
def test_a_kill_on_the_way_up_to_date_harms_nothing(tmp_path, statements):
    path = tmp_path / "journal.sqlite"
    old(path, 100)
    ran = subprocess.run([sys.executable, "-c", MIGRATE, str(path), str(statements)], cwd=journals.ROOT, check=False)
    assert ran.returncode == -9
    with closing(Journal(path)) as journal:
        assert journal.spent()[0].calls == 100
    assert readable(path, 100) == set(range(100))


def test_a_damaged_old_journal_is_mended_and_brought_up_to_date(tmp_path):
    path = tmp_path / "journal.sqlite"
    old(path, 100)
    on_page(table(13, 2))(path)
    with pytest.raises(StoreError, match="`curate mend`"):
        Journal(path)
    found = mended(path)
    assert 80 <= found.replies < 100
    with closing(Journal(path)) as journal:
        assert journal.spent()[0].calls == found.replies
        assert journal.failure("e" * 64) == Failure("HTTP 500", None)
    asyncio.run(journals.filled(path, 100, 5))
    assert len(readable(path, 105)) == found.replies + 5
