"""A full disk, a locked or a damaged journal, by the real command line: one clear line, and nothing lost."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.journals import PAGE, overwrite, pages
from tests.server import Answer, completion, sensible, stage_of
from tests.workplace import Workplace, ended, picture

MIB = 2**20
HOLD = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA locking_mode=" + sys.argv[2])
base.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
base.execute("COMMIT")
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    try:
        ran = subprocess.run(mount, capture_output=True, check=False, text=True)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here, and so no small disk to fill up")
    if ran.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {ran.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def many(place: Workplace) -> Workplace:
    """Forty questions about a picture, sixteen of which are asked at once."""
    place.questions([picture(number) for number in range(40)])
    return place.settings(model="concurrency = 16")


class Hold:
    """Another process that holds the journal until `free`."""

    def __init__(self, path: Path, mode: str = "NORMAL") -> None:
        command = [sys.executable, "-c", HOLD, str(path), mode]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "held\n"

    def free(self) -> None:
        self._process.communicate()


def long_drafts(body) -> Answer:
    """Drafts of 200 KB that no compression makes small."""
    if stage_of(body) != "draft":
        return sensible(body)
    thinking = "So I look at it. " + " ".join(os.urandom(4).hex() for _ in range(22_000))
    answer = completion("So it is <answer>A</answer>", reasoning_content=thinking)
    answer.delay = 0.05
    return answer


def kept(place: Workplace) -> Counter[str]:
    """{stage: replies in the journal}."""
    with closing(sqlite3.connect(place.work / "journal.sqlite")) as base:
        return Counter(dict(base.execute("SELECT stage, COUNT(*) FROM replies GROUP BY stage")))


def kept_so_far(place: Workplace) -> int:
    """Replies in the journal of a run that may be at work; none where there is no journal yet."""
    copy = place.folder / "looked"
    copy.mkdir(exist_ok=True)
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        if not (place.work / name).exists():
            return 0
        shutil.copy(place.work / name, copy)
    with closing(sqlite3.connect(copy / "journal.sqlite")) as base:
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'replies'").fetchone():
            return 0
        return int(base.execute("SELECT COUNT(*) FROM replies").fetchone()[0])


def fill(disk: Path, leave: int) -> Path:
    """Fill the disk up to so many bytes; returns the file that does."""
    ballast = disk / "ballast"
    left = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize - leave)
    return ballast


# A full disk


def test_a_disk_that_is_really_full_stops_the_run_and_every_reply_sent_is_kept(many, server, small):
    server.answer = long_drafts
    ballast = fill(small, 18 * MIB)
    work = small / "work"
    many.work = work
    ran = many.run("run", "--work", str(work), "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "the disk is full" in ran.err
    assert "free some space and run again, nothing is lost" in ran.err
    asked = Counter(server.stages())
    assert 10 < asked["draft"] <= 40
    assert asked["revise"] < 40, "it stopped"
    ballast.unlink()
    assert kept(many) == asked
    server.asked.clear()
    ran = many.run("run", "--work", str(work), "--json")
    assert ran.code == 0, ran.err
    assert Counter(server.stages()) + asked == {"caption": 1, "draft": 40, "revise": 40}
    assert not (work / "journal.sqlite.reserve").exists()


def test_a_disk_without_room_to_keep_replies_in_is_told_before_anything_is_sent(many, server, small):
    ballast = fill(small, 6 * MIB)
    ran = many.run("run", "--work", str(small / "work"), "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "the disk is full" in ran.err
    assert "has no 16 MiB left to keep replies in; free some space and run again" in ran.err
    assert server.asked == []
    assert not (small / "work" / "journal.sqlite.reserve").exists()
    ballast.unlink()
    assert many.run("run", "--work", str(small / "work")).code == 0


@pytest.mark.parametrize("left", [0, 20_000, 100_000])
def test_a_disk_that_is_full_from_the_start_is_told_in_one_line(many, server, small, left):
    ballast = fill(small, left)
    ran = many.run("run", "--work", str(small / "work"), "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "full" in ran.err or "No space left" in ran.err
    assert server.asked == []
    ballast.unlink()
    assert many.run("run", "--work", str(small / "work")).code == 0


# Few open files


def slow(body) -> Answer:
    """Answers that leave time for all others to be on their way."""
    answer = sensible(body)
    answer.delay = 0.3
    return answer


def open_files(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_soft_limit_of_open_files_is_raised_as_far_as_requests_need_it(many, server):
    server.answer = slow
    many.questions([picture(n) for n in range(100)]).settings(model="concurrency = 100\nmax_retries = 0")
    ran = many.run("run", "--json", limit=open_files(64, 4096))
    assert (ran.code, ran.json["notices"], ran.json["sets"]["sft"]) == (0, [], 100)
    assert server.most_at_once > 64


def test_a_hard_limit_of_open_files_is_told_and_kept_to(many, server):
    server.answer = slow
    many.settings(model="concurrency = 100\nmax_retries = 0")
    ran = many.run("run", "--json", limit=open_files(74, 74))
    assert (ran.code, ran.json["sets"]["sft"]) == (0, 40)
    assert ran.json["notices"] == [
        "this process may open 74 files: about 24 requests at once, not 300; raise `ulimit -n`"
    ]
    assert server.most_at_once <= 24


# A locked journal


def test_a_journal_that_another_process_writes_to_is_waited_for_before_anything_is_sent(many, server):
    many.run("status")
    hold = Hold(many.work / "journal.sqlite")
    ran = many.run("run", "--quiet")
    hold.free()
    assert ran.code == 1
    assert server.asked == []
    assert [line.partition("journal.sqlite ")[2] for line in ran.lines] == [
        "is locked by another process: waiting for it",
        "is locked by another process: wait for it or stop it, then run again",
    ]


def test_a_journal_that_another_process_has_to_itself_is_waited_for(many, server):
    many.run("status")
    hold = Hold(many.work / "journal.sqlite", "EXCLUSIVE")
    process = many.start("run", "--quiet")
    assert "is locked by another process: waiting for it" in process.stderr.readline()
    hold.free()
    ran = ended(process)
    assert (ran.code, ran.lines) == (0, []), ran.err


def test_a_journal_locked_in_mid_run_is_waited_for_and_nothing_is_lost(many, server):
    locked = threading.Event()

    def answer(body):
        if len(server.asked) > 20:
            locked.wait(30)
        return sensible(body)

    server.answer = answer
    process = many.start("run", "--json")
    while len(server.asked) <= 20:
        time.sleep(0.01)
    hold = Hold(many.work / "journal.sqlite")
    locked.set()
    threading.Timer(4, hold.free).start()
    ran = ended(process)
    assert ran.code == 0, ran.err
    assert ran.err.count("is locked by another process: waiting for it") == 1
    assert Counter(server.stages()) == kept(many) == {"caption": 1, "draft": 40, "revise": 40}


def test_nothing_new_is_asked_while_no_reply_can_be_kept(many, server):
    server.answer = slow
    many.settings(model="concurrency = 4")
    process = many.start("run", "--quiet")
    while len(server.asked) <= 12:
        time.sleep(0.01)
    hold = Hold(many.work / "journal.sqlite")
    time.sleep(2.5)
    asked = len(server.asked)
    time.sleep(1.5)
    assert len(server.asked) == asked, "replies would pile up, and a kill would take them all"
    assert asked < 12 + 40
    hold.free()
    assert ended(process).code == 0
    assert Counter(server.stages()) == kept(many) == {"caption": 1, "draft": 40, "revise": 40}


# A damaged journal


@pytest.mark.parametrize("command", ["run", "status", "filter"])
def test_a_damaged_journal_is_told_and_nothing_is_sent(many, server, command):
    many.run("run")
    server.asked.clear()
    os.truncate(many.work / "journal.sqlite", (many.work / "journal.sqlite").stat().st_size - PAGE // 2)
    ran = many.run(command, "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "`curate mend` saves all of it that can be read" in ran.err
    assert server.asked == []


def test_after_mending_only_what_was_lost_is_asked_again(many, server):
    assert many.run("run").code == 0
    sets = many.sets()
    journal = many.work / "journal.sqlite"
    overwrite(journal, (pages(journal, 13)[1] - 1) * PAGE, b"\xa5" * PAGE)
    assert many.run("status").code == 1
    ran = many.run("mend", "--json")
    assert ran.code == 0, ran.err
    lost = ran.json["lost"]
    assert 0 < lost < 81
    assert ran.json["replies"] == 81 - lost
    assert f"saved {81 - lost} replies; the damaged journal is kept as work/journal.sqlite.damaged-" in ran.err
    assert f"{lost} replies could not be read: `curate run` asks for them again" in ran.err
    assert Path(ran.json["damaged"]).exists()
    assert (sum(ran.json["stages"].values()), ran.json["failures"]) == (81 - lost, 0)
    assert f"it holds {', '.join(f'{n} of {stage}' for stage, n in ran.json['stages'].items())}" in ran.err
    server.asked.clear()
    assert many.run("run").code == 0
    assert len(server.asked) == lost
    assert many.sets().keys() == sets.keys()
    assert many.sets()["sft/train-00000-of-00001.parquet"] == sets["sft/train-00000-of-00001.parquet"]
    ran = many.run("mend")
    assert ran.code == 0
    assert ran.lines == [
        "reading all of work/journal.sqlite",
        "work/journal.sqlite is whole, with 81 replies: nothing was changed",
        "it holds 1 of caption, 40 of draft, 40 of revise",
    ]


def test_a_log_whose_head_is_damaged_after_a_kill_costs_nothing(many, server):
    process = many.start("run", "--quiet")
    while kept_so_far(many) < 30:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    files = [many.work / f"journal.sqlite{end}" for end in ("", "-wal")]
    left = [file.read_bytes() for file in files]
    replies = kept_so_far(many)  # which clears the log away where nobody else has it open
    for file, content in zip(files, left, strict=True):
        file.write_bytes(content)
    log = files[1]
    overwrite(log, 0, b"\xa5" * 32)
    asked, damaged = len(server.asked), log.read_bytes()
    ran = many.run("run", "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "journal.sqlite-wal is damaged at its beginning; `curate mend` saves all of it" in ran.err
    assert (len(server.asked), log.read_bytes()) == (asked, damaged)
    ran = many.run("mend", "--json")
    assert (ran.code, ran.json["replies"], ran.json["lost"]) == (0, replies, 0), ran.err
    assert many.run("run").code == 0
    assert len(server.asked) == asked + 81 - replies


def test_mending_what_is_no_journal_keeps_it(many):
    journal = many.work / "journal.sqlite"
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(b"no journal at all, but long enough to be one" * 1000)
    ran = many.run("mend", "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "can be read as a journal: it is kept as journal.sqlite.damaged-" in ran.err
    assert not journal.exists()
    assert many.run("mend").code == 2


def test_a_disk_without_room_for_the_mended_journal_leaves_all_as_it_is(many, server, small):
    work = small / "work"
    many.work = work
    server.answer = long_drafts
    many.questions([picture(number) for number in range(20)])
    assert many.run("run", "--work", str(work)).code == 0
    journal = work / "journal.sqlite"
    overwrite(journal, (pages(journal, 13)[1] - 1) * PAGE, b"\xa5" * PAGE)
    before = journal.read_bytes()
    fill(small, 2 * MIB)
    ran = many.run("mend", "--work", str(work), "--quiet")
    assert (ran.code, len(ran.lines)) == (1, 1), ran.err
    assert "full" in ran.err
    assert journal.read_bytes() == before
    assert not [path for path in work.iterdir() if ".mend" in path.name]
