import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from curate.chat import Media
from curate.errors import MediaError
from curate.medium import Medium
from curate.processor import Processor
from curate.sampling import MAX_PIXELS, Sampling
from curate.stage import ShowingStage
from curate.timeline import STILL, Timeline, pack
from tests.records import record
from tests.test_chat import GOLDEN, request, told
from tests.test_stage import LookStage

FAMILIES = ["qwen2-vl", "qwen2.5-vl", "qwen3-vl"]


def clip(count, rate=Fraction(25), base=Fraction(1, 90_000), size=(640, 480), lost=()):
    """A film of so many frames at this rate, as probing finds it in a file with this base."""
    times = Timeline.of(base, [round(i / (rate * base)) for i in range(count)], lost=lost)
    fps = round((count - 1) / times[-1], 6) if count > 1 else float(rate)
    return Medium("a" * 64, "video", Path("a.mp4"), *size, times, fps, "h264")


def picture(size=(640, 480)):
    return Medium("b" * 64, "image", Path("b.png"), *size, STILL, 0.0, "png")


FILM = clip(250)


# Without a processor


def test_frames_a_second_up_to_a_number_in_the_size_that_the_bound_gives():
    assert Sampling().media(FILM) == Media(FILM, tuple(range(0, 250, 25)), MAX_PIXELS)
    assert Sampling(fps=2.0, max_frames=5, max_pixels=1000).media(FILM) == Media(FILM, FILM.uniform(5), 1000)
    assert Sampling().media(FILM).size is None


@pytest.mark.parametrize("count", [1, 2, 7, 250, 251, 10_000])
def test_a_count_is_that_many_evenly_spaced_whatever_fps_and_max_frames_say(count):
    media = Sampling(fps=0.1, max_frames=3, count=count).media(FILM)
    assert media.frames == FILM.uniform(count)
    assert len(media.frames) == min(count, 250)


def test_an_image_is_its_one_frame():
    for how in (Sampling(), Sampling(count=8), Sampling(fps=100.0, max_frames=1)):
        assert how.media(picture()) == Media(picture(), (0,), MAX_PIXELS)


def test_min_pixels_alone_changes_nothing():
    assert Sampling(min_pixels=10**6).media(FILM) == Sampling().media(FILM)


# With a processor


@pytest.mark.parametrize(("family", "sent"), [("qwen2-vl", 28), ("qwen2.5-vl", 28), ("qwen3-vl", 32)])
def test_a_processor_counts_spaces_and_sizes_by_its_rules(family, sent):
    media = Sampling(fps=1.0, processor=family).media(FILM)
    rules = Processor(sent)
    assert media.frames == rules.indices(250, 10)
    assert media.size == rules.frame_size((640, 480), 10, None, MAX_PIXELS)
    assert media.max_pixels == MAX_PIXELS
    image = Sampling(processor=family).media(picture((333, 777)))
    assert image == Media(picture((333, 777)), (0,), MAX_PIXELS, rules.image_size((333, 777), None, MAX_PIXELS))


def test_a_processor_obeys_the_stages_bounds():
    small = Sampling(fps=25.0, max_frames=31, max_pixels=50_000, processor="qwen2.5-vl").media(FILM)
    assert len(small.frames) == 30
    assert small.size == (252, 168)
    large = Sampling(processor="qwen2.5-vl", min_pixels=300_000).media(clip(250, size=(64, 48)))
    assert large.size == (644, 476)
    assert Sampling(processor="qwen2.5-vl", min_pixels=300_000).media(picture((64, 48))).size == (644, 476)


@pytest.mark.parametrize(("count", "shown"), [(1, 2), (2, 2), (3, 4), (4, 4), (5, 4), (7, 8), (8, 8), (9_999, 250)])
def test_a_count_with_a_processor_is_the_nearest_number_of_pairs_as_published(count, shown):
    media = Sampling(count=count, processor="qwen3-vl").media(FILM)
    assert media.frames == Processor(32).indices(250, shown)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("how", [{}, {"count": 8}])
def test_a_film_of_one_frame_is_shown_with_a_processor(family, how):
    media = Sampling(processor=family, **how).media(clip(1))
    assert media.frames == (0,)
    assert media.size is not None


@pytest.mark.parametrize("medium", [clip(250, size=(4040, 20)), picture((20, 4040))])
def test_what_no_rule_can_size_is_told(medium):
    with pytest.raises(MediaError, match="aspect over 200 to 1"):
        Sampling(processor="qwen3-vl").media(medium)
    assert Sampling().media(medium).size is None


@pytest.mark.parametrize(
    ("rate", "base"),
    [
        (Fraction(30), Fraction(1, 12_800)),
        (Fraction(30), Fraction(1, 1000)),
        (Fraction(24), Fraction(1, 1000)),
        (Fraction(60), Fraction(1, 1000)),
        (Fraction(25), Fraction(1, 90_000)),
        (Fraction(24_000, 1001), Fraction(1, 24_000)),
    ],
)
@pytest.mark.parametrize("fps", [0.5, 1.0, 2.0, 4.0])
def test_times_rounded_in_the_file_cost_a_clip_of_whole_seconds_no_pair(rate, base, fps):
    for seconds in range(4, 130, 3):
        total = round(seconds * rate)
        published = Processor(28).count(total, float(round(total / rate, 6)), fps, 768)
        media = Sampling(fps=fps, max_frames=768, processor="qwen2.5-vl").media(clip(total, rate, base))
        assert len(media.frames) == published, (seconds, total)


def test_frames_that_do_not_decode_give_way_with_a_processor_and_without():
    broken = replace(FILM, times=replace(FILM.times, lost=pack([0, 25, 26, 249])))
    assert Sampling().media(broken).frames == (1, 24, *range(50, 250, 25))
    assert Sampling(count=2).media(broken).frames == (1, 248)
    whole, media = (Sampling(fps=1.0, processor="qwen2.5-vl").media(film) for film in (FILM, broken))
    assert whole.frames[0] == 0
    assert media.frames == (1, *whole.frames[1:-1], 248)
    assert media.size == whole.size


def test_where_few_frames_decode_each_of_them_is_shown_once():
    broken = replace(FILM, times=replace(FILM.times, lost=pack(i for i in range(250) if i not in (7, 100))))
    for how in (
        Sampling(),
        Sampling(count=16),
        Sampling(processor="qwen3-vl"),
        Sampling(count=16, processor="qwen3-vl"),
    ):
        assert how.media(broken).frames == (7, 100)


def test_any_clip_gives_rising_frames_of_one_good_size():
    rng = random.Random(21)
    for _ in range(500):
        total, rate = rng.choice([rng.randint(1, 9), rng.randint(1, 3000)]), Fraction(rng.randint(1, 120))
        film = clip(total, rate, rng.choice([Fraction(1, 1000), Fraction(1, 90_000)]), (rng.randint(40, 4000), 400))
        how = Sampling(
            fps=rng.choice([0.1, 1.0, 60.0]),
            max_frames=rng.randint(2, 200),
            max_pixels=rng.randint(784, 10**6),
            processor=rng.choice([None, *FAMILIES]),
            min_pixels=rng.choice([None, rng.randint(1, 10**6)]),
            count=rng.choice([None, rng.randint(1, 200)]),
        )
        media = how.media(film)
        assert all(a < b for a, b in pairwise(media.frames))
        assert 0 <= media.frames[0] <= media.frames[-1] < total
        assert len(media.frames) <= max(2, (how.count + 1) if how.count else how.max_frames)
        assert (media.size is None) is (how.processor is None)
        if how.processor and total > 1:
            assert len(media.frames) % 2 == 0


# The options of a stage that shows frames


@pytest.mark.parametrize(
    "options",
    [
        {"processor": "qwen"},
        {"processor": "qwen2.5-vl", "max_frames": 1},
        {"processor": "qwen3-vl", "max_frames": 0},
        {"min_pixels": 0},
        {"min_pixels": -1},
        {"max_pixels": 0},
    ],
)
def test_options_that_cannot_work_are_refused(options):
    with pytest.raises(ValidationError):
        LookStage(model="m", **options)


def test_one_frame_and_a_processor_that_pairs_them_are_refused_in_plain_words():
    with pytest.raises(ValidationError, match=r"max_frames must be at least 2 for processor 'qwen2-vl', which pairs"):
        LookStage(model="m", processor="qwen2-vl", max_frames=1)
    assert LookStage(model="m", max_frames=1).max_frames == 1
    assert LookStage(model="m", processor="qwen2-vl", max_frames=2).max_frames == 2


def test_a_stage_shows_what_its_options_sample():
    options = {"fps": 2.0, "max_frames": 9, "max_pixels": 400_000, "processor": "qwen3-vl", "min_pixels": 390_000}
    (media,) = LookStage(model="m", **options).media(record(medium=FILM))
    assert media == Sampling(*options.values()).media(FILM)
    assert len(media.frames) == 8
    assert media.size == (736, 544)
    (plain,) = LookStage(model="m").media(record(medium=FILM))
    assert plain == Sampling().media(FILM)
    assert ShowingStage.model_fields["processor"].default is None


def test_a_stage_cannot_show_what_its_processor_cannot_size():
    with pytest.raises(MediaError, match="aspect over 200 to 1"):
        LookStage(model="m", processor="qwen3-vl").request(record(medium=clip(9, size=(4040, 20))))


def showing(media):
    """The messages of the request whose key is the golden one, about this medium."""
    before, _, after = request().messages[1].parts
    return told(before, media, after)


def test_without_a_processor_a_request_keeps_the_key_under_which_its_answer_was_bought():
    bought = request().messages[1].parts[1]
    film = replace(bought.medium, fps=25.0)
    media = Sampling(max_frames=2, max_pixels=401_408, min_pixels=77).media(film)
    assert (media.frames, media.max_pixels, media.size) == (bought.frames, bought.max_pixels, None)
    assert request(messages=showing(media)).key("gpt-4o-mini") == GOLDEN


def test_with_a_processor_a_request_has_a_key_of_its_own():
    keys = set()
    for family in (None, *FAMILIES):
        media = Sampling(count=8, processor=family).media(FILM)
        keys.add(request(messages=showing(media)).key("m"))
    assert len(keys) == 3, "qwen2-vl and qwen2.5-vl see the same pixels"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_pixels": 1000}, "min_pixels needs a processor"),
        ({"min_pixels": 9000, "max_pixels": 8000, "processor": "qwen3-vl"}, r"not be above max_pixels \(8000\)"),
    ],
)
def test_a_least_size_needs_a_processor_and_room(options, said):
    with pytest.raises(ValidationError, match=said):
        LookStage(model="m", **options)
