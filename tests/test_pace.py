"""The way to one model, on a clock that jumps: how many at once, how fast, and what all of them wait for."""

import asyncio
import math
import random
from collections.abc import Coroutine, Iterable
from typing import Any

import pytest

from curate.ask import limited
from curate.chat import Reply, Request
from curate.errors import (
    AwayError,
    CrampedError,
    GoneError,
    RefusedError,
    ThrottledError,
    TransientError,
)
from curate.meter import Meter
from curate.pace import CROWD, FROM, STREAK, Pace, Turn
from curate.rate import CATCH_UP
from tests.clock import jump, now


class Model:
    """A model that takes a second to answer; what `trouble` holds is raised instead, by all requests or by these."""

    def __init__(self, tokens: int = 0) -> None:
        self.tokens = tokens
        self.trouble: Exception | None = None
        self.bad: dict[int, Exception] = {}
        self.starts: list[float] = []
        self.asked: list[int] = []
        self.in_flight = self.most = 0

    async def __call__(self, request: Request) -> Reply:
        self.starts.append(now())
        self.asked.append(request.attempt)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(1)
        finally:
            self.in_flight -= 1
        trouble = self.trouble or self.bad.get(request.attempt)
        if trouble:
            raise trouble
        return Reply(text="yes", prompt_tokens=self.tokens)


def request(number: int) -> Request:
    """A request that can be told from others."""
    return Request("draft", (), 80, attempt=number)


def made(concurrency: int = 4, **options: Any) -> Pace:
    return Pace(concurrency, clock=now, **options)


async def asked(pace: Pace, model: Model, numbers: Iterable[int]) -> list[Reply | BaseException]:
    """What came of these requests, all begun at once."""
    ask = limited(model, pace, Meter())
    return await asyncio.gather(*(ask(request(n)) for n in numbers), return_exceptions=True)


def texts(found: list[Reply | BaseException]) -> set[str]:
    return {one.text if isinstance(one, Reply) else f"{type(one).__name__}: {one}" for one in found}


def test_no_more_than_concurrency_are_on_their_way_and_the_first_come_go_first():
    async def main() -> None:
        model = Model()
        assert texts(await asked(made(4), model, range(50))) == {"yes"}
        assert model.most == 4
        assert model.asked == list(range(50))

    jump(main())


def test_whoever_ends_lets_the_next_one_go_at_once():
    async def main() -> None:
        model = Model()
        await asked(made(2), model, range(6))
        assert [start - model.starts[0] for start in model.starts] == [0, 0, 1, 1, 2, 2]

    jump(main())


async def tasks(*coroutines: Coroutine[Any, Any, Turn]) -> list[asyncio.Task[Turn]]:
    """The coroutines as tasks that have gone as far as they can."""
    begun = [asyncio.create_task(each) for each in coroutines]
    await asyncio.sleep(0.001)
    return begun


def test_a_waiter_that_is_cancelled_takes_no_turn():
    async def main() -> None:
        pace = made(1)
        holder = await pace.turn()
        given_up, next_one = await tasks(pace.turn(), pace.turn())
        given_up.cancel()
        await asyncio.sleep(0.001)
        pace.leave(holder)
        pace.leave(await next_one)
        assert (pace.in_flight, pace.waiting) == (0, 0)

    jump(main())


def test_a_waiter_that_is_cancelled_as_its_turn_comes_hands_it_on():
    async def main() -> None:
        pace = made(1)
        holder = await pace.turn()
        given_up, next_one = await tasks(pace.turn(), pace.turn())
        pace.leave(holder)
        given_up.cancel()
        pace.leave(await next_one)
        assert given_up.cancelled()
        assert pace.in_flight == 0

    jump(main())


def test_a_request_that_is_cancelled_on_its_way_leaves_its_place():
    async def main() -> None:
        pace, model = made(1), Model()
        first = asyncio.create_task(asked(pace, model, [0]))
        await asyncio.sleep(0.5)
        first.cancel()
        assert texts(await asked(pace, model, [1])) == {"yes"}
        assert (pace.in_flight, model.most) == (0, 1)

    jump(main())


def test_requests_per_minute_are_spread_evenly():
    async def main() -> None:
        model = Model()
        await asked(made(100, requests_per_minute=120), model, range(41))
        gaps = [b - a for a, b in zip(model.starts, model.starts[1:], strict=False)]
        assert gaps == pytest.approx([0.5] * 40, abs=CATCH_UP + 1e-6)
        assert sum(gaps) >= 20 - CATCH_UP - 1e-6

    jump(main())


def test_tokens_per_minute_count_what_replies_took():
    async def main() -> None:
        model = Model(tokens=50)
        pace = made(100, tokens_per_minute=6000)
        await asked(pace, model, [0])
        assert not pace.counts_tokens
        await asked(pace, model, range(1, 41))
        gaps = [b - a for a, b in zip(model.starts[1:], model.starts[2:], strict=False)]
        assert gaps == pytest.approx([0.5] * 39)

    jump(main())


@pytest.mark.parametrize(("tokens", "seconds"), [(1000, 10.0), (20, 1.0)])
def test_a_guess_of_tokens_is_put_right_by_the_reply(tokens, seconds):
    async def main() -> None:
        pace = made(4, tokens_per_minute=6000)
        turn = await pace.turn(guess=300)
        began = now()
        await asyncio.sleep(1)
        pace.answered(turn, tokens)
        pace.leave(turn)
        await pace.turn(guess=300)
        assert now() - began == pytest.approx(seconds)

    jump(main())


def test_before_the_first_reply_a_guess_bounds_the_tokens():
    async def main() -> None:
        pace = made(4, tokens_per_minute=6000)
        assert pace.counts_tokens
        began = now()
        await pace.turn(guess=300)
        await pace.turn(guess=300)
        assert now() - began == pytest.approx(3.0)

    jump(main())


AWAY = AwayError("cannot reach it")


def test_an_outage_fails_nobody_and_one_request_at_a_time_looks_for_the_server():
    async def main() -> None:
        said: list[str] = []
        pace, model = made(8, patience=1800, say=said.append), Model()
        await asked(pace, model, range(8))
        model.trouble = AWAY
        waiting = asyncio.create_task(asked(pace, model, range(100, 140)))
        await asyncio.sleep(10)
        model.most, before = 0, len(model.starts)
        await asyncio.sleep(300)
        assert model.most == 1
        assert 5 <= len(model.starts) - before <= 30
        assert pace.trouble == "cannot reach it"
        model.trouble, back = None, now()
        assert texts(await waiting) == {"yes"}
        assert now() - back < 60
        assert model.most == 8
        assert said == ["cannot reach it; waiting for it, up to 30 min"]
        assert pace.trouble is None

    jump(main())


def test_a_probe_that_is_cancelled_leaves_the_looking_to_another():
    async def main() -> None:
        pace = made(4, patience=600)
        pace.answered(await pace.turn(), 0)
        pace.failed(await pace.turn(), AWAY, 1)
        probe, next_one = await tasks(pace.turn(), pace.turn())
        await asyncio.sleep(60)
        assert (probe.done(), next_one.done()) == (True, False)
        pace.leave(await probe)
        await next_one

    jump(main())


def test_a_failure_that_counts_against_its_request_ends_an_outage():
    async def main() -> None:
        pace = made(4, retries=5)
        pace.failed(await pace.turn(), AWAY, 1)
        probe = await pace.turn()
        assert pace.failed(probe, TransientError("HTTP 500"), 2)
        assert pace.rate.state == "open"

    jump(main())


def test_every_outage_is_told():
    async def main() -> None:
        said: list[str] = []
        pace, model = made(patience=600, say=said.append), Model()
        for _ in range(2):
            await asked(pace, model, range(8))
            model.trouble = AWAY
            waiting = asyncio.create_task(asked(pace, model, range(8)))
            await asyncio.sleep(60)
            model.trouble = None
            await waiting
        assert len(said) == 2

    jump(main())


def test_after_the_patience_everybody_hears_that_the_server_is_gone():
    async def main() -> None:
        pace, model = made(patience=120), Model()
        await asked(pace, model, range(4))
        model.trouble, began = AWAY, now()
        assert texts(await asked(pace, model, range(40))) == {"GoneError: cannot reach it"}
        assert 120 < now() - began < 180
        before = len(model.starts)
        with pytest.raises(GoneError):
            await pace.turn()
        assert (len(model.starts), pace.waiting, pace.in_flight) == (before, 0, 0)

    jump(main())


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_server_that_never_answered_is_looked_for_so_many_times(retries):
    async def main() -> None:
        said: list[str] = []
        pace, model = made(1, retries=retries, patience=1800, say=said.append), Model()
        model.trouble = AWAY
        assert texts(await asked(pace, model, range(10))) == {"GoneError: cannot reach it"}
        assert len(model.starts) == 1 + retries
        assert said == []

    jump(main())


@pytest.mark.parametrize("error", [ThrottledError("slow down"), RefusedError("no such image")])
def test_a_server_that_refused_something_has_answered(error):
    async def main() -> None:
        pace, model = made(1, retries=1, patience=600), Model()
        model.trouble = error
        waiting = asyncio.create_task(asked(pace, model, range(4)))
        await asyncio.sleep(60)
        model.trouble = AWAY
        waiting_too = asyncio.create_task(asked(pace, model, range(4)))
        await asyncio.sleep(300)
        assert pace.gone is None
        model.trouble = None
        assert texts(await waiting) <= {"yes", "RefusedError: no such image"}
        assert texts(await waiting_too) == {"yes"}

    jump(main())


def test_what_throttles_is_no_failure_of_the_request():
    async def main() -> None:
        pace, model = made(), Model()
        model.trouble = ThrottledError("slow down", retry_after=30)
        waiting = asyncio.create_task(asked(pace, model, range(20)))
        await asyncio.sleep(10)
        assert pace.trouble == "asked to wait: slow down"
        assert len(model.starts) <= 8  # those on their way, and as many that followed before all of these had failed
        assert (pace.rate.state, pace.in_flight) == ("shut", 0)
        model.trouble = None
        assert texts(await waiting) == {"yes"}
        assert model.starts[8] - model.starts[0] >= 31

    jump(main())


def test_a_request_that_always_fails_counts_against_itself():
    async def main() -> None:
        said: list[str] = []
        pace, model = made(4, patience=600, say=said.append), Model()
        model.bad = {7: TransientError("HTTP 500")}
        ask, bad = limited(model, pace, Meter()), request(7)
        for first in range(100, 100 + 6 * STREAK, 3):
            others = asyncio.create_task(asked(pace, model, range(first, first + 3)))
            with pytest.raises(TransientError, match="HTTP 500"):
                await ask(bad)
            assert texts(await others) == {"yes"}
        assert said == []
        assert pace.gone is None

    jump(main())


def test_few_requests_that_fail_alone_are_no_outage():
    async def main() -> None:
        pace = made(1, retries=0)
        turn = await pace.turn()
        found = [pace.failed(turn, TransientError("HTTP 500"), n % (FROM - 1)) for n in range(5 * STREAK)]
        assert all(found)
        assert pace.gone is None

    jump(main())


def test_the_last_requests_of_a_run_tell_nothing_of_the_server_where_they_failed_while_others_were_answered():
    """With nobody left to be answered between them, ten rows that no server answers look like an outage."""

    async def main() -> None:
        said: list[str] = []
        pace = made(1, patience=600, say=said.append)
        turn, trouble, poison = await pace.turn(), TransientError("HTTP 500"), range(1, STREAK)
        for number in poison:
            assert pace.failed(turn, trouble, number)
        pace.answered(turn, 0, 99)
        assert all(pace.failed(turn, trouble, number) for _ in range(STREAK) for number in poison)
        assert (said, pace.away_since) == ([], None)
        others = [pace.failed(turn, trouble, 100 + n) for n in range(FROM)]
        assert others == [True] * (FROM - 1) + [False], "requests that did not fail before tell that it is down"
        for number in poison:
            pace.answered(turn, 0, number)
        found = [pace.failed(turn, trouble, number) for number in range(1, STREAK + 1)]
        assert found == [True] * (STREAK - 1) + [False], "they were answered meanwhile"

    jump(main())


def test_failures_that_come_at_once_are_no_outage_where_answers_come_late():
    """Every tenth fails before any of the others is answered: a slow server that fails now and then."""

    async def main() -> None:
        said: list[str] = []
        pace = made(200, patience=600, say=said.append)
        turns = [await pace.turn() for _ in range(200)]
        assert all(pace.failed(turns[n], TransientError("HTTP 500"), n) for n in range(0, 200, 10))
        assert (said, pace.rate.state) == ([], "open")
        lost = [pace.failed(turns[n], TransientError("HTTP 500"), n) for n in range(200) if n % 10]
        # Nearly all of the 191 from the first to the last of the twenty have failed: it is down.
        assert 20 + lost.index(False) + 1 == math.ceil(0.8 * 191)
        assert pace.rate.state == "shut"

    jump(main())


def test_a_process_that_may_open_no_more_files_tells_nothing_of_the_server():
    async def main() -> None:
        pace = made(10 * STREAK)
        turns = [await pace.turn() for _ in range(5 * STREAK)]
        found = [pace.failed(turn, CrampedError("Too many open files"), n) for n, turn in enumerate(turns)]
        assert found == [True] * len(turns)
        assert (pace.away_since, pace.trouble, pace.rate.state) == (None, None, "open")

    jump(main())


def test_a_server_that_throttles_half_and_fails_the_rest_is_down():
    async def main() -> None:
        said: list[str] = []
        pace = made(100, patience=600, say=said.append)
        turns = [await pace.turn() for _ in range(4 * STREAK)]
        found = []
        for number, turn in enumerate(turns):
            error = TransientError("HTTP 500") if number % 2 else ThrottledError("HTTP 503: busy", retry_after=1.0)
            found.append(pace.failed(turn, error, number))
        assert found.count(True) == STREAK - 1
        assert found[-1] is False
        assert pace.trouble == "HTTP 500"
        assert said == ["HTTP 500; waiting for it, up to 10 min"], "once, though it throttles between"

    jump(main())


def test_many_failures_of_different_requests_in_a_row_are_an_outage():
    async def main() -> None:
        said: list[str] = []
        pace = made(1, patience=600, say=said.append)
        turn = await pace.turn()
        pace.answered(turn, 0)
        found = [pace.failed(turn, TransientError("HTTP 500"), n % FROM) for n in range(STREAK)]
        assert found == [True] * (STREAK - 1) + [False]
        assert said == ["HTTP 500; waiting for it, up to 10 min"]
        assert pace.rate.state == "shut"

    jump(main())


def test_an_answer_between_failures_means_that_the_server_is_there():
    async def main() -> None:
        pace = made(1)
        turn = await pace.turn()
        for number in range(5 * STREAK):
            assert pace.failed(turn, TransientError("HTTP 500"), number)
            if number % (STREAK - 1) == STREAK - 2:
                pace.answered(turn, 0)

    jump(main())


def test_crowded_and_busy_tell_how_many_wait():
    async def main() -> None:
        pace = made(3)
        assert pace.room == 3 * (1 + CROWD)
        seen = []
        turns = []
        for _ in range(pace.room):
            turns += await tasks(pace.turn())
            seen.append((pace.waiting, pace.busy, pace.crowded))
        assert seen == [(w, w >= 3, w >= 3 * CROWD) for w in (0, 0, 0, 1, 2, 3, 4, 5, 6)]
        pace.leave(await turns[0])
        assert (pace.waiting, pace.busy, pace.crowded) == (5, True, False)
        for each in turns:
            each.cancel()

    jump(main())


def test_who_was_asked_to_wait_waits_though_others_are_asked():
    async def main() -> None:
        pace, model = made(), Model()
        model.bad = {30: ThrottledError("not you", retry_after=45)}
        waiting = asyncio.create_task(asked(pace, model, range(100)))
        await asyncio.sleep(10)
        model.bad = {}
        assert texts(await waiting) == {"yes"}
        first, second = (start for start, number in zip(model.starts, model.asked, strict=True) if number == 30)
        assert second - first >= 46
        assert sum(first < start < first + 10 for start in model.starts) == 36  # the others never stopped

    jump(main())


@pytest.mark.parametrize("others", [12, 500])
def test_a_request_that_is_throttled_while_others_are_answered_is_to_blame_itself(others):
    """Also where they are done long before, so that it has the rest of the run to itself."""

    async def main() -> None:
        pace, model = made(patience=1800), Model()
        model.bad = {7: ThrottledError("not this one, whenever")}
        began, rest = now(), asyncio.create_task(asked(pace, model, range(100, 100 + others)))
        with pytest.raises(RefusedError, match=r"not this one, whenever \(\d+ times, while others were answered\)"):
            await limited(model, pace, Meter())(request(7))
        assert 300 <= now() - began < 400
        assert texts(await rest) == {"yes"}
        assert pace.gone is None

    jump(main())


def test_a_request_that_is_alone_is_not_blamed_for_a_limit():
    async def main() -> None:
        pace, model = made(patience=1800), Model()
        await asked(pace, model, range(9))
        model.trouble = ThrottledError("the hour's quota is used up")
        waiting = asyncio.create_task(asked(pace, model, [7]))
        await asyncio.sleep(1500)
        model.trouble = None
        assert texts(await waiting) == {"yes"}

    jump(main())


def test_who_is_throttled_as_often_as_all_is_not_to_blame():
    async def main() -> None:
        pace, model = made(8, patience=1800), Model()
        chance = random.Random(5)

        async def mostly_busy(request: Request) -> Reply:
            if chance.random() < 0.8:
                raise ThrottledError("busy")
            return await model(request)

        found = await asyncio.gather(*(limited(mostly_busy, pace, Meter())(request(n)) for n in range(300)))
        assert {reply.text for reply in found} == {"yes"}

    jump(main())


@pytest.mark.parametrize(
    ("patience", "wish", "least"), [(600, None, 600), (600, 3600, 5400), (600, 1, 601), (0, None, 120)]
)
def test_a_server_that_takes_nothing_for_too_long_is_given_up(patience, wish, least):
    async def main() -> None:
        pace, model = made(patience=patience), Model()
        assert texts(await asked(pace, model, range(4))) == {"yes"}
        model.trouble, began = ThrottledError("the day's quota is used up", retry_after=wish), now()
        [told] = texts(await asked(pace, model, range(40)))
        assert told.startswith("GoneError: the day's quota is used up; it has taken nothing for ")
        assert least < now() - began < least + 700

    jump(main())


def test_a_long_wait_that_is_asked_for_later_is_kept_to_as_well():
    async def main() -> None:
        pace, model = made(patience=600), Model()
        await asked(pace, model, range(4))
        model.trouble = ThrottledError("slow down", retry_after=1)
        waiting = asyncio.create_task(asked(pace, model, range(40)))
        await asyncio.sleep(20)
        model.trouble = ThrottledError("come tomorrow", retry_after=14_400)
        await asyncio.sleep(14_300)
        model.trouble = None
        assert texts(await waiting) == {"yes"}

    jump(main())
