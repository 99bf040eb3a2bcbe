"""Frames for a page, from real clips."""

import asyncio
import base64
import io
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from PIL import Image

from curate import filmstrips
from curate.errors import MediaError
from curate.filmstrips import FRAMES, LATE, MANY, MEDIA, PIXELS, strips
from curate.frame import Frame
from curate.media.eyes import Eyes
from tests.media.media_samples import encode, jpeg, medium
from tests.records import VIDEO


class Painter:
    """Shows any medium at once."""

    async def frames(self, media, form="jpeg"):
        return tuple(Frame(i, media.medium.times[i], 8, 6, b"\xff\xd8") for i in media.frames)


class Sleeper:
    async def frames(self, media, form="jpeg"):
        await asyncio.sleep(60)


class Blind:
    async def frames(self, media, form="jpeg"):
        raise MediaError("damaged", "<b>no</b> frame")


def named(number: int):
    return replace(VIDEO, sha256=f"{number:064x}")


def test_small_frames_of_a_clip_and_a_picture(tmp_path: Path):
    clip = replace(medium(encode(tmp_path / "a.mp4", [40 * i for i in range(50)], size=(640, 480))), sha256="a" * 64)
    (tmp_path / "b.jpg").write_bytes(jpeg((2000, 100)))
    picture = replace(medium(tmp_path / "b.jpg", "image"), sha256="b" * 64)

    async def looked():
        with closing(Eyes(workers=1)) as eyes:
            return await strips(eyes, [clip, picture, clip])

    found = asyncio.run(looked())
    assert [len(found[key].stills) for key in ("a" * 64, "b" * 64)] == [FRAMES, 1]
    for strip in found.values():
        for still in strip.stills:
            head, _, body = still.uri.partition(",")
            assert head == "data:image/jpeg;base64"
            image = Image.open(io.BytesIO(base64.b64decode(body)))
            assert image.format == "JPEG"
            assert image.size == (still.width, still.height)
            assert still.width * still.height <= PIXELS
    assert [still.time for still in found["a" * 64].stills] == ["00:00:00", "00:00:00", "00:00:01"]


def test_a_medium_that_cannot_be_shown_says_why():
    found = asyncio.run(strips(Blind(), [named(1)]))
    assert found[named(1).sha256] == ((), "its frames cannot be shown: damaged: <b>no</b> frame")


def test_only_so_many_media_are_shown():
    found = asyncio.run(strips(Painter(), [named(n % 20) for n in range(40)]))
    assert [bool(strip.stills) for strip in found.values()] == [True] * MEDIA + [False] * (20 - MEDIA)
    assert found[named(19).sha256].missing == MANY


def test_nobody_waits_for_a_slow_decoder(monkeypatch):
    monkeypatch.setattr(filmstrips, "PATIENCE", 0.05)
    assert asyncio.run(strips(Sleeper(), [named(1)])) == {named(1).sha256: ((), LATE)}
