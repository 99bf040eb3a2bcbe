"""The tables were computed with `smart_nframes`, `smart_resize` and `fetch_video`'s bounds of qwen-vl-utils 0.0.14."""

import random
from itertools import pairwise

import pytest

from curate.errors import MediaError
from curate.processor import Processor

PLENTY = 10**9
QWEN25, QWEN3 = Processor.of("qwen2.5-vl"), Processor.of("qwen3-vl")

# Frames, frames a second, fps asked for, max_frames: frames shown.
COUNTS = [
    (2, 25.0, 1.0, 128, 2),
    (3, 25.0, 1.0, 128, 2),
    (4, 25.0, 0.1, 128, 4),
    (5, 25.0, 60.0, 128, 4),
    (7, 30.0, 2.0, 768, 4),
    (25, 25.0, 1.0, 128, 4),
    (50, 25.0, 2.0, 128, 4),
    (100, 25.0, 1.0, 128, 4),
    (100, 25.0, 2.0, 768, 8),
    (125, 25.0, 1.0, 128, 4),
    (149, 30.0, 1.0, 128, 4),
    (150, 30.0, 1.0, 128, 4),
    (299, 29.97, 2.0, 768, 18),
    (300, 30_000 / 1001, 2.0, 768, 20),
    (300, 30.0, 0.1, 128, 4),
    (300, 30.0, 0.5, 768, 4),
    (300, 30.0, 60.0, 768, 300),
    (300, 30.0, 60.0, 129, 128),
    (301, 30.0, 30.0, 768, 300),
    (999, 23.976, 1.0, 32, 32),
    (1000, 60.0, 4.0, 5, 4),
    (1000, 60.0, 4.0, 3, 2),
    (1000, 60.0, 4.0, 2, 2),
    (1500, 24.0, 0.1, 768, 6),
    (3600, 60.0, 1.0, 128, 60),
    (5001, 10.0, 1.5, 768, 750),
    (9000, 30.0, 2.0, 128, 128),
    (54000, 30.0, 1.0, 768, 768),
    (100_000, 25.0, 0.1, 768, 400),
    (100_000, 120.0, 2.0, 1000, 1000),
    (100_000, 0.5, 0.1, 128, 128),
]

# Frames, nframes asked for: frames shown.
WANTED = [
    (2, 2, 2),
    (10, 2, 2),
    (10, 3, 4),
    (10, 4, 4),
    (10, 5, 4),
    (10, 6, 6),
    (10, 7, 8),
    (10, 9, 8),
    (9, 8, 8),
    (1000, 127, 128),
    (1000, 129, 128),
    (1000, 128, 128),
]

# Frames, frames shown: which (torch.linspace(0, frames - 1, shown).round()).
INDICES = [
    (2, 2, (0, 1)),
    (3, 2, (0, 2)),
    (4, 4, (0, 1, 2, 3)),
    (5, 4, (0, 1, 3, 4)),
    (6, 4, (0, 2, 3, 5)),
    (7, 4, (0, 2, 4, 6)),
    (10, 4, (0, 3, 6, 9)),
    (40, 4, (0, 13, 26, 39)),
    (100, 4, (0, 33, 66, 99)),
    (100, 8, (0, 14, 28, 42, 57, 71, 85, 99)),
    (101, 6, (0, 20, 40, 60, 80, 100)),
    (132, 10, (0, 15, 29, 44, 58, 73, 87, 102, 116, 131)),
    (300, 20, (0, 16, 31, 47, 63, 79, 94, 110, 126, 142, 157, 173, 189, 205, 220, 236, 252, 268, 283, 299)),
    (999, 12, (0, 91, 181, 272, 363, 454, 544, 635, 726, 817, 907, 998)),
    (100_000, 8, (0, 14286, 28571, 42857, 57142, 71428, 85713, 99999)),
]

# Factor, an image's size, min_pixels, max_pixels: the size sent.
IMAGES = [
    (28, (16, 16), None, None, (56, 56)),
    (28, (28, 28), None, None, (56, 56)),
    (28, (42, 42), None, None, (56, 56)),
    (28, (70, 70), None, None, (56, 56)),
    (28, (98, 126), None, None, (112, 112)),
    (28, (640, 480), None, 401408, (644, 476)),
    (28, (640, 480), None, 100352, (364, 252)),
    (28, (1920, 1080), None, None, (1932, 1092)),
    (28, (1920, 1080), None, 401408, (840, 448)),
    (28, (1080, 1920), None, 1003520, (728, 1316)),
    (28, (8000, 40), None, None, (8008, 28)),
    (28, (40, 8000), None, 401408, (28, 8008)),
    (28, (8000, 6000), None, None, (4116, 3080)),
    (28, (333, 777), None, 401408, (336, 784)),
    (28, (101, 99), 200704, 401408, (476, 448)),
    (28, (3840, 2160), 3136, 12845056, (3836, 2156)),
    (28, (5, 1000), None, None, (28, 1008)),
    (32, (16, 16), None, None, (64, 64)),
    (32, (48, 80), None, None, (64, 64)),
    (32, (80, 48), None, None, (64, 64)),
    (32, (640, 480), None, 401408, (640, 480)),
    (32, (1920, 1080), None, None, (1920, 1088)),
    (32, (1920, 1080), None, 401408, (832, 448)),
    (32, (8000, 40), None, None, (8000, 32)),
    (32, (8000, 6000), None, None, (4704, 3520)),
    (32, (333, 777), None, 65536, (160, 384)),
    (32, (101, 99), 200704, 401408, (480, 448)),
]

# Factor, a frame's size, frames of the film, min_pixels, max_pixels: the size sent.
FRAMES = [
    (28, (640, 480), 16, None, None, (644, 476)),
    (28, (640, 480), 16, None, 401408, (644, 476)),
    (28, (320, 240), 16, None, None, (392, 280)),
    (28, (64, 48), 4, None, None, (392, 280)),
    (28, (1920, 1080), 128, None, None, (1008, 560)),
    (28, (1920, 1080), 300, None, None, (1008, 560)),
    (28, (1920, 1080), 302, None, None, (1008, 560)),
    (28, (1920, 1080), 768, None, None, (644, 336)),
    (28, (1920, 1080), 768, None, 401408, (644, 336)),
    (28, (1920, 1080), 768, 3136, None, (644, 336)),
    (28, (1920, 1080), 2000, None, None, (420, 224)),
    (28, (2698, 2120), 1496, 784, 306638, (392, 308)),
    (28, (640, 480), 16, 401408, None, (756, 560)),
    (28, (2472, 1419), 16, None, None, (1008, 560)),
    (28, (1366, 1642), 16, 602112, None, (700, 868)),
    (28, (8000, 40), 8, None, None, (8008, 28)),
    (32, (640, 480), 16, None, None, (640, 480)),
    (32, (64, 48), 4, None, None, (448, 320)),
    (32, (1920, 1080), 128, None, None, (1152, 640)),
    (32, (1920, 1080), 768, None, 401408, (736, 384)),
    (32, (1010, 2424), 540, None, 972897, (416, 1024)),
    (32, (1236, 1253), 1622, None, 630784, (352, 384)),
    (32, (1080, 1920), 2000, None, None, (256, 480)),
]


@pytest.mark.parametrize(("total", "rate", "fps", "most", "shown"), COUNTS)
def test_as_many_frames_as_published(total, rate, fps, most, shown):
    assert QWEN25.count(total, total / rate, fps, most) == QWEN3.count(total, total / rate, fps, most) == shown


@pytest.mark.parametrize(("total", "wanted", "shown"), WANTED)
def test_as_many_frames_as_published_where_their_number_is_asked_for(total, wanted, shown):
    assert QWEN25.pairs(total, wanted) == shown


@pytest.mark.parametrize(("total", "count", "which"), INDICES)
def test_the_frames_that_are_published(total, count, which):
    assert QWEN25.indices(total, count) == which


@pytest.mark.parametrize(("factor", "size", "least", "most", "sent"), IMAGES)
def test_images_as_large_as_published_with_bankers_rounding(factor, size, least, most, sent):
    assert Processor(factor).image_size(size, least, most or PLENTY) == sent


@pytest.mark.parametrize(("factor", "size", "count", "least", "most", "sent"), FRAMES)
def test_frames_as_large_as_published_with_bankers_rounding(factor, size, count, least, most, sent):
    assert Processor(factor).frame_size(size, count, least, most or PLENTY) == sent


@pytest.mark.parametrize(("name", "factor"), [("qwen2-vl", 28), ("qwen2.5-vl", 28), ("qwen3-vl", 32)])
def test_the_factor_of_each_family(name, factor):
    assert Processor.of(name) == Processor(factor)


# What ends in an error there and works here


@pytest.mark.parametrize("seconds", [0.0, 0.04, 1e6])
def test_unlike_the_published_rule_a_video_of_one_frame_is_shown(seconds):
    assert QWEN25.count(1, seconds, 2.0, 128) == QWEN25.pairs(1, 8) == 1
    assert QWEN25.indices(1, 1) == (0,)


@pytest.mark.parametrize(("total", "wanted", "shown"), [(11, 11, 10), (10, 64, 10), (3, 4, 2), (10, 1, 2), (10, 0, 2)])
def test_unlike_the_published_rule_too_many_or_too_few_wanted_give_all_pairs_or_one(total, wanted, shown):
    assert QWEN25.pairs(total, wanted) == shown


@pytest.mark.parametrize(
    ("factor", "size", "most", "sent"),
    [
        (28, (60, 40), 784, (28, 28)),  # published: 28 x 0
        (28, (18, 59), 784, (28, 28)),
        (32, (640, 480), 784, (32, 32)),  # less than one token is not to be had
        (28, (1232, 273), 1568, (56, 28)),
    ],
)
def test_unlike_the_published_rule_a_side_is_never_below_one_factor(factor, size, most, sent):
    assert Processor(factor).image_size(size, factor**2, most) == sent
    assert Processor(factor).frame_size(size, 8, factor**2, most) == sent


def test_unlike_the_published_rule_a_side_of_one_factor_keeps_the_bound():
    assert QWEN25.frame_size((5600, 28), 8, None, 100_352) == (128 * 28, 28)
    assert QWEN25.image_size((45, 7683), None, 7840) == (28, 10 * 28)


def test_unlike_the_published_rule_a_least_size_over_the_greatest_gives_way():
    assert QWEN25.frame_size((640, 480), 8, None, 50_000) == (252, 168)  # published: at least 128 tokens, so an error
    assert QWEN25.image_size((640, 480), 10**6, 50_000) == (252, 168)


def test_unlike_the_published_rule_an_image_is_bounded_by_what_the_models_own_processor_allows():
    wide, high = QWEN25.image_size((20_000, 20_000), None, PLENTY)
    assert wide * high <= 16_384 * 28 * 28


@pytest.mark.parametrize("size", [(201, 1), (1, 201), (28_140, 28), (100_000, 3)])
def test_an_aspect_over_200_to_1_is_refused_as_published(size):
    with pytest.raises(MediaError) as caught:
        QWEN25.image_size(size, None, PLENTY)
    assert (caught.value.reason, caught.value.lasting) == ("aspect over 200 to 1", True)
    assert f"{size[0]}x{size[1]}" in caught.value.detail
    with pytest.raises(MediaError):
        QWEN3.frame_size(size, 4, None, PLENTY)


def test_an_aspect_of_200_to_1_is_sent():
    assert QWEN25.image_size((200, 1), None, PLENTY) == (196, 28)
    assert QWEN25.frame_size((28, 5600), 4, None, PLENTY) == (28, 5600)


# Whatever comes


def test_any_count_is_even_within_the_film_and_within_the_bound():
    rng = random.Random(11)
    for _ in range(5000):
        total = rng.choice([rng.randint(2, 20), rng.randint(2, 100_000)])
        seconds, fps = total / rng.uniform(0.5, 120), rng.uniform(0.01, 240)
        most = rng.choice([2, 3, 16, 129, 768])
        shown = QWEN25.count(total, seconds, fps, most)
        assert shown % 2 == 0
        assert 2 <= shown <= min(total, most)
        assert shown >= min(4, total // 2 * 2, most // 2 * 2)
        assert shown == QWEN25.count(total, seconds, fps, most + 1 - most % 2), "an odd bound is the even one below"
        wanted = QWEN25.pairs(total, most)
        assert wanted % 2 == 0
        assert abs(wanted - min(total, most)) <= 1


def test_any_indices_rise_from_the_first_frame_to_the_last_as_evenly_as_can_be():
    rng = random.Random(12)
    for _ in range(2000):
        total = rng.choice([rng.randint(2, 20), rng.randint(2, 100_000)])
        count = rng.randint(1, min(total, 400) // 2) * 2
        which = QWEN25.indices(total, count)
        assert len(which) == count
        assert (which[0], which[-1]) == (0, total - 1)
        gaps = [b - a for a, b in pairwise(which)]
        assert min(gaps) >= 1
        assert max(gaps) - min(gaps) <= 1


def test_any_size_is_a_multiple_of_the_factor_within_its_bounds_and_keeps_the_aspect():
    rng = random.Random(13)
    for _ in range(5000):
        factor, (width, height) = rng.choice([28, 32]), (rng.randint(40, 8000), rng.randint(40, 8000))
        least, most = rng.choice([None, rng.randint(1, 10**6)]), rng.choice([rng.randint(784, 10**5), 10**7])
        rules, count = Processor(factor), rng.randint(1, 384) * 2
        image = rules.image_size((width, height), least, most)
        frame = rules.frame_size((width, height), count, least, most)
        for (wide, high), tokens in ((image, 4), (frame, 128)):
            floor = min(least or tokens * factor**2, most)
            assert min(wide, high) >= factor
            assert wide % factor == high % factor == 0
            # What is enlarged is rounded up, what is made smaller down.
            assert wide * high <= max(most, factor**2) or (wide - factor) * (high - factor) < floor
            if min(wide, high) > factor:
                assert (wide + factor) * (high + factor) > floor
                assert (wide - factor) / (high + factor) < width / height < (wide + factor) / (high - factor)


def test_the_longer_the_film_the_smaller_its_frames():
    sizes = [QWEN25.frame_size((1920, 1080), count, None, PLENTY) for count in (2, 300, 400, 768, 2000, 10_000)]
    pixels = [wide * high for wide, high in sizes]
    assert pixels == sorted(pixels, reverse=True)
    assert pixels[0] <= 768 * 28 * 28
    assert pixels[-1] > 0.9 * 128 * 28**2, "a frame keeps about 128 tokens, however many there are"
    for count, shown in zip((300, 400, 768), pixels[1:], strict=False):
        assert count / 2 * shown / 28**2 <= 128_000 * 0.9
