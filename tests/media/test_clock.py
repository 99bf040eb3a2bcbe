"""Times of frames in files that do not say them, or say what cannot be."""

from itertools import pairwise

import pytest

from curate.media.clock import FINER, Stamps, clocked

EVEN = [40 * i for i in range(30)]
NONE: Stamps = [None] * 30


def changed(**to: int | None) -> list[int | None]:
    """Even times with some others: `at7=None`."""
    stamps: list[int | None] = list(EVEN)
    for name, stamp in to.items():
        stamps[int(name.removeprefix("at"))] = stamp
    return stamps


@pytest.mark.parametrize(
    ("pts", "dts", "ticks"),
    [
        (EVEN, EVEN, EVEN),
        ([at + 5000 for at in EVEN], NONE, [at + 5000 for at in EVEN]),
        (NONE, [at + 7 for at in EVEN], [at + 7 for at in EVEN]),
        (NONE, NONE, EVEN),  # the step that the stream names
        (changed(at7=None), NONE, EVEN),
        (changed(at29=None), NONE, EVEN),
        (changed(at7=None, at8=None, at9=None), NONE, EVEN),
        (changed(at0=None), NONE, EVEN),
        ([at * at for at in EVEN], EVEN, [at * at for at in EVEN]),
    ],
)
def test_times_are_the_files_own_where_it_has_them(pts: Stamps, dts: Stamps, ticks: list[int]) -> None:
    assert clocked(pts, dts, 40) == (ticks, 1)


def test_a_time_that_repeats_moves_no_other() -> None:
    ticks, units = clocked(changed(at8=280), NONE, 5000)
    assert (units, ticks[:8], ticks[9:]) == (1, EVEN[:8], EVEN[9:])
    assert EVEN[7] < ticks[8] < EVEN[9]


def test_many_times_that_repeat_are_no_order_of_decoding() -> None:
    repeated = [at - 40 if i % 3 == 1 else at for i, at in enumerate(EVEN)]
    ticks, units = clocked(repeated, [at - 80 for at in EVEN], 40)
    assert units == 1
    assert [at for i, at in enumerate(ticks) if i % 3 != 1] == [at for i, at in enumerate(EVEN) if i % 3 != 1]


def test_a_clock_that_jumps_ahead_is_believed() -> None:
    stamps = [*EVEN, *(at + 1_000_000 for at in EVEN)]
    assert clocked(stamps, [None] * 60, 40)[0] == stamps


def test_a_clock_that_was_set_back_goes_on() -> None:
    ticks, units = clocked([*EVEN, *EVEN], [None] * 60, 5000)
    assert (ticks, units) == ([40 * i for i in range(60)], 1)


def test_frames_stamped_as_they_are_decoded_take_the_other_clock() -> None:
    pts: list[int | None] = [40 * (i + (2, -1, -1)[i % 3]) for i in range(30)]
    assert clocked(pts, EVEN, 40)[0] == EVEN


def test_more_frames_than_ticks_find_room_between_them() -> None:
    ticks, units = clocked([i // 5 for i in range(500)], [None] * 500, 1)
    assert units == FINER
    assert all(a < b for a, b in pairwise(ticks))
    assert max(abs(tick / units - i / 5) for i, tick in enumerate(ticks)) < 1


def test_one_frame() -> None:
    assert clocked([77], [None], 40) == ([77], 1)
    assert clocked([None], [None], 40) == ([0], 1)
