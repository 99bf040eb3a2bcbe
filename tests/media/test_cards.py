"""Pictures of text: large, plain, and a film of them with as many frames as texts, each at its time."""

import asyncio
import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from curate.chat import Media
from curate.errors import MediaError
from curate.media.cards import drawn, picture
from curate.media.eyes import Eyes
from tests.seeing import read


@pytest.mark.parametrize("size", [(112, 84), (160, 120), (632, 474), (1024, 768), (84, 112)])
def test_a_text_fills_the_picture_and_does_not_leave_it(size):
    image = Image.open(io.BytesIO(picture("UMBRELLA\n482", size)))
    ink = np.asarray(image.convert("L")) < 128
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert image.size == size
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()
    assert max((columns[-1] - columns[0]) / size[0], (rows[-1] - rows[0]) / size[1]) > 0.6


def test_a_film_has_each_text_on_its_frame_at_its_time(tmp_path):
    async def go():
        eyes = Eyes(workers=1)
        try:
            texts = ["TIGER\n482", "", "", "KETTLE\n117", "", "VIOLIN\n903"]
            medium = await eyes.drawn(tmp_path / "new" / "a.mp4", "video", texts, (320, 240), 2.0)
            return medium, await eyes.frames(Media(medium, tuple(range(6)), 50_000))
        finally:
            eyes.close()

    medium, frames = asyncio.run(go())
    assert medium.sha256 == hashlib.sha256(medium.path.read_bytes()).hexdigest()
    assert (medium.kind, medium.width, medium.height, medium.fps) == ("video", 320, 240, 2.0)
    assert list(medium.times) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert {(frame.width, frame.height) for frame in frames} == {(258, 193)}
    said = [read(Image.open(io.BytesIO(frame.image))) for frame in frames]
    assert said == ["TIGER\n482", "", "", "KETTLE\n117", "", "VIOLIN\n903"]


def test_an_image_shows_all_lines_of_one_text(tmp_path):
    sha256, facts = drawn(tmp_path / "a.png", "image", ["TIGER 482\nKETTLE 117"], (320, 240), 1.0)
    assert (facts.width, facts.height, len(facts.times)) == (320, 240, 1)
    assert read(Image.open(tmp_path / "a.png")) == "TIGER 482\nKETTLE 117"
    assert sha256 == hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()


def test_a_folder_that_cannot_be_written_to_is_a_fault_that_may_pass(tmp_path):
    (tmp_path / "file").write_text("")

    async def go():
        eyes = Eyes(workers=1)
        try:
            await eyes.drawn(tmp_path / "file" / "a.png", "image", ["TIGER"], (320, 240), 1.0)
        finally:
            eyes.close()

    with pytest.raises(MediaError, match="not readable"):
        asyncio.run(go())
