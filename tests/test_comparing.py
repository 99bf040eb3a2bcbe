"""Near duplicates are looked for once for the same rows and settings, and a command counts the mix once."""

import asyncio
import json

import pytest

from curate import comparing, mixture
from curate.pipeline import Scope, opened
from curate.progress import Progress
from curate.settings import load
from tests.workplace import row

NEAR = "[duplicates]\n"
MIX = '[mix]\ngroups = [{ data_source = "made", rows = 9 }]\n'


@pytest.fixture
def compared(monkeypatch) -> list[float]:
    """The `questions` of each time that rows were compared."""
    seen: list[float] = []
    really = comparing.repeats

    def noting(rows, share, *others):
        seen.append(share)
        return really(rows, share, *others)

    monkeypatch.setattr(comparing, "repeats", noting)
    return seen


@pytest.fixture
def doubled(place):
    return place.questions([row(7), row(8, problem="what moves in part 7 of this clip"), row(9)]).settings(more=NEAR)


def repeats(place):
    """What a command takes for repeats, which holds no folder, and what it told."""
    progress = Progress()

    async def look():
        async with opened(load(place.toml), Scope(), progress) as pipeline:
            return dict(pipeline.repeats)

    return asyncio.run(look()), progress.notices


def test_the_second_command_takes_them_from_the_file(doubled, compared):
    assert repeats(doubled) == repeats(doubled) == ({1: 7}, [])
    assert compared == [0.85]


@pytest.mark.parametrize(
    ("more", "share"),
    [
        ("[duplicates]\nquestions = 1.0\n", 1.0),
        (NEAR + MIX, 0.85),
        (f'{NEAR}[filters.answer]\nstrict = "video-r1"\n', 0.85),
    ],
)
def test_whatever_they_rest_on_is_in_the_key(doubled, compared, more, share):
    repeats(doubled)
    doubled.settings(more=more)
    assert repeats(doubled)[0] == {1: 7}
    assert compared == [0.85, share]


def test_other_rows_are_compared_anew_and_the_old_ones_forgotten(doubled, compared):
    repeats(doubled)
    old = next(doubled.work.glob("*.near.json"))
    doubled.questions([row(7), row(9), row(8, problem="what moves in part 7 of this clip?")])
    assert repeats(doubled)[0] == {2: 7}
    assert len(compared) == 2
    assert doubled.run("filter").code == 1
    assert not old.exists()
    assert len(list(doubled.work.glob("*.near.json"))) == 1


@pytest.mark.parametrize("content", ["", "{}", "[", '{"made": "x", "repeats": {"a": 1}}', '{"made": 3}'])
def test_what_is_no_such_file_is_made_anew(doubled, compared, content):
    repeats(doubled)
    next(doubled.work.glob("*.near.json")).write_text(content)
    assert repeats(doubled)[0] == repeats(doubled)[0] == {1: 7}
    assert len(compared) == 2


def test_copies_of_clips_that_came_to_be_are_in_the_key(doubled, compared):
    doubled.settings(more=f"{NEAR}clips = true\n")
    (doubled.folder / "media" / "clips" / "two.mp4").write_bytes((doubled.folder / "media/clips/one.mp4").read_bytes())
    doubled.questions([row(7), row(8, problem="what moves in part 7 of this clip", path="./clips/two.mp4")])
    assert repeats(doubled)[0] == {1: 7}
    (doubled.folder / "media" / "clips" / "two.mp4").unlink()
    assert repeats(doubled)[0] == {}
    assert len(compared) == 2


def test_a_mix_is_counted_once_where_the_disk_keeps_nothing(doubled, monkeypatch):
    seen = []
    really = mixture.mixed

    def noting(*given):
        seen.append(given)
        return really(*given)

    monkeypatch.setattr(mixture, "mixed", noting)
    monkeypatch.setattr(mixture, "remember", lambda path, text: None)
    doubled.settings(more=NEAR + MIX)
    assert repeats(doubled)[0] == {1: 7}
    assert len(seen) == 1


def test_a_long_look_is_told_of(doubled, monkeypatch):
    monkeypatch.setattr(comparing, "MANY", 2)
    assert repeats(doubled)[1] == ["looking for near duplicates among 3 rows"]
    assert repeats(doubled)[1] == []
    said: list[str] = []
    monkeypatch.setattr(comparing, "QUIET", -1.0)
    comparing.telling(Progress(say=said.append))(256, 1000)
    assert said == ["looking for copies of clips: 256 of 1,000 media"]


def test_what_is_kept_is_small_and_whole(doubled):
    repeats(doubled)
    [kept] = doubled.work.glob("*.near.json")
    assert json.loads(kept.read_text())["repeats"] == {"1": 7}
    assert list(doubled.work.glob("*.part")) == []
