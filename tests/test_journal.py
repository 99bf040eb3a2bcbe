"""The journal: durable before it is used, quick to read, clear when it cannot serve."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from curate import journal as journal_module
from curate.chat import Reply
from curate.errors import StoreError
from curate.journal import VERSION, Failure, Journal
from curate.writer import GROUP, PATIENCE, RESERVE


def key(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "journal.sqlite"


def put(path: Path, *numbers: int, **reply: object) -> None:
    async def write() -> None:
        journal = Journal(path)
        fields = {"text": "yes", **reply}
        await asyncio.gather(*(journal.put(key(n), "draft", "m", 100, Reply(**fields)) for n in numbers))
        journal.close()

    asyncio.run(write())


def test_a_reply_comes_back_as_it_was_and_says_that_it_was_replayed(path):
    reply = {
        "text": "naïve\n\u2028 \U0001f430",
        "reasoning": "hm",
        "finish": "stop",
        "model": "m-1",
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "cached_tokens": 2,
        "cost": 0.25,
    }
    put(path, 1, **reply)
    journal = Journal(path)
    found = journal.get(key(1), 100)
    assert found == Reply(**reply, replayed=True, key=key(1))
    assert journal.get(key(2), 100) is None
    journal.close()


def test_a_reply_that_ended_by_itself_stays_good_under_any_limit(path):
    put(path, 1)
    journal = Journal(path)
    assert journal.get(key(1), 1) is not None
    assert journal.get(key(1), 10**9) is not None
    journal.close()


def test_a_cut_reply_is_owed_again_under_a_higher_limit_only(path):
    put(path, 1, finish="length")
    journal = Journal(path)
    assert journal.get(key(1), 100).cut
    assert journal.get(key(1), 50).cut
    assert journal.get(key(1), 101) is None
    journal.close()


def test_both_replies_are_kept_when_a_cut_one_was_asked_again(path):
    async def write() -> None:
        journal = Journal(path)
        await journal.put(key(1), "draft", "m", 100, Reply(text="cu", finish="length", completion_tokens=100))
        await journal.put(key(1), "draft", "m", 200, Reply(text="cut no more", completion_tokens=150))
        assert journal.get(key(1), 200).text == "cut no more"
        assert journal.spent()[0].calls == 2
        assert journal.spent()[0].completion_tokens == 250
        journal.close()

    asyncio.run(write())


def test_spending_is_summed_by_stage_and_model(path):
    put(path, 1, 2, 3, prompt_tokens=10, completion_tokens=4, cached_tokens=1, cost=0.5)
    journal = Journal(path)
    assert [tuple(spent) for spent in journal.spent()] == [("draft", "m", 3, 30, 12, 3, 1.5)]
    journal.close()


def test_a_failure_is_remembered_until_the_request_is_answered(path):
    async def write() -> None:
        journal = Journal(path)
        await journal.fail(key(1), "draft", "HTTP 500")
        assert journal.failure(key(1)) == Failure("HTTP 500", None)
        assert journal.get(key(1), 100) is None
        await journal.put(key(1), "draft", "m", 100, Reply(text="yes"))
        assert journal.failure(key(1)) is None
        journal.close()

    asyncio.run(write())


def test_nobody_has_a_reply_before_it_is_on_the_disk(path):
    async def write() -> None:
        journal = Journal(path)
        journal.ready()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(journal.put(key(1), "draft", "m", 100, Reply(text="yes")))
        await asyncio.sleep(0.2)
        assert not task.done()
        assert journal.get(key(1), 100) is None
        other.execute("COMMIT")
        await task
        assert other.execute("SELECT COUNT(*) FROM replies").fetchone() == (1,)
        other.close()
        journal.close()

    asyncio.run(write())


def test_many_replies_share_a_commit(path):
    commits = []

    async def write() -> None:
        journal = Journal(path)
        await journal.put(key(0), "draft", "m", 100, Reply(text="first"))
        started = time.monotonic()
        await asyncio.gather(
            *(journal.put(key(n), "draft", "m", 100, Reply(text="yes")) for n in range(1, 4 * GROUP + 1))
        )
        commits.append(time.monotonic() - started)
        assert len(set(journal.spent())) == 1
        assert journal.spent()[0].calls == 4 * GROUP + 1
        journal.close()

    asyncio.run(write())
    # One commit after the other with the full wait would take this long; groups that are full do not wait.
    assert commits[0] < 4 * GROUP * PATIENCE


def test_a_reply_whose_waiter_was_cancelled_is_kept_all_the_same(path):
    async def write() -> None:
        journal = Journal(path)
        task = asyncio.create_task(journal.put(key(1), "draft", "m", 100, Reply(text="paid for")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        journal.close()

    asyncio.run(write())
    journal = Journal(path)
    assert journal.get(key(1), 100).text == "paid for"
    journal.close()


def test_a_reader_sees_what_another_process_writes(path):
    put(path, 1)
    reader = Journal(path)
    put(path, 2)
    assert reader.get(key(2), 100) is not None
    reader.close()


def test_a_newer_journal_is_refused(path):
    put(path, 1)
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA user_version={VERSION + 1}")
    base.close()
    with pytest.raises(StoreError, match="update curate"):
        Journal(path)


def test_a_file_that_is_no_journal_is_refused_in_one_line(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database, and long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="cannot use the journal") as error:
        Journal(path)
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use the journal"):
        Journal(tmp_path / "file" / "journal.sqlite")


def test_a_full_disk_is_said_and_what_was_written_stays(path, monkeypatch):
    put(path, 1, text="before")
    connect = journal_module.connect

    def small(file: Path) -> sqlite3.Connection:
        base = connect(file)
        # The file may not grow: SQLite then fails as it does on a full disk, with SQLITE_FULL.
        base.execute(f"PRAGMA max_page_count={base.execute('PRAGMA page_count').fetchone()[0]}")
        return base

    async def fill() -> None:
        full = Journal(path)
        for number in (2, 3):
            with pytest.raises(StoreError, match="the disk is full"):
                await full.put(key(number), "draft", "m", 100, Reply(text="x" * 1_000_000))
        assert full.get(key(1), 100).text == "before"
        assert full.get(key(2), 100) is None
        full.close()

    monkeypatch.setattr(journal_module, "connect", small)
    asyncio.run(fill())


def test_of_what_comes_at_once_a_full_disk_takes_what_fits(path, monkeypatch):
    put(path, 0)
    connect = journal_module.connect

    def small(file: Path) -> sqlite3.Connection:
        base = connect(file)
        base.execute(f"PRAGMA max_page_count={base.execute('PRAGMA page_count').fetchone()[0] + 20}")
        return base

    async def fill() -> None:
        journal = Journal(path)
        puts = (journal.put(key(n), "draft", "m", 100, Reply(text="x" * 40_000)) for n in range(1, 21))
        ended = await asyncio.gather(*puts, return_exceptions=True)
        kept = [journal.get(key(n), 100) is not None for n in range(1, 21)]
        assert [error is None for error in ended] == kept
        assert 4 <= sum(kept) < 20
        assert journal.spent()[0].calls == 1 + sum(kept)
        with pytest.raises(StoreError, match="the disk is full"):
            journal.ready()
        journal.close()

    monkeypatch.setattr(journal_module, "connect", small)
    asyncio.run(fill())


def test_what_a_disk_did_not_take_is_tried_once_more_at_the_end(path):
    put(path, 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def fail() -> None:
        journal = Journal(path)
        journal.ready()
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
        try:
            puts = (journal.put(key(n), "draft", "m", 100, Reply(text="x" * 100_000)) for n in range(1, 6))
            ended = await asyncio.gather(*puts, return_exceptions=True)
            assert [type(error) for error in ended] == [StoreError] * 5
            assert "disk I/O error: check the disk; what is in it stays" in str(ended[0])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert [n for n in range(6) if journal.get(key(n), 100)] == [0]
        journal.close()

    asyncio.run(fail())
    with closing(Journal(path)) as journal:
        assert [n for n in range(6) if journal.get(key(n), 100)] == list(range(6))
        assert journal.spent()[0].calls == 6, "each once"


def test_a_reserve_is_kept_back_before_the_first_reply_and_left_to_nobody(path):
    journal = Journal(path)
    reserve = path.with_name("journal.sqlite.reserve")
    assert not reserve.exists(), "looking needs none"
    journal.ready()
    assert reserve.stat().st_blocks * 512 >= RESERVE
    journal.close()
    assert not reserve.exists()


WRITER = """
import asyncio, sys
from pathlib import Path
from curate.chat import Reply
from curate.journal import Journal

async def main():
    journal = Journal(Path(sys.argv[1]))
    start = int(sys.argv[2])
    async def one(n):
        await journal.put(f"{n:064x}", "draft", "m", 100, Reply(text=f"reply {n}"))
        print(n, flush=True)
    for group in range(10_000):
        await asyncio.gather(*(one(start + group * 20 + n) for n in range(20)))

asyncio.run(main())
"""


def test_kill_9_loses_nothing_that_was_handed_out(path):
    """Five writers in a row, each killed in the middle: every reply said to be kept is there."""
    kept: list[int] = []
    for turn in range(5):
        command = [sys.executable, "-c", WRITER, str(path), str(turn * 1_000_000)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert process.stdout is not None
        for _ in range(30 + 7 * turn):
            kept.append(int(process.stdout.readline()))
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split("\n")[:-1]
        kept += [int(line) for line in rest]
        assert process.wait() == -signal.SIGKILL
    journal = Journal(path)
    assert len(kept) >= 5 * 30
    for number in kept:
        assert journal.get(key(number), 100).text == f"reply {number}"
    assert journal._readers[0].execute("PRAGMA integrity_check").fetchone() == ("ok",)
    journal.close()
