"""A film made of frames shows as many of them, in order, each at its own time."""

import asyncio
import io
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_samples import encode, medium, number, numbered
from PIL import Image

from curate.chat import Media
from curate.errors import MediaError
from curate.frame import Frame
from curate.media.eyes import Eyes
from curate.media.film import mp4
from curate.media.frames import encoded

PLENTY = 10**9


def frame(index: int, time: float, size: tuple[int, int] = (128, 96)) -> Frame:
    """A frame that spells its own number."""
    return Frame(index, time, *size, encoded(numbered(index, *size), "png"))


def film(times: Sequence[float], size: tuple[int, int] = (128, 96)) -> bytes:
    return mp4([frame(i, time, size) for i, time in enumerate(times)])


class Read:
    """What another program finds in a film: numbers, times, pictures, frames a second."""

    def __init__(self, body: bytes) -> None:
        with av.open(io.BytesIO(body)) as container:
            assert not container.streams.audio
            (stream,) = container.streams.video
            self.name, self.codec = container.format.name, stream.codec_context.name
            self.pix_fmt = stream.codec_context.pix_fmt
            self.rate, self.said = stream.average_rate, stream.frames
            self.length = float(stream.duration * stream.time_base)
            pictures = list(container.decode(stream))
        self.times = [float(picture.pts * picture.time_base) for picture in pictures]
        self.pixels = [picture.to_ndarray(format="rgb24") for picture in pictures]
        self.sizes = {(picture.width, picture.height) for picture in pictures}

    @property
    def numbers(self) -> list[int]:
        return [number(pixels) for pixels in self.pixels]


def test_a_film_is_h264_in_mp4_that_any_player_reads() -> None:
    read = Read(film([0.0, 1.0]))
    assert "mp4" in read.name
    assert (read.codec, read.pix_fmt, read.sizes) == ("h264", "yuv420p", {(128, 96)})


CLIPS = {
    "a second apart": [float(i) for i in range(16)],
    "25 a second": [i / 25 for i in range(40)],
    "29.97 a second": [i * 1001 / 30_000 for i in range(120)],
    "uneven": [0.0, 0.013, 0.1, 0.101, 0.777, 1.5, 1.54, 3.001, 3.002, 60.0],
    "1500 a second": [i / 1500 for i in range(30)],
    "hours apart": [0.0, 30_000.0, 90_000.0],
    "not from the start": [16.0, 17.5, 18.0],
    "longer than 250 frames": [i / 10 for i in range(300)],
}


@pytest.mark.parametrize("times", CLIPS.values(), ids=CLIPS)
def test_every_frame_is_there_in_order_and_at_its_time(times: list[float]) -> None:
    read = Read(film(times))
    assert read.said == len(times)
    assert read.numbers == [i % 256 for i in range(len(times))]
    assert read.times == pytest.approx([time - times[0] for time in times], abs=0.0001)


@pytest.mark.parametrize("times", CLIPS.values(), ids=CLIPS)
def test_its_rate_is_that_of_the_frames_for_servers_reckon_times_from_it(times: list[float]) -> None:
    read = Read(film(times))
    spacing = (times[-1] - times[0]) / (len(times) - 1)
    assert read.length == pytest.approx(len(times) * spacing, rel=0.001)
    assert float(read.rate) == pytest.approx(1 / spacing, rel=0.01)


def test_one_frame_is_shown_for_a_second() -> None:
    read = Read(film([7.5]))
    assert (read.numbers, read.times, read.length) == ([0], [0.0], 1.0)


def test_frames_at_one_time_are_all_there() -> None:
    read = Read(film([0.0, 0.0, 0.00001, 1.0]))
    assert read.numbers == [0, 1, 2, 3]
    assert read.times == pytest.approx([0, 0, 0, 1], abs=0.001)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((129, 97), (128, 96)), ((128, 97), (128, 96)), ((129, 96), (128, 96)), ((1, 1), (2, 2)), ((3, 401), (2, 400))],
)
def test_odd_sides_lose_a_pixel(size: tuple[int, int], shown: tuple[int, int]) -> None:
    pixels = np.full((size[1], size[0], 3), 200, np.uint8)
    read = Read(mp4([Frame(i, float(i), *size, encoded(pixels, "png")) for i in range(3)]))
    assert read.sizes == {shown}
    assert len(read.times) == 3
    assert np.abs(read.pixels[1].astype(int) - 200).max() < 6


def test_odd_sides_keep_the_picture() -> None:
    assert Read(film([0.0, 1.0, 2.0], (129, 97))).numbers == [0, 1, 2]


def test_colours_stay() -> None:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (240, 240, 240), (10, 10, 10)]
    frames = []
    for i, colour in enumerate(colours):
        body = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(body, "PNG")
        frames.append(Frame(i, float(i), 64, 48, body.getvalue()))
    for pixels, colour in zip(Read(mp4(frames)).pixels, colours, strict=True):
        assert np.abs(pixels.mean(axis=(0, 1)) - colour).max() < 6


def test_frames_that_are_jpeg_make_a_film_too() -> None:
    frames = [replace(frame(i, float(i)), image=encoded(numbered(i, 128, 96), "jpeg")) for i in range(3)]
    assert Read(mp4(frames)).numbers == [0, 1, 2]


def test_the_same_frames_make_the_same_bytes() -> None:
    assert film([0.0, 0.4, 1.0]) == film([0.0, 0.4, 1.0])


def test_any_times_come_back_to_a_millisecond() -> None:
    rng = random.Random(51)
    for _ in range(15):
        times = [rng.choice([0.0, 3.0])]
        for _ in range(rng.randint(1, 40)):
            times.append(times[-1] + rng.choice([0.001, 0.04, 1.0, rng.uniform(0.001, 10)]))
        read = Read(film(times))
        assert read.numbers == list(range(len(times)))
        assert read.times == pytest.approx([time - times[0] for time in times], abs=0.001)


def test_what_cannot_be_encoded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise av.error.EncoderNotFoundError(1, "no x264 here")

    monkeypatch.setattr("curate.media.film.av.open", missing)
    with pytest.raises(MediaError) as caught:
        film([0.0])
    assert str(caught.value) == "cannot encode mp4: no x264 here"
    assert not caught.value.lasting


def test_the_eyes_make_a_film_of_the_frames_shown(tmp_path: Path) -> None:
    ticks = [0, 13, 100, 101, 777, 1500, 1540, 3001, 3002, 3003, 3004, 4100, 4101, 5000]
    found = medium(encode(tmp_path / "odd.mp4", ticks, size=(130, 98), gop=4))
    picked = (1, 4, 5, 8, 11, 13)

    async def main() -> tuple[bytes, bytes, bytes]:
        eyes = Eyes(workers=1)
        try:
            media = Media(found, picked, PLENTY)
            small = Media(found, picked, PLENTY, (65, 49))
            return await eyes.film(media), await eyes.film(small), await eyes.film(Media(found, (5,), PLENTY))
        finally:
            eyes.close()

    whole, small, alone = (Read(body) for body in asyncio.run(main()))
    assert whole.numbers == list(picked)
    assert whole.times == pytest.approx([(ticks[i] - 13) / 1000 for i in picked], abs=0.001)
    assert (whole.sizes, small.sizes) == ({(130, 98)}, {(64, 48)})
    assert small.numbers == list(picked)
    assert (alone.numbers, alone.times) == ([5], [0.0])


def test_a_film_of_a_film_is_the_same_film(tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"
    path.write_bytes(film([0.0, 0.5, 2.0, 2.04]))
    found = medium(path)
    assert found.times[:] == pytest.approx([0.0, 0.5, 2.0, 2.04])
    assert (found.codec, found.width, found.height, found.missing) == ("h264", 128, 96, 0)
    assert found.times.base == Fraction(1, 10_000)
