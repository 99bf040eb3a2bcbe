import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from curate.medium import Medium, clock, clocks
from curate.timeline import Timeline, pack
from tests.records import seconds


def medium(times, fps=25.0, kind="video"):
    return Medium("a" * 64, kind, Path("a"), 64, 48, seconds(*times), fps, "h264")


def steady(count, fps):
    return medium((i / fps for i in range(count)), fps)


def shown_at(found, indices):
    return [found.times[i] for i in indices]


def test_one_frame_a_second_of_a_clip_of_5_28_seconds():
    clip = steady(132, 25.0)
    assert clip.duration == pytest.approx(5.28)
    assert clip.sample(1.0, 128) == (0, 25, 50, 75, 100, 125)
    assert shown_at(clip, clip.sample(1.0, 128)) == pytest.approx([0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("count", "fps", "asked", "expected"),
    [
        (125, 25.0, 1.0, (0, 25, 50, 75, 100)),  # exactly 5 s: the end is not a frame
        (126, 25.0, 1.0, (0, 25, 50, 75, 100, 125)),  # one frame more: the sixth second has begun
        (25, 25.0, 1.0, (0,)),
        (10, 25.0, 4.0, (0, 6)),
        (60, 30000 / 1001, 1.0, (0, 29, 59)),  # at 1 s frame 29 is on show: frame 30 comes at 1.001 s
        (10, 10.0, 0.1, (0,)),
        (101, 10.0, 0.1, (0, 100)),
        (3, 1.0, 4.0, (0, 1, 2)),  # more asked for than there is: each once
    ],
)
def test_the_frames_on_show_at_each_tick(count, fps, asked, expected):
    assert steady(count, fps).sample(asked, 128) == expected


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [(100, 4, (0, 33, 66, 99)), (100, 2, (0, 99)), (100, 1, (0,)), (5, 4, (0, 1, 3, 4)), (4, 4, (0, 1, 2, 3))],
)
def test_max_frames_are_evenly_spaced_from_the_first_to_the_last(count, most, expected):
    assert steady(count, 1.0).sample(240.0, most) == expected


def test_a_frame_rate_that_changes_shows_what_is_on_show():
    # A still for three seconds, then a burst: at 1 s and 2 s the first frame is still on show.
    clip = medium([0.0, 3.0, 3.04, 3.08, 5.0], fps=1.0)
    assert clip.sample(1.0, 128) == (0, 1, 3, 4)
    assert clip.sample(0.5, 128) == (0, 3)


@pytest.mark.parametrize("kind", ["video", "image"])
@pytest.mark.parametrize("fps", [0.01, 1.0, 240.0])
def test_a_single_frame_is_shown_once(kind, fps):
    assert medium([0.0], fps=0.0 if kind == "image" else 25.0, kind=kind).sample(fps, 128) == (0,)


def test_duration_holds_the_last_frame_and_is_nothing_for_an_image():
    assert medium([0.0], fps=0.0, kind="image").duration == 0.0
    assert medium([0.0, 0.5], fps=2.0).duration == 1.0
    assert medium([0.0, 0.5], fps=0.0).duration == 0.5


def random_clip(rng):
    times, at = [], 0.0
    for _ in range(rng.randint(1, 300)):
        times.append(at)
        at += rng.choice([0.001, 0.04, 0.5, 7.0]) * rng.uniform(0.1, 2)
    return medium(times, fps=rng.choice([0.0, len(times) / max(at, 0.1), 1000.0]))


def test_any_clip_gives_frames_in_range_in_order_and_each_once():
    rng = random.Random(5)
    for _ in range(400):
        clip, fps, most = random_clip(rng), rng.choice([0.01, 0.5, 1.0, 4.0, 240.0]), rng.choice([1, 2, 7, 128])
        indices = clip.sample(fps, most)
        assert indices[0] == 0
        assert indices[-1] < len(clip.times)
        assert len(indices) <= most
        assert all(a < b for a, b in pairwise(indices))
        assert indices == clip.sample(fps, most)


def test_whatever_fps_asks_for_the_whole_clip_is_covered_where_max_frames_bounds_it():
    rng = random.Random(6)
    for _ in range(200):
        count, most = rng.randint(2, 500), rng.randint(2, 64)
        indices = steady(count, 25.0).sample(1e6, most)
        assert len(indices) == min(count, most)
        assert indices[-1] == count - 1
        gaps = [b - a for a, b in pairwise(indices)]
        assert max(gaps) - min(gaps) <= 1


# Evenly spaced in time


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, (0,)),
        (2, (0, 99)),
        (3, (0, 49, 99)),
        (4, (0, 33, 66, 99)),
        (100, tuple(range(100))),
        (500, tuple(range(100))),
    ],
)
def test_uniform_frames_span_the_clip(count, expected):
    assert steady(100, 25.0).uniform(count) == expected


def test_uniform_frames_are_nearest_to_even_times_not_to_even_indices():
    # A still for eight seconds, then a burst of frames.
    clip = medium([0.0, 2.0, 4.0, 8.0, 8.1, 8.2, 8.3, 8.4, 8.5])
    assert clip.uniform(3) == (0, 2, 8)
    assert clip.uniform(5) == (0, 1, 2, 3, 8)


def test_each_uniform_frame_leaves_one_for_every_time_to_come():
    late = medium([0.0, 9.7, 9.8, 9.9, 10.0])
    assert late.uniform(4) == (0, 1, 2, 4), "at 3.3 s the first is nearest and taken"
    assert late.uniform(5) == (0, 1, 2, 3, 4)
    early = medium([0.0, 0.1, 0.2, 0.3, 10.0])
    assert early.uniform(4) == (0, 2, 3, 4), "at 6.7 s frame 3 is nearest, so 3.3 s makes room"


@pytest.mark.parametrize("count", [1, 2, 128])
def test_uniform_frames_of_one_frame_are_that_one(count):
    assert medium([0.0]).uniform(count) == (0,)
    assert medium([0.0], fps=0.0, kind="image").uniform(count) == (0,)


def test_any_clip_however_uneven_gives_exactly_as_many_distinct_uniform_frames_as_it_can():
    rng = random.Random(7)
    for _ in range(600):
        clip = random_clip(rng)
        count = rng.choice([1, 2, 3, 8, 31, 128, len(clip.times), rng.randint(1, 400)])
        indices = clip.uniform(count)
        assert len(indices) == min(count, len(clip.times))
        assert all(a < b for a, b in pairwise(indices))
        assert indices[0] == 0
        assert count == 1 or indices[-1] == len(clip.times) - 1


def test_uniform_frames_are_the_nearest_wherever_those_are_distinct():
    rng, checked = random.Random(8), 0
    for _ in range(600):
        clip, count = random_clip(rng), rng.randint(2, 12)
        last = clip.times[-1]
        nearest = [clip.times.nearest(k * last / (count - 1)) for k in range(count)]
        if all(a < b for a, b in pairwise(nearest)):
            assert clip.uniform(count) == tuple(nearest)
            checked += 1
    assert checked > 100


# Frames that do not decode


def broken(clip, lost, missing=0):
    return replace(clip, times=replace(clip.times, lost=pack(lost)), missing=missing)


@pytest.mark.parametrize(
    ("lost", "missing", "share"), [((), 0, 0.0), ((3, 4), 0, 0.02), ((), 100, 0.5), ((0,), 25, 26 / 125)]
)
def test_lost_frames_are_those_that_do_not_decode_and_those_that_are_missing(lost, missing, share):
    clip = broken(steady(100, 25.0), lost, missing)
    assert clip.lost == len(lost) + missing
    assert clip.lost_share == pytest.approx(share)


def test_an_image_has_lost_nothing():
    still = medium([0.0], fps=0.0, kind="image")
    assert (still.lost, still.lost_share) == (0, 0.0)


def test_a_lost_frame_gives_way_to_its_nearest_neighbour():
    clip = broken(steady(132, 25.0), (0, 25, 26, 99, 100))
    assert clip.sample(1.0, 128) == (1, 24, 50, 75, 101, 125)
    assert clip.uniform(2) == (1, 131)
    assert broken(steady(100, 25.0), (99,)).uniform(2) == (0, 98)
    assert clip.duration == pytest.approx(5.28), "what is lost still takes its time"


def test_two_lost_frames_with_one_neighbour_show_it_once():
    clip = broken(steady(100, 25.0), range(10, 90))
    assert clip.uniform(5) == (0, 9, 90, 99)
    assert clip.sample(1.0, 128) == (0, 9, 90)


def test_any_broken_clip_gives_frames_that_decode_in_order_and_each_once():
    rng = random.Random(9)
    for _ in range(300):
        clip = random_clip(rng)
        frames = range(len(clip.times))
        lost = set(rng.sample(frames, rng.randint(0, len(frames) - 1)))
        clip, most = broken(clip, sorted(lost)), rng.choice([1, 2, 7, 128])
        for indices in (clip.sample(rng.choice([0.5, 1.0, 60.0]), most), clip.uniform(most)):
            assert 1 <= len(indices) <= most
            assert not lost & set(indices)
            assert all(a < b for a, b in pairwise(indices))


def test_where_no_frame_decodes_none_can_be_shown():
    with pytest.raises(ValueError, match="no frame decodes"):
        broken(steady(3, 25.0), (0, 1, 2)).uniform(2)


def test_a_day_of_film_is_sampled_at_once():
    count = 24 * 3600 * 25
    day = Medium("a" * 64, "video", Path("a"), 64, 48, Timeline.of(Fraction(1, 25), range(count)), 25.0, "h264")
    assert day.sample(1.0, 10**6) == tuple(range(0, count, 25))
    assert day.uniform(3) == (0, (count - 1) // 2, count - 1)


@pytest.mark.parametrize(
    ("seconds", "coarse", "fine"),
    [
        (0.0, "00:00:00", "00:00:00.000"),
        (75.5, "00:01:15", "00:01:15.500"),
        (59.9996, "00:01:00", "00:01:00.000"),
        (59.9994, "00:00:59", "00:00:59.999"),
        (3599.0, "00:59:59", "00:59:59.000"),
        (3600.25, "01:00:00", "01:00:00.250"),
        (360_000.0, "100:00:00", "100:00:00.000"),
    ],
)
def test_clock(seconds, coarse, fine):
    assert clock(seconds) == coarse
    assert clock(seconds, fine=True) == fine


def test_clocks_are_fine_only_where_whole_seconds_would_repeat():
    assert clocks((0.0, 1.2, 2.9)) == ("00:00:00", "00:00:01", "00:00:02")
    assert clocks((0.0, 0.25, 1.0)) == ("00:00:00.000", "00:00:00.250", "00:00:01.000")
    assert clocks(()) == ()
