"""Where each row stood: what makes a row be walked again, what comes back, and what a bad file does."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from curate.errors import StoreError
from curate.record import Failed, Kept, Owed, Rejected
from curate.sources import Row
from curate.standings import CHUNK, Standing, Standings, medium_of
from tests.records import VIDEO, record

MADE, INPUT = "settings", "input 1/1"
KEPT = Standing("kept", "", "", 7, b"asked", b"medium")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the media lie."""
    folder = tmp_path / "media"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "x.mp4").write_bytes(b"frames")
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "standings.sqlite"


class Held:
    """A journal that holds replies of these names."""

    def __init__(self, *names: bytes) -> None:
        self.names = names

    def count(self) -> int:
        return len(self.names)

    def keys(self) -> Iterator[bytes]:
        return iter(self.names)


def opened(
    path: Path,
    made: str = MADE,
    rows: str = INPUT,
    root: Path | None = None,
    writes: bool = True,
    journal: Held | None = None,
) -> Standings:
    return Standings(path, made, rows, root or path.parent, journal or Held(), writes)


def row(number: int = 0, text: str = "{}", path: object = "./a/x.mp4") -> Row:
    return Row({"path": path}, f"a.json:{number + 1}", number, text)


def noted(path: Path, standings: dict[int, Standing], **how: str) -> None:
    """Write these, each with the stamp b"s"."""
    with closing(opened(path, **how)) as open_now:
        for number, standing in standings.items():
            open_now.note(number, b"s", standing)


def stamp(path: Path, root: Path, of: Row, made: str = MADE) -> bytes:
    with closing(opened(path, made, root=root)) as standings:
        return standings.stamp(of)


def test_a_stamp_changes_with_the_text_and_the_settings(path, root):
    stamps = {stamp(path, root, row()), stamp(path, root, row(text="{ }")), stamp(path, root, row(), "others")}
    assert len(stamps) == 3
    assert stamp(path, root, row(5)) == stamp(path, root, row())


def test_a_stamp_changes_with_size_and_time_of_the_medium(path, root):
    clip = root / "a" / "x.mp4"
    stamps = [stamp(path, root, row())]
    os.utime(clip, ns=(1, 1))
    stamps.append(stamp(path, root, row()))
    clip.write_bytes(b"more frames")
    os.utime(clip, ns=(1, 1))
    stamps.append(stamp(path, root, row()))
    clip.unlink()
    stamps.append(stamp(path, root, row()))
    assert len(set(stamps)) == 4


def test_dots_within_a_name_are_no_way_out(path, root):
    before = stamp(path, root, row(path="./a/x..1.mp4"))
    (root / "a" / "x..1.mp4").write_bytes(b"frames")
    assert stamp(path, root, row(path="./a/x..1.mp4")) != before


@pytest.mark.parametrize("way", ["../{name}", "./a/../../{name}", "{folder}/{name}"])
def test_a_stamp_never_looks_outside_the_root(path, root, way, monkeypatch):
    outside = root.parent / "secret"
    named = row(path=way.format(name=outside.name, folder=outside.parent))
    before = stamp(path, root, named)
    outside.write_text("now it is there")
    assert stamp(path, root, named) == before


@pytest.mark.parametrize("odd", [None, 7, ["a"], "", "nul\0byte", "half \ud800", "x" * 5000, "http://host/a.mp4"])
def test_any_path_has_a_stamp(path, root, odd):
    assert len(stamp(path, root, row(path=odd))) == 16


@pytest.mark.parametrize("raw", [None, 3, "text", ["path"]])
def test_what_is_no_object_has_a_stamp(path, root, raw):
    first, second = Row(raw, "a:1", 0, "\ud800"), Row(raw, "a:1", 0, "\ud801")
    assert stamp(path, root, first) != stamp(path, root, second)


ABOUT = 7, b"asked", b"\x55" * 8
OUTCOMES = {
    "kept": (Kept(record()), Standing("kept", "", "", *ABOUT)),
    "rejected": (
        Rejected(record().row, "length", "too short", "3 words", record()),
        Standing("rejected", "length", "too short", *ABOUT),
    ),
    "no record": (Rejected({"problem_id": 9}, "input", "no such file"), Standing("rejected", "input", "no such file")),
    "failed": (Failed(record(), "draft", "no answer", "x"), Standing("failed", "draft", "no answer", *ABOUT)),
    "owed": (Owed(record(), "draft"), Standing("owed", "draft", "", *ABOUT)),
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "standing"), OUTCOMES.values(), ids=OUTCOMES)
def test_an_outcome_has_a_standing_that_comes_back(path, outcome, standing):
    assert Standing.of(outcome, b"asked") == standing
    assert standing.final == (standing.kind in ("kept", "rejected"))
    noted(path, {0: standing})
    with closing(opened(path)) as standings:
        assert standings.of(row(), b"s") == standing
        assert standings.of(row(), b"another") is None


def test_standings_come_back_over_many_chunks_with_gaps(path):
    numbers = [*range(0, CHUNK + 5), 3 * CHUNK, 5 * CHUNK + 1]
    noted(path, {n: KEPT._replace(problem_id=n) for n in numbers})
    with closing(opened(path)) as standings:
        found = {n: standings.of(row(n), b"s") for n in range(6 * CHUNK)}
        assert [n for n, standing in found.items() if standing] == numbers
        assert all(found[n].problem_id == n for n in numbers)
        assert standings.of(row(3), b"s").problem_id == 3


def test_the_last_note_of_a_row_counts(path):
    noted(path, {0: Standing("owed", "draft")})
    noted(path, {0: KEPT})
    with closing(opened(path)) as standings:
        assert standings.of(row(), b"s") == KEPT
        assert standings.counts(10) == {("kept", "", ""): 1}


@pytest.mark.parametrize(
    ("made", "rows", "stays"),
    [
        (MADE, INPUT, True),
        (MADE, "another 1/1", True),
        ("others", INPUT, False),
        (MADE, "input 2/2", False),
        ("others", "another 1/1", False),
    ],
)
def test_other_settings_or_another_shard_forget_and_other_input_keeps(path, made, rows, stays):
    noted(path, {0: KEPT})
    with closing(opened(path, made, rows)) as standings:
        assert standings.matches == ((made, rows) == (MADE, INPUT))
        assert (standings.of(row(), b"s") == KEPT) == stays
    with closing(opened(path, made, rows)) as standings:
        assert standings.matches


def test_a_reader_forgets_nothing_and_writes_nothing(path):
    noted(path, {0: KEPT})
    with closing(opened(path, "others", writes=False)) as reader:
        assert not reader.matches
        reader.note(1, b"s", KEPT)
    with closing(opened(path)) as standings:
        assert standings.matches
        assert standings.of(row(), b"s") == KEPT
        assert standings.of(row(1), b"s") is None


def test_rows_are_counted_below_an_end(path):
    other = KEPT._replace(medium=b"other")
    noted(
        path,
        {
            0: KEPT,
            1: KEPT,
            2: Standing("rejected", "length", "too short", 3, b"", b"third"),
            3: Standing("owed", "draft", "", 4, b"", b"medium"),
            4: Standing("failed", "draft", "no answer", 5, b"", b"medium"),
            9: other,
        },
    )
    with closing(opened(path)) as standings:
        assert standings.counts(9) == Counter(
            {
                ("kept", "", ""): 2,
                ("rejected", "length", "too short"): 1,
                ("owed", "draft", ""): 1,
                ("failed", "draft", "no answer"): 1,
            }
        )
        assert standings.finished(9) == {0, 1, 2}
        assert standings.finished(10) == {0, 1, 2, 9}
        assert standings.media(2) == {b"medium"}
        assert standings.media(10) == {b"medium", b"third", b"other"}


def test_a_medium_is_named_by_its_content():
    assert medium_of(record()) == bytes.fromhex("5" * 16)
    assert medium_of(record(medium=replace(VIDEO, sha256="6" * 64))) != medium_of(record())


@pytest.fixture
def writer(path: Path) -> Iterator[Standings]:
    with closing(opened(path)) as standings:
        yield standings


def test_a_reader_sees_what_is_flushed_while_another_writes(path, writer):
    writer.note(0, b"s", KEPT)
    with closing(opened(path, writes=False)) as reader:
        assert reader.counts(10) == {}
        writer.flush()
        assert reader.counts(10) == {("kept", "", ""): 1}
        writer._base.execute("BEGIN IMMEDIATE")
        writer._base.execute("DELETE FROM standings")
        assert reader.counts(10) == {("kept", "", ""): 1}
        with closing(opened(path, writes=False)) as second:
            assert second.finished(10) == {0}
        writer._base.execute("ROLLBACK")


def test_a_reader_in_the_middle_of_its_reading_holds_up_no_writer(path, writer):
    for number in range(2 * CHUNK):
        writer.note(number, b"s", KEPT)
    with closing(opened(path, writes=False)) as reader:
        reading = reader._base.execute("SELECT * FROM standings")
        reading.fetchone()
        writer._base.execute("PRAGMA busy_timeout=0")
        writer.note(0, b"s", Standing("owed"))
        writer.flush()
        assert len(reading.fetchall()) == 2 * CHUNK - 1


def test_many_notes_are_written_without_a_flush(path, writer):
    for number in range(CHUNK):
        writer.note(number, b"s", KEPT)
    with closing(opened(path, writes=False)) as reader:
        assert reader.counts(2 * CHUNK) == {("kept", "", ""): CHUNK}


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE header (something TEXT)")


def damaged(path: Path) -> None:
    noted(path, dict.fromkeys(range(5000), KEPT))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))


BAD = {"foreign": foreign, "damaged": damaged, "no database": lambda path: path.write_bytes(b"no database" * 1000)}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
def test_a_bad_file_is_a_clear_error_that_says_it_is_a_cache(path, spoil):
    spoil(path)
    cache = pytest.raises(StoreError, match="it is a cache: remove it and run again")
    with cache as caught, closing(opened(path)) as standings:
        standings.counts(10**9)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


KILLED = """
import sys
from pathlib import Path
from curate.standings import Standing, Standings
class Held:
    def count(self):
        return 0

standings = Standings(Path(sys.argv[1]), "settings", "input 1/1", Path("."), Held(), True)
for number in range(10**9):
    standings.note(number, b"s", Standing("kept", "", "", number))
    if number == 3000:
        print("on its way", flush=True)
"""


def test_a_process_killed_in_mid_write_leaves_a_usable_file(path):
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "on its way\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with closing(opened(path)) as standings:
        found = standings.finished(10**9)
        assert found == set(range(len(found)))
        assert len(found) > 3000 - CHUNK
        assert standings.of(row(1999), b"s").problem_id == 1999
        standings.note(0, b"s", KEPT)
    with closing(opened(path)) as standings:
        assert standings.of(row(), b"s") == KEPT


def test_a_row_whose_replies_are_gone_stands_no_more(path):
    """Whoever takes a reply out of the journal finds the rows that rest on it walked again, and no others."""
    names = [bytes([n]) * 8 for n in range(4)]
    rows = {0: names[0] + names[1], 1: names[2], 2: b"", 3: names[3]}
    with closing(opened(path, journal=Held(*names))) as standings:
        for number, used in rows.items():
            standings.note(number, b"s", KEPT._replace(used=used))
    with closing(opened(path, journal=Held(*names))) as standings:
        assert standings.matches
        assert standings.finished(9) == {0, 1, 2, 3}
    left = Held(names[0], names[2], names[3])
    with closing(opened(path, journal=left, writes=False)) as standings:
        assert not standings.matches
    with closing(opened(path, journal=left)) as standings:
        assert standings.finished(9) == {1, 2, 3}
