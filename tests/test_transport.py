import asyncio
import base64
import io
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

import av
import pytest
from PIL import Image

from curate.chat import Media
from curate.errors import MediaError
from curate.frame import Frame
from curate.media.eyes import Eyes
from curate.medium import Medium
from curate.timeline import STILL, Timeline
from curate.transport import Way, load
from tests.media.media_samples import encode, medium, number
from tests.records import seconds

WAYS = get_args(Way)
PREFIX = "data:image/jpeg;base64,"


class FakeEyes:
    """Frames and films that say what they are; remembers what it was asked for."""

    def __init__(self):
        self.asked = []

    async def frames(self, media):
        self.asked.append("frames")
        return tuple(Frame(i, t, 8, 8, f"jpeg {i}".encode()) for i, t in zip(media.frames, media.times, strict=True))

    async def film(self, media):
        self.asked.append("film")
        return f"film of {media.frames}".encode()


def loaded(media, way, most=20.0, eyes=None):
    return asyncio.run(load(media, eyes or FakeEyes(), way, most))


def film(times, fps, path="clips/a.mp4"):
    return Medium("a" * 64, "video", Path(path), 64, 48, times, fps, "h264")


def steady(count, fps=25.0):
    return film(seconds(*(i / fps for i in range(count))), fps)


def picture(path="pictures/a.png"):
    return Medium("b" * 64, "image", Path(path), 64, 48, STILL, 0.0, "png")


def b64(text):
    return base64.b64encode(text.encode()).decode()


def video(load):
    """The one URL of a video, and what is said of it."""
    (part,) = load.parts
    assert part.keys() == {"type", "video_url"}
    assert part["type"] == "video_url"
    return part["video_url"]["url"], load.options.get("media_io_kwargs", {}).get("video")


def paces(said):
    """Frames a second as the server reckons them, and as they are."""
    at, count = said["frames_indices"], len(said["frames_indices"])
    return count / said["total_num_frames"] * said["fps"], (count - 1) / (at[-1] - at[0]) * said["fps"]


SHOWN = Media(steady(132), (0, 25, 50, 75), 10_000)


# Each frame as an image


def test_images_stand_each_behind_its_time_and_need_no_option():
    found = loaded(Media(steady(2000), (0, 30, 1888), 10_000), "images")
    assert found.parts == [
        {"type": "text", "text": "Frame at 00:00:00:"},
        {"type": "image_url", "image_url": {"url": PREFIX + b64("jpeg 0")}},
        {"type": "text", "text": "Frame at 00:00:01:"},
        {"type": "image_url", "image_url": {"url": PREFIX + b64("jpeg 30")}},
        {"type": "text", "text": "Frame at 00:01:15:"},
        {"type": "image_url", "image_url": {"url": PREFIX + b64("jpeg 1888")}},
    ]
    assert found.options == {}


def test_times_that_whole_seconds_would_repeat_are_fine():
    texts = [part["text"] for part in loaded(Media(steady(50), (0, 10), 10_000), "images").parts[::2]]
    assert texts == ["Frame at 00:00:00.000:", "Frame at 00:00:00.400:"]


# An image, and a film of one frame


@pytest.mark.parametrize("way", ["images", "jpeg_sequence", "mp4"])
def test_an_image_travels_alone_without_a_time_or_an_option(way):
    found = loaded(Media(picture(), (0,), 10_000), way)
    assert found.parts == [{"type": "image_url", "image_url": {"url": PREFIX + b64("jpeg 0")}}]
    assert found.options == {}


def test_an_image_on_the_servers_disk_travels_as_its_address():
    eyes = FakeEyes()
    found = loaded(Media(picture("/data/a b.png"), (0,), 10_000), "file", eyes=eyes)
    assert found.parts == [{"type": "image_url", "image_url": {"url": "file:///data/a%20b.png"}}]
    assert (found.options, eyes.asked) == ({}, [])


@pytest.mark.parametrize("way", WAYS)
def test_one_frame_of_a_film_is_an_image_behind_its_time_for_no_model_takes_it_as_a_film(way):
    for media in (Media(steady(1), (0,), 10_000), Media(steady(132), (50,), 10_000), SHOWN.part(2, 3)):
        found = loaded(media, way)
        assert found == loaded(media, "images")
        assert [part["type"] for part in found.parts] == ["text", "image_url"]
        assert found.options == {}


# A video made of JPEGs


def test_a_sequence_is_one_video_of_all_jpegs_with_their_times():
    url, said = video(loaded(SHOWN, "jpeg_sequence"))
    assert url == "data:video/jpeg;base64," + ",".join(b64(f"jpeg {i}") for i in (0, 25, 50, 75))
    assert said == {
        "num_frames": -1,
        "fps": 25.0,
        "frames_indices": [0, 25, 50, 75],
        "total_num_frames": 100,  # four frames, a second apart
        "duration": 132 / 25,
    }


def test_a_sequence_of_an_uneven_clip_tells_milliseconds():
    clip = film(seconds(0.0, 0.013, 0.1, 0.777, 1.5), 2.6)
    _, said = video(loaded(Media(clip, (0, 1, 3, 4), 10_000), "jpeg_sequence"))
    assert (said["fps"], said["frames_indices"]) == (1000.0, [0, 13, 777, 1500])
    assert said["total_num_frames"] == 2000, "four frames, half a second apart on average"


def test_frames_dropped_in_a_coarse_base_are_not_taken_for_a_steady_clip():
    # Each is within a tick of evenly spaced, and 24 ms from where an index over the average rate puts it.
    clip = film(Timeline.of(Fraction(1, 25), [0, 1, 3, 4, 5, 7]), 17.857143)
    assert clip.times.constant
    _, said = video(loaded(Media(clip, tuple(range(6)), 10_000), "jpeg_sequence"))
    assert [i / said["fps"] for i in said["frames_indices"]] == pytest.approx(clip.times[:])


def test_a_window_of_a_long_clip_keeps_its_times_and_its_pace():
    whole = Media(steady(25 * 128), tuple(range(0, 25 * 128, 25)), 10_000)
    _, said = video(loaded(whole.part(16, 32), "jpeg_sequence"))
    assert said["frames_indices"] == list(range(400, 800, 25))
    assert len(said["frames_indices"]) / said["total_num_frames"] * said["fps"] == 1.0, (
        "frames a second, as vLLM reckons"
    )


def test_any_clip_is_told_true_to_a_millisecond_and_as_the_server_demands():
    rng = random.Random(31)
    for _ in range(400):
        if rng.random() < 0.5:
            base, rate = rng.choice([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 12_800)]), rng.uniform(1, 120)
            ticks = [round(i / rate / base) for i in range(rng.randint(2, 3000))]
        else:
            base, ticks = Fraction(1, 10_000), [0]
            for _ in range(rng.randint(1, 500)):
                ticks.append(ticks[-1] + rng.choice([1, 10, 400, rng.randint(1, 90_000)]))
        times = Timeline.of(base, ticks)
        clip = film(times, round((len(times) - 1) / times[-1], 6))
        media = Media(clip, tuple(sorted(rng.sample(range(len(times)), rng.randint(2, min(len(times), 128))))), 10_000)
        _, said = video(loaded(media, "jpeg_sequence"))
        at = said["frames_indices"]
        assert [i / said["fps"] for i in at] == pytest.approx(media.times, abs=0.001)
        assert said["num_frames"] == -1
        assert all(type(i) is int for i in at)
        assert len(at) == len(media.frames)
        assert type(said["total_num_frames"]) is int
        assert said["total_num_frames"] >= len(at)
        assert said["duration"] == clip.duration
        if at[-1] - at[0] > 1000:
            told, true = paces(said)
            assert told == pytest.approx(true, rel=0.001)


def test_frames_closer_than_a_millisecond_are_still_as_many_as_sent():
    clip = film(Timeline.of(Fraction(1, 10_000), [0, 1, 3, 4, 6, 9, 100_000]), 0.6)
    _, said = video(loaded(Media(clip, tuple(range(6)), 10_000), "jpeg_sequence"))
    assert said["frames_indices"] == [0, 0, 0, 0, 1, 1]
    assert said["total_num_frames"] == 6


@pytest.mark.parametrize("fps", [0.0, 24.0])
def test_a_rate_that_is_unknown_or_wrong_is_not_believed(fps):
    clip = replace(steady(100), fps=fps)
    _, said = video(loaded(Media(clip, (0, 33, 99), 10_000), "jpeg_sequence"))
    assert (said["fps"], said["frames_indices"]) == (1000.0, [0, 1320, 3960])


# A short film, and the clip itself


def test_a_film_is_taken_whole_whatever_the_model_would_pick():
    eyes = FakeEyes()
    found = loaded(SHOWN, "mp4", eyes=eyes)
    url, said = video(found)
    assert url == "data:video/mp4;base64," + b64("film of (0, 25, 50, 75)")
    assert said == {"num_frames": -1, "video_backend": "opencv"}
    assert found.options["mm_processor_kwargs"] == {"do_sample_frames": False}
    assert eyes.asked == ["film"]


def test_a_file_is_named_and_never_opened_and_its_frames_are_counted():
    eyes = FakeEyes()
    found = loaded(replace(SHOWN, medium=replace(SHOWN.medium, path=Path("/data/a.mp4"))), "file", eyes=eyes)
    assert video(found) == ("file:///data/a.mp4", {"num_frames": 4, "video_backend": "opencv"})
    assert found.options["mm_processor_kwargs"] == {"do_sample_frames": False}
    assert eyes.asked == []


NAMES = [
    "a b.mp4",
    "50%.mp4",
    "%20.mp4",
    "a#1.mp4",
    "who?.mp4",
    "ünï.mp4",
    "猫.mp4",
    "a&b=c;d,e.mp4",
    'it\'s "x".mp4',
    "\\.mp4",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["video", "image"])
def test_any_file_name_survives_its_address(name, kind):
    there = replace(SHOWN.medium if kind == "video" else picture(), path=Path("/data/x y", f"{name}.mp4"))
    media = Media(there, (0, 25) if kind == "video" else (0,), 10_000)
    (part,) = loaded(media, "file").parts
    url = part[f"{kind}_url"]["url"]
    assert url.isascii()
    assert not set(url) & set(' "<>\\^`{|}')
    split = urlsplit(url)
    assert (split.scheme, split.netloc, split.query, split.fragment) == ("file", "", "", "")
    assert unquote(split.path) == f"/data/x y/{name}.mp4"


def test_a_relative_path_becomes_the_whole_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url, _ = video(loaded(SHOWN, "file"))
    assert url == (tmp_path / "clips/a.mp4").resolve().as_uri()


# The bound


@pytest.mark.parametrize("way", WAYS)
def test_the_size_is_that_of_the_addresses_and_the_bound_holds_to_the_byte(way):
    found = loaded(SHOWN, way)
    urls = [part[part["type"]]["url"] for part in found.parts if part["type"] != "text"]
    assert found.size == sum(map(len, urls)) > 20
    assert loaded(SHOWN, way, found.size / 2**20) == found
    with pytest.raises(MediaError) as caught:
        loaded(SHOWN, way, (found.size - 1) / 2**20)
    assert caught.value.reason == "payload too large"
    assert caught.value.detail.endswith("lower window, max_frames or max_pixels")
    assert not caught.value.lasting


def test_a_payload_too_large_is_told_with_its_size_its_frames_and_the_bound():
    class Large(FakeEyes):
        async def film(self, media):
            return bytes(3 * 2**20)

    with pytest.raises(MediaError, match=r"^payload too large: 4\.0 MiB for 4 frames, max_payload is 1\.5: lower "):
        loaded(SHOWN, "mp4", 1.5, Large())


@pytest.mark.parametrize("way", ["images", "jpeg_sequence", "mp4"])
def test_what_the_eyes_cannot_read_is_told_as_it_is(way):
    class Blind(FakeEyes):
        async def frames(self, media):
            raise MediaError("damaged", "frame 3")

        film = frames

    with pytest.raises(MediaError, match=r"^damaged: frame 3$"):
        loaded(SHOWN, way, eyes=Blind())


# The real eyes on a real clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Forty frames, a burst behind a slow beginning."""
    ticks = [500 * i for i in range(8)] + [4000 + 40 * i for i in range(32)]
    return medium(encode(tmp_path_factory.mktemp("real clips") / "a #1.mp4", ticks))


def really(media, way):
    async def main():
        eyes = Eyes(workers=1)
        try:
            return await load(media, eyes, way, 20.0)
        finally:
            eyes.close()

    return asyncio.run(main())


def spelt(jpeg):
    """The number in a JPEG as it travels."""
    pixels = Image.open(io.BytesIO(base64.b64decode(jpeg, validate=True)))
    assert pixels.format == "JPEG"
    return number(Frame(0, 0.0, *pixels.size, base64.b64decode(jpeg)))


PICKED = (0, 3, 7, 8, 20, 39)


def test_real_frames_travel_as_images(clip):
    urls = [part["image_url"]["url"] for part in really(Media(clip, PICKED, 10**6), "images").parts[1::2]]
    assert [spelt(url.removeprefix(PREFIX)) for url in urls] == list(PICKED)


def test_real_frames_travel_as_a_sequence_with_their_true_times(clip):
    url, said = video(really(Media(clip, PICKED, 10**6), "jpeg_sequence"))
    assert [spelt(jpeg) for jpeg in url.removeprefix("data:video/jpeg;base64,").split(",")] == list(PICKED)
    assert [i / said["fps"] for i in said["frames_indices"]] == pytest.approx([0, 1.5, 3.5, 4.0, 4.48, 5.24], abs=0.001)


def test_real_frames_travel_as_a_film_with_their_true_times(clip):
    url, _ = video(really(Media(clip, PICKED, 10**6), "mp4"))
    body = base64.b64decode(url.removeprefix("data:video/mp4;base64,"), validate=True)
    with av.open(io.BytesIO(body)) as read:
        frames = list(read.decode(video=0))
    assert [number(frame.to_ndarray(format="rgb24")) for frame in frames] == list(PICKED)
    assert [frame.time for frame in frames] == pytest.approx([0, 1.5, 3.5, 4.0, 4.48, 5.24], abs=0.001)


def test_a_real_clip_travels_as_an_address_where_it_lies(clip):
    url, said = video(really(Media(clip, PICKED, 10**6), "file"))
    assert Path(unquote(urlsplit(url).path)).read_bytes() == clip.path.read_bytes()
    assert said["num_frames"] == 6
