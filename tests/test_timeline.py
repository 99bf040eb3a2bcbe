import copy
import pickle
import random
import zlib
from fractions import Fraction
from itertools import pairwise

import pytest

from curate.timeline import STILL, Spot, Timeline, pack, unpack

BASES = [Fraction(1, 25), Fraction(1, 1000), Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 10**9)]


def quarters(*ticks, keys=(), lost=()):
    """Ticks of a quarter of a second, which floats hold exactly: ties are ties."""
    return Timeline.of(Fraction(1, 4), ticks, keys, lost)


def even(count, rate, base):
    """So many frames at this rate, their times rounded to ticks of this base."""
    return Timeline.of(base, [round(i / (rate * base)) for i in range(count)])


def random_ticks(rng, most=200):
    ticks = [rng.choice([0, 0, 7, -3, 90_000])]
    for _ in range(rng.randrange(most)):
        ticks.append(ticks[-1] + rng.choice([1, 2, 40, rng.randint(1, 5000)]))
    return ticks


def random_timeline(rng):
    ticks = random_ticks(rng)
    frames = range(len(ticks))
    keys = sorted(rng.sample(frames, rng.randint(0, len(ticks))))
    lost = sorted(rng.sample(frames, rng.randint(0, len(ticks) - 1)))
    base = rng.choice(BASES)
    return Timeline.of(base, ticks, keys, lost), base, ticks, keys, lost


# Packing


def test_any_whole_numbers_come_back_from_packing():
    rng = random.Random(1)
    for values in [(), (0,), (-5,), (2**63 - 1,), (-(2**63),), (3, 1, 2), *(random_ticks(rng) for _ in range(200))]:
        assert list(unpack(pack(values))) == list(values)


def test_packing_takes_any_iterable():
    assert pack(i * 2 for i in range(5)) == pack([0, 2, 4, 6, 8])


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"damaged",
        pack(range(100))[:-1],
        pack(range(100))[: len(pack(range(100))) // 2],
        b"\x00" + pack(range(100))[1:],
        zlib.compress(b"123"),  # no whole numbers of 8 bytes
        zlib.compress((2**62).to_bytes(8, "little") * 4),  # sums that no such number holds
    ],
    ids=["nothing", "text", "cut", "half", "header", "odd length", "overflow"],
)
def test_bytes_that_are_no_packed_numbers_are_a_value_error(packed):
    with pytest.raises(ValueError, match=r"."):
        unpack(packed)
    with pytest.raises(ValueError, match=r"."):
        len(Timeline(Fraction(1, 25), 0, packed))


def test_any_byte_that_changed_is_noticed_or_changes_nothing():
    packed = pack(random_ticks(random.Random(2)))
    for at in range(len(packed)):
        damaged = packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]
        try:
            assert list(unpack(damaged)) == list(unpack(packed))
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("rate", "base", "most"),
    [
        (Fraction(25), Fraction(1, 12_800), 25_000),
        (Fraction(30_000, 1001), Fraction(1, 90_000), 25_000),
        (Fraction(30_000, 1001), Fraction(1, 1000), 150_000),  # 33, 34, 33, 33, 34 … ms: a byte for 14 frames
        (Fraction(24_000, 1001), Fraction(1, 90_000), 40_000),
    ],
    ids=["25 in 1/12800", "29.97 in 1/90000", "29.97 in ms", "23.976 in 1/90000"],
)
def test_two_million_frames_pack_into_little_and_are_still_right(rate, base, most):
    count, step = 2_000_000, 1 / (rate * base)
    ticks = [(2 * i * step.numerator + step.denominator) // (2 * step.denominator) for i in range(count)]
    found = Timeline.of(base, ticks, keys=range(0, count, 250))
    assert len(found.ticks) + len(found.keys) + len(found.lost) < most
    assert len(found) == count
    for i in (0, 1, 999_999, 1_999_999):
        assert found[i] == pytest.approx(i / float(rate), abs=float(base))
        assert found.at(found[i]) == found.nearest(found[i]) == i
    assert found.spots((1_999_999,))[0].key == ticks[1_999_750]
    assert found.constant


# A sequence of seconds


def test_times_count_from_the_first_frame_whatever_its_own_time_is():
    found = Timeline.of(Fraction(1, 90_000), [900_000, 903_003, 906_006])
    assert found.origin == 900_000
    assert list(found) == pytest.approx([0.0, 0.0333666, 0.0667333], abs=1e-6)
    assert found[0] == 0.0


def test_a_timeline_is_a_sequence():
    found = quarters(0, 1, 3, 7)
    assert len(found) == 4
    assert [found[i] for i in range(4)] == [0.0, 0.25, 0.75, 1.75]
    assert (found[-1], found[-4]) == (1.75, 0.0)
    assert found[:] == (0.0, 0.25, 0.75, 1.75)
    assert (found[1:3], found[::-2], found[9:]) == ((0.25, 0.75), (1.75, 0.25), ())
    assert list(reversed(found)) == [1.75, 0.75, 0.25, 0.0]
    assert 0.75 in found
    assert 0.5 not in found
    assert found.index(1.75) == 3
    for wrong in (4, -5):
        with pytest.raises(IndexError):
            found[wrong]


def test_every_way_to_read_the_times_gives_the_same_floats():
    rng = random.Random(3)
    for _ in range(100):
        found, base, ticks, _, _ = random_timeline(rng)
        times = [(t - ticks[0]) * float(base) for t in ticks]
        assert list(found) == list(found[:]) == [found[i] for i in range(len(found))] == times
        assert all(a < b for a, b in pairwise(times))
        assert [spot.time for spot in found.spots(range(len(found)))] == times


def test_a_still_is_one_frame_at_the_start():
    assert (list(STILL), STILL.at(9.0), STILL.nearest(9.0), STILL.constant) == ([0.0], 0, 0, True)
    assert STILL.spots((0,)) == (Spot(0, 0.0, 0, None),)


def test_a_film_has_a_first_frame():
    with pytest.raises(IndexError):
        Timeline.of(Fraction(1, 25), [])


def test_equal_timelines_are_equal_and_hash_alike():
    rng, other = random.Random(4), random.Random(4)
    found = [random_timeline(rng)[0] for _ in range(50)]
    again = [random_timeline(other)[0] for _ in range(50)]
    assert found == again
    assert [hash(t) for t in found] == [hash(t) for t in again]
    assert len({*found, *again}) == len(set(found))


@pytest.mark.parametrize(
    "other",
    [
        Timeline.of(Fraction(1, 5), (0, 1, 3), (0,), (2,)),
        Timeline.of(Fraction(1, 4), (0, 2, 3), (0,), (2,)),
        Timeline.of(Fraction(1, 4), (1, 2, 4), (0,), (2,)),
        Timeline.of(Fraction(1, 4), (0, 1, 3), (0, 1), (2,)),
        Timeline.of(Fraction(1, 4), (0, 1, 3), (0,), ()),
    ],
    ids=["base", "ticks", "origin", "keys", "lost"],
)
def test_timelines_differ_in_every_field(other):
    assert other != quarters(0, 1, 3, keys=(0,), lost=(2,))


def test_a_timeline_survives_copying_and_the_way_between_processes():
    rng = random.Random(5)
    for found in [STILL, *(random_timeline(rng)[0] for _ in range(20))]:
        for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
            assert again == found
            assert hash(again) == hash(found)
            assert list(again) == list(found)


def test_a_timeline_cannot_be_changed():
    with pytest.raises((AttributeError, TypeError)):
        quarters(0, 1).origin = 5


# Whether all frames are equally far apart


@pytest.mark.parametrize(
    ("ticks", "constant"),
    [
        ((0,), True),
        ((0, 9), True),
        ((0, 40, 80, 120), True),
        ((0, 33, 67, 100, 133, 167), True),  # 29.97 a second, rounded to milliseconds
        ((0, 40, 80, 122), False),
        ((0, 40, 120, 160), False),
        ((0, 3000, 3040, 3080), False),
    ],
)
def test_a_constant_rate_is_told_to_a_tick_of_rounding(ticks, constant):
    assert Timeline.of(Fraction(1, 1000), ticks).constant is constant


@pytest.mark.parametrize("base", BASES[:4])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(10)])
def test_every_common_rate_is_constant_in_every_common_base_that_can_hold_it(rate, base):
    if base * rate <= 1:
        assert even(1000, rate, base).constant


# The frame on show, and the nearest


def test_the_frame_on_show_lasts_until_the_next_one_begins():
    found = quarters(0, 1, 3, 7)
    asked = [-5.0, -1e-9, 0.0, 0.1, 0.2499, 0.25, 0.5, 0.7499, 0.75, 1.0, 1.75, 1e9]
    assert [found.at(time) for time in asked] == [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3]


def test_a_time_a_microsecond_early_is_on_time():
    found = quarters(0, 1, 3, 7)
    assert [found.at(0.75 - early) for early in (0.5e-6, 0.99e-6, 1.5e-6)] == [2, 2, 1]
    third = even(100, Fraction(3), Fraction(1, 90_000))
    assert [third.at(k / 3) for k in range(100)] == list(range(100)), "no float keeps a frame from its own time"


def test_the_nearest_frame_and_the_earlier_of_two():
    found = quarters(0, 1, 3, 7)
    asked = [-5.0, 0.0, 0.1, 0.125, 0.126, 0.25, 0.5, 0.51, 0.75, 1.25, 1.26, 1.75, 99.0]
    assert [found.nearest(time) for time in asked] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_on_show_and_nearest_are_what_looking_at_every_frame_finds():
    rng = random.Random(6)
    for _ in range(300):
        found, *_ = random_timeline(rng)
        times = list(found)
        for _ in range(10):
            asked = rng.choice([rng.uniform(-1, times[-1] * 1.2 + 1), rng.choice(times)])
            on_show = [i for i, time in enumerate(times) if time <= asked + 1e-6]
            near = found.nearest(asked)
            if all(abs(time - asked - 1e-6) > 1e-9 for time in times):
                assert found.at(asked) == max(on_show, default=0)
            assert abs(times[near] - asked) <= min(abs(time - asked) for time in times) + 1e-9


def test_ties_go_to_the_earlier_frame_whatever_the_clip():
    rng = random.Random(7)
    for _ in range(200):
        ticks = random_ticks(rng)
        found = Timeline.of(Fraction(1, 1024), ticks)
        for i, (a, b) in enumerate(pairwise(found)):
            assert found.nearest((a + b) / 2) == i
            assert found.nearest(a) == found.at(a) == i


# Where frames are found


def test_spots_tell_the_key_frame_at_or_before_each_frame_in_the_files_own_ticks():
    found = Timeline.of(Fraction(1, 1000), [500, 540, 580, 620, 660], keys=(0, 3))
    assert found.spots((0, 2, 3, 4)) == (
        Spot(0, 0.0, 500, 500),
        Spot(2, 0.08, 580, 500),
        Spot(3, 0.12, 620, 620),
        Spot(4, 0.16, 660, 620),
    )


def test_a_frame_before_the_first_key_frame_and_a_film_without_any_have_no_key():
    late = Timeline.of(Fraction(1, 1000), [0, 40, 80, 120], keys=(2,))
    assert [spot.key for spot in late.spots(range(4))] == [None, None, 80, 80]
    none = Timeline.of(Fraction(1, 1000), [0, 40, 80, 120])
    assert [spot.key for spot in none.spots(range(4))] == [None] * 4


def test_spots_are_in_the_callers_order():
    found = quarters(0, 1, 3, 7, keys=(0,))
    assert [spot.index for spot in found.spots((3, 0, 3))] == [3, 0, 3]
    assert found.spots(()) == ()


def test_spots_are_what_looking_at_every_key_frame_finds():
    rng = random.Random(8)
    for _ in range(200):
        found, _, ticks, keys, _ = random_timeline(rng)
        for spot in found.spots(range(len(ticks))):
            before = [key for key in keys if key <= spot.index]
            assert spot.pts == ticks[spot.index]
            assert spot.key == (ticks[before[-1]] if before else None)


# Frames that do not decode


def test_what_does_not_decode_gives_way_to_the_nearest_that_does():
    found = quarters(*range(10), lost=(0, 3, 4, 5, 9))
    assert list(found.lost_frames) == [0, 3, 4, 5, 9]
    assert found.readable((0, 1, 4, 9)) == (1, 2, 8)
    assert found.readable((3,)) == (2,)
    assert found.readable((5,)) == (6,)
    assert found.readable((4,)) == (2,), "of two as near, the earlier"


def test_what_decodes_is_kept_as_it_is_each_once_and_in_order():
    assert quarters(*range(10)).readable((5, 2, 5)) == (2, 5)
    assert quarters(*range(10), lost=(7,)).readable((5, 2, 5)) == (2, 5)
    assert quarters(*range(10)).readable(()) == ()


def test_where_nothing_decodes_no_frame_can_be_named():
    with pytest.raises(ValueError, match="no frame decodes"):
        quarters(0, 1, 2, lost=(0, 1, 2)).readable((1,))


def test_readable_frames_are_what_looking_at_every_frame_finds():
    rng = random.Random(9)
    for _ in range(200):
        found, _, ticks, _, lost = random_timeline(rng)
        good = [i for i in range(len(ticks)) if i not in set(lost)]
        asked = rng.sample(range(len(ticks)), rng.randint(1, len(ticks)))
        nearest = {min(good, key=lambda g, i=i: (abs(g - i), g)) for i in asked}
        assert found.readable(asked) == tuple(sorted(nearest))
