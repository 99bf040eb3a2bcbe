"""Rows name files below the root and nothing else; each content is hashed and probed once."""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from curate.errors import MediaError, StoreError
from curate.media import library as shelves
from curate.media.facts import Facts
from curate.media.library import Library
from curate.medium import Kind, Medium
from curate.timeline import Timeline, pack

FACTS = Facts(640, 360, Timeline.of(Fraction(1, 90_000), [0, 9_000, 30_000], [0]), 6.0, "h264", 90, 0)


class Probes:
    """Counts what it is asked, and finds what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fault: MediaError | None = None
        self.lost: tuple[int, ...] = ()

    async def probe(self, path: Path, kind: Kind) -> Facts:
        self.asked.append((path.name, kind))
        await asyncio.sleep(0.01)
        if self.fault:
            raise self.fault
        return FACTS

    async def survey(self, path: Path, facts: Facts) -> Facts:
        self.asked.append((path.name, "survey"))
        return replace(facts, times=replace(facts.times, lost=pack(self.lost)), surveyed=True)


@pytest.fixture
def probes() -> Probes:
    return Probes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "media" / "sub").mkdir(parents=True)
    (tmp_path / "media" / "sub" / "a.mp4").write_bytes(b"the film")
    (tmp_path / "secret.mp4").write_bytes(b"not yours")
    return tmp_path / "media"


@pytest.fixture
def shelf(tmp_path: Path, root: Path, probes: Probes) -> Iterator[Callable[[], Library]]:
    """Opens the library anew, as the next run would."""
    opened: list[Library] = []

    def again(**how: Any) -> Library:
        opened.append(Library(tmp_path / "work" / "media.sqlite", root, probes, **how))
        return opened[-1]

    yield again
    for library in opened:
        library.close()


def found(library: Library, row_path: str, kind: Kind = "video") -> Medium:
    return asyncio.run(library.identify(row_path, kind))


def fault(library: Library, row_path: str) -> MediaError:
    with pytest.raises(MediaError) as caught:
        found(library, row_path)
    return caught.value


def test_a_medium_is_at_hand_from_its_first_look_until_its_file_changes(shelf, root):
    library = shelf()
    assert library.at_hand("sub/a.mp4", "video") is None
    medium = found(library, "sub/a.mp4")
    assert library.at_hand("sub/a.mp4", "video") == medium
    assert library.at_hand("sub/a.mp4", "image") is None
    (root / "sub" / "a.mp4").write_bytes(b"another film")
    assert library.at_hand("sub/a.mp4", "video") is None


@pytest.mark.parametrize("row_path", ["./sub/a.mp4", "sub/a.mp4", "sub//./a.mp4"])
def test_a_medium(shelf: Callable[[], Library], root: Path, row_path: str) -> None:
    sha256 = hashlib.sha256(b"the film").hexdigest()
    path = (root / "sub" / "a.mp4").resolve()
    assert found(shelf(), row_path) == Medium(sha256, "video", path, 640, 360, FACTS.times, 6.0, "h264", 90)


def test_a_large_file_is_hashed_whole(shelf: Callable[[], Library], root: Path) -> None:
    data = os.urandom(3 * 2**20 + 7)
    (root / "b.mp4").write_bytes(data)
    assert found(shelf(), "b.mp4").sha256 == hashlib.sha256(data).hexdigest()


def test_facts_are_found_once(shelf: Callable[[], Library], probes: Probes) -> None:
    first = shelf()
    one = found(first, "./sub/a.mp4")
    assert found(first, "./sub/a.mp4") is one
    assert found(shelf(), "./sub/a.mp4") == one
    assert probes.asked == [("a.mp4", "video")]
    found(first, "./sub/a.mp4", "image")
    assert len(probes.asked) == 2


def test_many_rows_at_once_ask_once(shelf: Callable[[], Library], probes: Probes) -> None:
    library = shelf()

    async def main() -> None:
        rows = [asyncio.create_task(library.identify("sub/a.mp4", "video")) for _ in range(20)]
        await asyncio.sleep(0)
        rows[0].cancel()
        media = await asyncio.gather(*rows[1:])
        assert all(medium is media[0] for medium in media)

    asyncio.run(main())
    assert len(probes.asked) == 1


def test_the_same_content_elsewhere_is_not_probed_again(
    shelf: Callable[[], Library], root: Path, probes: Probes
) -> None:
    library = shelf()
    one = found(library, "sub/a.mp4")
    shutil.copy(root / "sub" / "a.mp4", root / "copy.mp4")
    other = found(library, "copy.mp4")
    assert (other.sha256, other.path.name, len(probes.asked)) == (one.sha256, "copy.mp4", 1)


def test_a_file_that_changed_is_another_medium(shelf: Callable[[], Library], root: Path) -> None:
    library = shelf()
    one = found(library, "sub/a.mp4")
    (root / "sub" / "a.mp4").write_bytes(b"another!")
    os.utime(root / "sub" / "a.mp4", ns=(1, 1))
    assert found(library, "sub/a.mp4").sha256 != one.sha256
    (root / "sub" / "a.mp4").unlink()
    assert fault(library, "sub/a.mp4").reason == "no such file"


def test_a_hash_is_remembered(shelf: Callable[[], Library], monkeypatch: pytest.MonkeyPatch) -> None:
    one = found(shelf(), "sub/a.mp4")
    monkeypatch.setattr(shelves, "content_hash", None)
    assert found(shelf(), "sub/a.mp4") == one


def test_a_root_that_moved_costs_nothing(
    shelf: Callable[[], Library],
    root: Path,
    tmp_path: Path,
    probes: Probes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = found(shelf(), "sub/a.mp4")
    root.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(shelves, "content_hash", None)
    moved = Library(tmp_path / "work" / "media.sqlite", tmp_path / "elsewhere", probes)
    assert found(moved, "sub/a.mp4").sha256 == one.sha256
    assert len(probes.asked) == 1
    moved.close()


@pytest.mark.parametrize(
    ("row_path", "reason"),
    [
        ("../secret.mp4", "path outside media_root"),
        ("../missing.mp4", "path outside media_root"),
        ("sub/../../secret.mp4", "path outside media_root"),
        ("/etc/passwd", "path outside media_root"),
        ("/missing", "path outside media_root"),
        ("link.mp4", "path outside media_root"),
        ("folder/secret.mp4", "path outside media_root"),
        ("sub/missing.mp4", "no such file"),
        ("sub/a.mp4/b", "no such file"),
        ("round.mp4", "no such file"),
        ("x" * 5000, "no such file"),
        ("sub", "not a regular file"),
        ("./", "not a regular file"),
        ("pipe.mp4", "not a regular file"),
        ("https://example.org/a.mp4", "a URL, not a path"),
        ("a\0b", "not a path"),
        ("a\ud800b", "not a path"),
        ("", "not a path"),
    ],
)
def test_what_is_no_file_below_the_root(
    shelf: Callable[[], Library], root: Path, probes: Probes, row_path: str, reason: str
) -> None:
    (root / "link.mp4").symlink_to(root.parent / "secret.mp4")
    (root / "folder").symlink_to(root.parent)
    (root / "round.mp4").symlink_to(root / "round.mp4")
    os.mkfifo(root / "pipe.mp4")
    refusal = fault(shelf(), row_path)
    assert refusal.reason == reason
    assert str(refusal).isprintable()
    assert len(str(refusal)) < 300
    assert probes.asked == []


def test_an_absolute_path_is_refused_even_below_the_root(shelf: Callable[[], Library], root: Path) -> None:
    assert fault(shelf(), str(root / "sub" / "a.mp4")).reason == "path outside media_root"


def test_a_link_inside_the_root_is_fine(shelf: Callable[[], Library], root: Path) -> None:
    (root / "link.mp4").symlink_to(root / "sub" / "a.mp4")
    assert found(shelf(), "link.mp4").path == (root / "sub" / "a.mp4").resolve()


def test_a_file_that_cannot_be_read(shelf: Callable[[], Library], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(root))

    monkeypatch.setattr(Path, "open", refuse)
    assert str(fault(shelf(), "sub/a.mp4")) == "not readable: Permission denied"


def test_a_fault_is_remembered(shelf: Callable[[], Library], probes: Probes) -> None:
    probes.fault = MediaError("audio only", "wav: audio")
    for library in (shelf(), shelf()):
        assert str(fault(library, "sub/a.mp4")) == "audio only: wav: audio"
    assert len(probes.asked) == 1


@pytest.mark.parametrize("reason", ["decoder crashed", "decoder timed out", "decoder out of memory", "not readable"])
def test_a_fault_of_the_decoder_is_tried_again(shelf: Callable[[], Library], probes: Probes, reason: str) -> None:
    library = shelf()
    probes.fault = MediaError(reason, "", lasting=False)
    assert fault(library, "sub/a.mp4").reason == reason
    probes.fault = None
    assert found(library, "sub/a.mp4").fps == 6.0


def test_what_is_marked_unreadable_stays_so(shelf: Callable[[], Library]) -> None:
    library = shelf()
    medium = found(library, "sub/a.mp4")
    library.mark_unreadable(medium, MediaError("damaged", "frame 7"))
    assert str(fault(library, "sub/a.mp4")) == "damaged: frame 7"
    assert str(fault(shelf(), "sub/a.mp4")) == "damaged: frame 7"
    assert found(library, "sub/a.mp4", "image").kind == "image"


def test_a_clip_met_as_damaged_is_surveyed_once(shelf: Callable[..., Library], probes: Probes) -> None:
    said: list[str] = []
    library = shelf(max_lost=0.5, say=said.append)
    before = found(library, "sub/a.mp4")
    probes.lost = (1,)

    async def both() -> list[Medium | None]:
        return list(await asyncio.gather(library.surveyed(before), library.surveyed(before)))

    one, other = asyncio.run(both())
    assert one is not None
    assert one == other
    assert (list(one.times.lost_frames), one.lost_share) == ([1], pytest.approx(1 / 3))
    assert found(library, "sub/a.mp4") == one
    assert found(shelf(max_lost=0.5), "sub/a.mp4") == one
    assert asyncio.run(library.surveyed(before)) == one, "who knew less is told"
    assert asyncio.run(library.surveyed(one)) is None, "who knew as much is told that it is no news"
    assert probes.asked == [("a.mp4", "video"), ("a.mp4", "survey")]
    assert said == ["a.mp4: 1 of 3 frames (33.3%) cannot be read; the others are used"]


def test_a_clip_that_lost_too_much_is_refused_for_as_long_as_the_settings_say_so(
    shelf: Callable[..., Library], probes: Probes
) -> None:
    library = shelf()
    before = found(library, "sub/a.mp4")
    probes.lost = (1,)
    with pytest.raises(MediaError, match=r"^damaged: 1 of 3 frames \(33\.3%\) cannot be read$"):
        asyncio.run(library.surveyed(before))
    library.mark_unreadable(before, MediaError("damaged", "for good"))
    assert str(fault(library, "sub/a.mp4")) == "damaged: 1 of 3 frames (33.3%) cannot be read"
    assert found(shelf(max_lost=0.4), "sub/a.mp4").lost == 1


def test_a_clip_of_which_nothing_is_left_is_never_shown(shelf: Callable[..., Library], probes: Probes) -> None:
    library = shelf(max_lost=1.0)
    probes.lost = (0, 1, 2)
    with pytest.raises(MediaError, match=r"^damaged: 3 of 3 frames"):
        asyncio.run(library.surveyed(found(library, "sub/a.mp4")))


def test_facts_of_an_older_version_are_found_anew(
    shelf: Callable[..., Library], probes: Probes, tmp_path: Path
) -> None:
    found(shelf(), "sub/a.mp4")
    with sqlite3.connect(tmp_path / "work" / "media.sqlite") as db:
        db.executescript("DROP TABLE media; CREATE TABLE media (sha256, kind, times); PRAGMA user_version = 0")
    assert found(shelf(), "sub/a.mp4").times == FACTS.times
    assert probes.asked == [("a.mp4", "video")] * 2


def test_few_media_stay_at_hand(shelf: Callable[[], Library], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "_MOST_AT_HAND", 2)
    library = shelf()
    for name in "bcd":
        (root / name).write_text(name)
    held = {name: found(library, name) for name in "bc"}
    assert found(library, "b") is held["b"]
    found(library, "d")
    assert found(library, "b") is held["b"]
    assert found(library, "c") is not held["c"]


def test_a_store_of_someone_else(shelf: Callable[[], Library], tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with sqlite3.connect(tmp_path / "work" / "media.sqlite") as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match=r"media\.sqlite: not a media store of curate"):
        shelf()


def test_a_store_that_is_no_database(shelf: Callable[[], Library], tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "media.sqlite").write_bytes(b"garbage " * 1000)
    with pytest.raises(StoreError, match="file is not a database; move it away"):
        shelf()


def test_a_store_damaged_inside(shelf: Callable[[], Library], tmp_path: Path) -> None:
    found(shelf(), "sub/a.mp4")
    with sqlite3.connect(tmp_path / "work" / "media.sqlite") as db:
        db.execute("UPDATE media SET ticks = x'00'")
    with pytest.raises(StoreError, match="it is rebuilt on the next run"):
        found(shelf(), "sub/a.mp4")


def test_a_store_that_is_locked(shelf: Callable[[], Library], tmp_path: Path) -> None:
    library = shelf()
    library._memory._db.execute("PRAGMA busy_timeout = 10")
    with sqlite3.connect(tmp_path / "work" / "media.sqlite", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            found(library, "sub/a.mp4")
        db.execute("ROLLBACK")
    assert found(library, "sub/a.mp4").width == 640


def test_a_work_folder_that_cannot_be(tmp_path: Path, root: Path, probes: Probes) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"(File exists|Not a directory)$"):
        Library(tmp_path / "file" / "media.sqlite", root, probes)
