"""The pace that a server takes, found by asking: simulated servers, and the arithmetic case by case."""

import math
import random

import pytest

from curate.rate import AWAY, FURTHEST, GRACE, LONGEST, SHORTEST, Rate
from tests.limits import Bucket, FixedWindow, Limit, SlidingWindow
from tests.simulated import START, simulate, unsaid

MINUTES = 5


def window_since(seconds: float, number: int) -> FixedWindow:
    """A window of a minute that began so long before the first request."""
    window = FixedWindow(number, 60)
    window._ends = START + 60 - seconds
    return window


def bucket(number: int, capacity: int) -> Bucket:
    """So many a minute; full when the first request comes."""
    made = Bucket(number, 60, capacity=capacity)
    made._at = START
    return made


LIMITS = {
    "fixed window": lambda number: FixedWindow(number, 60),
    "fixed window of the clock": lambda number: window_since(47, number),
    "sliding window": lambda number: SlidingWindow(number, 60),
    "bucket of a minute": lambda number: bucket(number, number),
    "bucket of a second": lambda number: bucket(number, number // 60),
}
RETRY_AFTER = {"no Retry-After": unsaid, "whole seconds": math.ceil, "exact seconds": float}
every_limit = pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)


def steady(limit: float | None = None) -> Rate:
    """A rate whose jitter is the same in every run of a test."""
    return Rate(limit, random.Random(1).random)


@every_limit
@pytest.mark.parametrize("told", RETRY_AFTER.values(), ids=RETRY_AFTER)
@pytest.mark.parametrize("number", [600, 6000])
def test_what_a_limit_allows_is_used_and_little_is_refused(number, told, limit):
    server = limit(number)
    first = server._ends - START if getattr(server, "_ends", 0.0) else 0.0
    run = simulate(server, first + MINUTES * 60, steady(), concurrency=54 + number // 60, told=told)
    assert run.between(first, first + MINUTES * 60) >= 0.95 * number * MINUTES
    assert run.share_refused < 0.06


@pytest.mark.parametrize("latency", [0.02, 5.0])
@pytest.mark.parametrize("known", [False, True], ids=["found", "set"])
@pytest.mark.parametrize(("number", "minutes", "jitter"), [(60, 15, 0.003), (600, 6, 0.003), (6000, 4, 0.0003)])
def test_a_server_that_takes_no_two_at_once_is_used_as_well(number, minutes, jitter, known, latency):
    """A bucket of one. A request that goes out a little too early is refused, and so is every second one at worst."""
    rate = steady(number / 60 if known else None)
    run = simulate(bucket(number, 1), minutes * 60, rate, 54 + number // 10, latency, jitter=jitter)
    assert run.between(60, minutes * 60) >= 0.93 * number * (minutes - 1)
    assert sum(time >= 60 for time in run.refused) < 0.05 * number * (minutes - 1)


def test_a_server_that_takes_no_two_at_once_is_used_though_a_few_are_refused_by_chance():
    run = simulate(Chance(0.02, 1, limit=bucket(600, 1)), 360, steady(), concurrency=64, jitter=0.003)
    assert run.between(60, 360) >= 0.9 * 600 * 5


class TokenWindow(FixedWindow):
    """A window of so many tokens, a thousand times the `requests`; requests take a few hundred to several thousand."""

    def __init__(self, requests: int, seconds: float, seed: int) -> None:
        super().__init__(requests, seconds)
        self._random = random.Random(seed)
        self.taken_by: list[tuple[float, float]] = []  # when, since the start, and how many thousand

    def missing(self, now: float) -> float:
        """Until the next window, where it has too few left for this one."""
        if now >= self._ends:
            self._ends, self._used = now + self.seconds, 0.0
        tokens = self._random.lognormvariate(-0.3, 0.77)
        if self._used + tokens > self.requests:
            return self._ends - now
        self._used += tokens
        self.taken_by.append((now - START, tokens))
        return 0.0


@pytest.mark.parametrize("seed", range(12))
def test_a_small_request_that_a_full_window_takes_tells_no_pace(seed):
    server = TokenWindow(600, 60, seed)
    simulate(server, 600, steady(), 128, jitter=0.003)
    assert sum(tokens for at, tokens in server.taken_by if at >= 120) >= 0.93 * 600 * 8


@every_limit
def test_a_limit_that_is_raised_is_used_a_minute_later(limit):
    server = limit(600)

    def raised() -> None:
        server.requests, server.burst = 1200, server.burst * 2

    run = simulate(server, 300, steady(), events={120: raised})
    assert run.between(180, 300) >= 0.75 * 1200 * 2


def test_a_pace_that_held_nothing_back_for_hours_still_follows_a_limit_that_falls():
    server, rate = bucket(600, 10), steady()

    def lowered() -> None:
        server.requests, server.burst = 300, 5

    # Sixty at once that take 8 s each: no more than 450 a minute, whatever the server takes.
    run = simulate(server, 7300, rate, concurrency=60, latency=8, events={7000: lowered})
    assert run.between(7060, 7300) >= 0.95 * 300 * 4
    assert sum(time >= 7000 for time in run.refused) < 200


def test_a_limit_of_the_settings_is_never_passed():
    run = simulate(FixedWindow(10**9, 60), 120, steady(10.0))
    ends = range(60, 121)
    assert all(run.between(end - 60, end) <= 601 for end in ends)
    assert run.between(60, 120) >= 0.95 * 600
    assert run.refused == []


@pytest.mark.parametrize(("settings", "server"), [(480, 600), (1200, 600)])
@pytest.mark.parametrize("limit", [LIMITS["fixed window"], LIMITS["bucket of a second"]])
def test_the_lower_limit_holds_whether_the_settings_or_the_server_set_it(limit, settings, server):
    run = simulate(limit(server), 300, steady(settings / 60), concurrency=64)
    lower = min(settings, server)
    assert 0.95 * lower * 4 <= run.between(60, 300) <= 1.01 * lower * 4
    assert run.share_refused < 0.06


@pytest.mark.parametrize(("a_second", "late", "gap"), [(10.0, 0.03, 0.1), (100.0, 0.03, 0.0)])
def test_only_where_requests_are_close_one_that_is_late_is_caught_up_on(a_second, late, gap):
    """Else a server that takes no two at once would refuse the next."""
    rate = steady(a_second)
    rate.start(START)
    began = START + 1 / a_second + late
    rate.start(began)
    assert rate.wait(began) == pytest.approx(gap, abs=1e-6)


def test_nothing_bounds_the_pace_of_a_server_that_never_refused():
    rate = steady()
    for _ in range(1000):
        assert rate.wait(START) == 0.0
        rate.start(START)
    assert rate.allowed is None


def shut(rate: Rate, wish: float | None = None) -> None:
    """Let one request out at the start and have it refused at once."""
    rate.refused(START, rate.start(START), wish)


def probe(rate: Rate, now: float) -> tuple[float, int]:
    """Wait as long as the rate wants, then begin a probe; when it began, and its number."""
    wait = rate.wait(now)
    assert wait is not None
    return now + wait, rate.start(now + wait)


def refused_probes(rate: Rate, number: int) -> list[float]:
    """The waits between so many probes, each refused at once."""
    shut(rate)
    now, waits = START, []
    for _ in range(number):
        began, number = probe(rate, now)
        waits.append(began - now)
        rate.refused(began, number, None)
        now = began
    return waits


def test_waits_grow_while_probes_are_refused_and_stay_bounded():
    waits = refused_probes(Rate(chance=lambda: 0.5), 8)
    assert waits == pytest.approx([min(SHORTEST * 2**n, LONGEST) for n in range(8)])


def test_waits_are_spread():
    low, high = (refused_probes(Rate(chance=lambda c=c: c), 6) for c in (0.0, 1.0))
    assert [b / a for a, b in zip(low, high, strict=True)] == pytest.approx([1.25 / 0.75] * 6)
    assert len(set(refused_probes(steady(), 8)[4:])) == 4


def test_a_probe_that_is_taken_ends_the_growth():
    rate = Rate(chance=lambda: 0.5)
    refused_probes(rate, 5)
    began, number = probe(rate, START + 100)
    rate.answered(began + 0.1, number)
    assert (rate.state, rate.streak) == ("open", 0)
    for number in [rate.start(began + 10) for _ in range(10)]:
        rate.refused(began + 10, number, None)
    assert rate.wait(began + 10) == pytest.approx(SHORTEST)


@pytest.mark.parametrize("chance", [0.0, 1.0])
@pytest.mark.parametrize("wish", [0.0, 2.0, 59.0, FURTHEST])
def test_nothing_starts_before_retry_after(wish, chance):
    rate = Rate(chance=lambda: chance)
    shut(rate, wish)
    assert wish <= rate.wait(START) <= wish * 1.02 + 0.051


def test_retry_after_of_hours_is_looked_at_sooner():
    rate = Rate(chance=lambda: 0.0)
    shut(rate, 86_400.0)
    assert rate.wait(START) == FURTHEST


def test_the_longest_retry_after_of_many_holds():
    rate = Rate(chance=lambda: 0.0)
    numbers = [rate.start(START) for _ in range(3)]
    for number, wish in zip(numbers, (30.0, 5.0, 40.0), strict=True):
        rate.refused(START, number, wish)
    assert rate.wait(START) == 40.0


def taken_then_refused(rate: Rate, taken: int, refused: int) -> None:
    """So many a second apart from the start on, then so many at once that are all refused a little later."""
    for number in range(taken):
        rate.answered(START + number, rate.start(START + number))
    numbers = [rate.start(START + taken) for _ in range(refused)]
    for number in numbers:
        rate.refused(START + taken + 0.1, number, None)


def test_many_refusals_of_one_burst_lower_the_pace_once():
    rate, twice = steady(), steady()
    taken_then_refused(rate, 100, 10)
    taken_then_refused(twice, 100, 60)
    assert twice.wait(START + 101) == pytest.approx(rate.wait(START + 101))
    for each in (rate, twice):
        began, number = probe(each, START + 101)
        each.answered(began + 0.1, number)
    assert rate.found == twice.found


def test_a_refusal_that_comes_late_tells_nothing_new():
    rate = steady()
    taken_then_refused(rate, 100, 10)
    late = rate.start(START + 100.1)
    began, number = probe(rate, START + 101)
    rate.answered(began + 0.1, number)
    found = rate.found
    rate.refused(began + 0.2, late, None)
    assert (rate.found, rate.state) == (found, "open")


def test_while_shut_nothing_goes_out_and_then_one_request_probes():
    rate = Rate(chance=lambda: 0.5)
    shut(rate)
    assert rate.wait(START + 0.1) == pytest.approx(SHORTEST - 0.1)
    began, number = probe(rate, START)
    assert rate.state == "probing"
    assert rate.wait(began) == pytest.approx(GRACE)
    rate.answered(began + 0.2, number)
    assert rate.state == "open"


def test_a_probe_that_is_not_refused_soon_has_been_taken():
    rate = Rate(chance=lambda: 0.5)
    shut(rate)
    began, _ = probe(rate, START)
    rate.wait(began + GRACE)
    assert rate.state == "open"


def test_while_the_server_is_away_only_an_answer_opens():
    rate = Rate(chance=lambda: 0.5)
    before = rate.start(START)
    rate.away(START, before)
    began, number = probe(rate, START)
    assert rate.wait(began + 1000) is None
    rate.answered(began + 1001, before)
    assert rate.wait(began + 1001) is None
    rate.answered(began + 1002, number)
    assert rate.wait(began + 1002) == 0.0


def test_looks_for_a_server_that_is_away_become_rare():
    rate = Rate(chance=lambda: 0.5)
    rate.away(START, rate.start(START))
    now, waits = START, []
    for _ in range(8):
        began, number = probe(rate, now)
        waits.append(began - now)
        rate.away(began, number)
        now = began
    assert waits == pytest.approx([min(2.0**n, AWAY) for n in range(8)])
    assert rate.streak == 8


def test_failures_of_one_outage_count_once():
    rate = Rate(chance=lambda: 0.5)
    for number in [rate.start(START) for _ in range(10)]:
        rate.away(START + 1 + number / 20, number)
    assert rate.streak == 0
    assert rate.wait(START + 1.5) == pytest.approx(0.5)


def test_a_probe_that_was_given_up_leaves_room_for_another():
    rate = Rate(chance=lambda: 0.5)
    rate.away(START, rate.start(START))
    began, number = probe(rate, START)
    rate.again(number)
    assert rate.wait(began) == 0.0
    rate.start(began)
    assert rate.wait(began) is None


class Chance(Limit):
    """Refuses this share of all requests whatever the pace, and what is beyond a limit, if there is one."""

    def __init__(self, share: float, seed: int, wish: float = 0.5, limit: Limit | None = None) -> None:
        super().__init__(1, 1.0)
        self._share, self._wish, self._limit = share, wish, limit
        self._random = random.Random(seed)

    def missing(self, now: float) -> float:
        """As long as it wishes, by chance."""
        if self._random.random() < self._share:
            return self._wish
        return self._limit.missing(now) if self._limit else 0.0


class Unpaced(Rate):
    """Whatever is refused is asked again at once."""

    def wait(self, now: float) -> float:
        return 0.0

    def refused(self, now: float, number: int, wish: float | None) -> None:
        pass


SEEDS = range(4)


@pytest.mark.parametrize("told", [unsaid, float], ids=["no Retry-After", "Retry-After"])
@pytest.mark.parametrize(("concurrency", "latency", "seconds"), [(16, 0.8, 120), (40, 2.0, 120), (25, 0.05, 5)])
@pytest.mark.parametrize(("share", "least"), [(0.01, 0.95), (0.05, 0.95), (0.1, 0.85), (0.2, 0.75)])
def test_refusals_by_chance_cost_little_but_themselves(share, least, concurrency, latency, seconds, told):
    """A server that refuses at random: what is taken of it is compared with asking it without any pace."""

    def taken(rate: Rate, seed: int) -> int:
        return len(simulate(Chance(share, seed), seconds, rate, concurrency, latency, told).taken)

    kept = [taken(Rate(None, random.Random(seed).random), seed) / taken(Unpaced(), seed) for seed in SEEDS]
    assert sum(kept) / len(kept) >= least, kept


@pytest.mark.parametrize("told", [unsaid, float], ids=["no Retry-After", "Retry-After"])
@pytest.mark.parametrize("share", [0.1, 0.2])
def test_a_model_that_is_seldom_asked_is_held_back_by_no_chance(share, told):
    """Where the very first requests are refused by chance, little is known, and that must not decide the pace."""
    seconds, a_second = 60, 10.0

    def taken(seed: int) -> float:
        rate = Rate(a_second, random.Random(seed).random)
        run = simulate(Chance(share, seed, 1.0), seconds, rate, concurrency=16, latency=0.3, told=told)
        return len(run.taken) / (a_second * seconds * (1 - share))

    used = sorted(taken(seed) for seed in range(40))
    assert (used[0] >= 0.4, used[4] >= 0.75, used[20] >= 0.9) == (True, True, True), used


@pytest.mark.parametrize("limit", [LIMITS["fixed window"], LIMITS["bucket of a second"]], ids=["window", "bucket"])
def test_a_limit_is_kept_to_and_used_though_some_are_refused_by_chance(limit):
    run = simulate(Chance(0.05, 1, limit=limit(600)), 360, steady(), concurrency=64)
    assert run.between(60, 360) >= 0.88 * 600 * 5
    assert sum(time >= 60 for time in run.refused) <= 0.1 * 600 * 5


@pytest.mark.parametrize("latency", [0.2, 4.0])
@pytest.mark.parametrize("seconds", [10, 60])
def test_a_window_of_300_a_minute_is_used_after_the_first_minute(seconds, latency):
    """With Retry-After in whole seconds, as servers send it."""
    run = simulate(FixedWindow(5 * seconds, seconds), 360, steady(), 64, latency, math.ceil)
    assert run.between(60, 360) >= 0.95 * 300 * 5
    assert sum(time >= 60 for time in run.refused) <= 0.05 * 300 * 5


def test_chance_that_ends_is_forgotten():
    server = Chance(0.2, 1)
    rate = steady()

    def limited() -> None:
        server._share, server._limit = 0.0, bucket(600, 10)

    run = simulate(server, 420, rate, concurrency=24, events={60: limited})
    assert run.between(120, 420) >= 0.95 * 600 * 5
    assert sum(time >= 120 for time in run.refused) <= 0.05 * 600 * 5


def test_what_was_taken_before_the_server_was_away_tells_its_pace_too():
    """A window of 600 a minute that was nearly used up when the server was away for a moment."""
    rate = Rate(chance=lambda: 0.5)
    for number in range(580):
        rate.answered(number * 0.03 + 0.01, rate.start(number * 0.03))
    rate.away(18.0, rate.start(18.0))
    now = 18.0 + rate.wait(18.0)
    rate.answered(now, rate.start(now))
    for _ in range(19):
        rate.answered(now, rate.start(now))
    while rate.state == "open":
        rate.refused(now, rate.start(now), 60.0 - now)
    now += rate.wait(now)
    rate.answered(now, rate.start(now))
    assert 8.0 < rate.found <= 10.0
