"""From a pilot to all records: what is expected, and how wide it may be missed."""

import random

import pytest

from curate.chat import Reply
from curate.projection import FIGURES, Asking, Range, Seen, Speed, Used, Whole, projected, ranged

CAPTION, DRAFT = Asking("caption", "eyes", shares=True), Asking("draft", "mind")
SPEEDS = {"eyes": Speed(4), "mind": Speed(2)}


def used(calls=1.0, tokens=100.0):
    return Used(calls, tokens, tokens / 4, tokens / 10, tokens / 1000)


def seen(medium, passed=True, sharing=1, caption=None, draft=None):
    """A row that came through both gates, the last of which may have dropped it."""
    name = str(medium).encode()
    return Seen(name, sharing, True, (True, True, passed), (caption or used(), draft or used()))


def width(found):
    return found.high - found.low


def test_replies_are_added_up():
    replies = [Reply(text="", prompt_tokens=5, completion_tokens=2, cached_tokens=1, cost=0.5)] * 2
    assert Used.of(replies) == (2, 10, 2, 4, 1.0)
    assert Used.of(()) == Used()


def test_the_range_is_the_middle_of_the_draws_and_holds_what_is_expected():
    assert ranged(50, list(range(101))) == (5, 50, 95)
    assert ranged(0, [1.0, 2.0]) == (0, 0, 2)
    assert ranged(7, [1.0]) == (1, 7, 7)


def test_rows_media_and_tokens_are_scaled_each_by_its_own():
    pilot = [seen(n, caption=used(2, 1000), sharing=10) for n in range(10)]
    found = projected(pilot, [CAPTION, DRAFT], SPEEDS, Whole([10] * 30))
    caption, draft = found.stages["caption"], found.stages["draft"]
    assert caption["units"].expected == pytest.approx(30)
    assert [caption[f].expected for f in FIGURES] == pytest.approx([60, 30_000, 7500, 3000, 30])
    assert [draft[f].expected for f in FIGURES] == pytest.approx([300, 30_000, 7500, 3000, 30])
    assert found.total["calls"].expected == pytest.approx(360)
    assert found.kept.expected == pytest.approx(300)
    assert found.records == 10


def test_only_what_passes_is_asked_on():
    steps = [Asking("draft", "mind"), Asking("revise", "eyes")]
    dropped = Seen(b"", 1, True, (True, False), (used(),))
    pilot = [*[seen(n, passed=n % 2 == 0) for n in range(8)], dropped, dropped, dropped, dropped]
    found = projected(pilot, steps, SPEEDS, Whole([1] * 120))
    assert found.stages["draft"]["calls"].expected == pytest.approx(120)
    assert found.stages["revise"]["calls"].expected == pytest.approx(80)
    assert found.stages["revise"]["calls"].low < 70 < 90 < found.stages["revise"]["calls"].high
    assert found.kept.expected == pytest.approx(40)


def test_what_cannot_be_shown_is_not_asked_about():
    pilot = [*[seen(n) for n in range(9)], Seen(b"gone", 1, False)]
    found = projected(pilot, [CAPTION, DRAFT], SPEEDS, Whole([1] * 1000))
    assert found.rows.expected == pytest.approx(900)
    assert found.rows.low < 850
    assert found.stages["caption"]["calls"].expected == pytest.approx(900)


def test_a_medium_counts_while_one_of_its_rows_is_left():
    early = Asking("draft", "mind"), Asking("caption", "eyes", shares=True)
    half = [seen(n, sharing=20) if n % 2 else Seen(b"%d" % n, 20, True, (True, False), (used(),)) for n in range(10)]
    found = projected(half, early, SPEEDS, Whole([20] * 50))
    assert found.stages["caption"]["calls"].expected == pytest.approx(50, abs=0.01)
    single = projected(half, early, SPEEDS, Whole([1] * 50))
    assert single.stages["caption"]["calls"].expected == pytest.approx(25)


def test_filters_before_all_stages_save_calls():
    pilot = [seen(n) if n % 4 else Seen(b"%d" % n, 1, True, (False,)) for n in range(12)]
    found = projected(pilot, [CAPTION, DRAFT], SPEEDS, Whole([1] * 100, filtered=True))
    assert found.stages["draft"]["calls"].expected == pytest.approx(75)
    assert found.kept.expected == pytest.approx(75)


def test_records_that_wait_for_a_reply_tell_of_what_they_have_passed():
    waiting = Seen(b"w", 1, True, (True, True), (used(),))
    found = projected([seen(1), seen(2, passed=False), waiting], [CAPTION, DRAFT], SPEEDS, Whole([1] * 10))
    assert found.kept.expected == pytest.approx(5)
    assert found.stages["draft"]["calls"].expected == pytest.approx(10)


@pytest.mark.parametrize("number", [1, 2, 5, 20])
def test_few_and_equal_records_are_never_certain(number):
    found = projected([seen(n) for n in range(number)], [CAPTION, DRAFT], SPEEDS, Whole([1] * 1000))
    for figures in (*found.stages.values(), found.total):
        assert all(figures[f].low < figures[f].expected < figures[f].high for f in FIGURES if f != "calls")
        assert all(width(figures[f]) > 0.05 * figures[f].expected for f in FIGURES)
    assert width(found.kept) > 0.05 * found.kept.expected
    assert found.stages["draft"]["calls"].low <= found.stages["draft"]["calls"].expected


def test_no_more_calls_than_the_input_can_take():
    """Two pictures of a hundred were seen; each can be asked about three times."""
    asks = [Asking("caption", "eyes", True, most=300), DRAFT]
    free = projected([seen(1), seen(2)], [CAPTION, DRAFT], SPEEDS, Whole([1] * 100))
    assert free.stages["caption"]["calls"].high > 300
    found = projected([seen(1), seen(2)], asks, SPEEDS, Whole([1] * 100))
    assert found.stages["caption"]["calls"].high == pytest.approx(300)
    assert found.stages["caption"]["cost"].high < free.stages["caption"]["cost"].high
    assert found.stages["draft"] == free.stages["draft"]


def test_what_the_pilot_took_is_possible():
    asks = [Asking("caption", "eyes", True, most=300), DRAFT]
    found = projected([seen(1, caption=used(9)), seen(2)], asks, SPEEDS, Whole([1] * 100))
    assert found.stages["caption"]["calls"].expected == pytest.approx(500)
    assert found.stages["caption"]["calls"].high <= 900


def test_more_records_make_it_narrower():
    chance = random.Random(1)
    rows = [seen(n, chance.random() < 0.6, draft=used(1, chance.uniform(50, 150))) for n in range(400)]
    wide, narrow = (projected(rows[:n], [CAPTION, DRAFT], SPEEDS, Whole([1] * 5000)) for n in (10, 400))
    for figure in FIGURES:
        assert width(narrow.total[figure]) < 0.5 * width(wide.total[figure])
    assert width(narrow.kept) < 0.5 * width(wide.kept)


def test_the_whole_input_is_certain():
    rows = [seen(n % 3, n % 2 == 0, 4, draft=used(1, 10 * n)) for n in range(12)]
    found = projected(rows, [CAPTION, DRAFT], SPEEDS, Whole([4] * 3))
    assert found.stages["caption"]["calls"] == pytest.approx((3, 3, 3))
    assert found.stages["draft"]["prompt_tokens"] == pytest.approx((660, 660, 660))
    assert found.kept == pytest.approx((6, 6, 6))


def test_media_that_are_all_seen_are_certain_however_unequal():
    rows = [seen(0, sharing=90, caption=used(8))] * 9 + [seen(1, sharing=10, caption=used(1))]
    found = projected(rows, [CAPTION, DRAFT], SPEEDS, Whole([90, 10]))
    assert found.stages["caption"]["calls"] == pytest.approx((9, 9, 9))
    assert width(found.stages["draft"]["calls"]) > 0


def test_nine_of_ten_truths_lie_between_low_and_high():
    chance = random.Random(7)
    hits = 0
    for _ in range(60):
        rows = [seen(n, chance.random() < 0.6, draft=used(1, chance.lognormvariate(5, 0.6))) for n in range(800)]
        told = projected(rows[::20], [CAPTION, DRAFT], SPEEDS, Whole([1] * 800), draws=200)
        truth = sum(row.used[1].cost for row in rows)
        hits += told.stages["draft"]["cost"].low <= truth <= told.stages["draft"]["cost"].high
    assert 48 <= hits <= 60


def test_the_slowest_model_decides_how_long_it_takes():
    asks = [Asking("caption", "eyes", True, 20.0, 10), Asking("draft", "mind", False, 30.0, 10)]
    found = projected([seen(n) for n in range(10)], asks, SPEEDS, Whole([1] * 100))
    assert found.stages["caption"]["seconds"].expected == pytest.approx(100 * 2 / 4)
    assert found.stages["draft"]["seconds"].expected == pytest.approx(100 * 3 / 2)
    assert found.total["seconds"].expected == pytest.approx(150)
    assert found.total["seconds"].low < 120 < 180 < found.total["seconds"].high
    assert found.slowest == "mind"


def test_stages_of_one_model_share_its_time():
    asks = [Asking("caption", "mind", True, 20.0, 10), Asking("draft", "mind", False, 30.0, 10)]
    found = projected([seen(n) for n in range(10)], asks, SPEEDS, Whole([1] * 100))
    assert found.total["seconds"].expected == pytest.approx(250)


@pytest.mark.parametrize(
    ("speed", "seconds"), [(Speed(100, requests_per_minute=20), 300), (Speed(100, tokens_per_minute=2200), 300)]
)
def test_limits_of_requests_and_tokens_a_minute_hold(speed, seconds):
    asks = [Asking("draft", "mind", False, 1.0, 10)]
    found = projected([seen(n) for n in range(10)], asks, {"mind": speed}, Whole([1] * 100))
    assert found.total["seconds"].expected == pytest.approx(seconds)


def test_without_a_timed_reply_nothing_is_said_of_time():
    asks = [Asking("caption", "eyes", True), Asking("draft", "mind", False, 30.0, 10)]
    found = projected([seen(n) for n in range(10)], asks, SPEEDS, Whole([1] * 100))
    assert "seconds" in found.stages["draft"]
    assert "seconds" not in {**found.stages["caption"], **found.total}
    assert found.slowest is None


def test_a_stage_that_no_record_reached_is_not_guessed():
    dropped = [Seen(b"%d" % n, 1, True, (True, False), (used(),)) for n in range(4)]
    found = projected(dropped, [CAPTION, DRAFT], SPEEDS, Whole([1] * 100))
    assert (found.stages["draft"], found.kept) == ({}, None)
    assert found.total["calls"].expected == pytest.approx(100)


def test_of_nothing_seen_nothing_is_known():
    found = projected([], [CAPTION, DRAFT], SPEEDS, Whole([]))
    assert (found.rows, found.total.get("calls"), found.kept) == (Range(0, 0, 0), None, None)
