"""Asking: replayed(retried(limited(ask)))."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from curate import ask as ask_module
from curate.ask import budgeted, limited, resampled, retried, wait_after
from curate.budget import Budget
from curate.chat import Ask, Message, Reply, Request, Text
from curate.errors import (
    AwayError,
    CrowdedError,
    FatalError,
    GoneError,
    MediaError,
    RefusedError,
    SpentError,
    ThrottledError,
    TooLongError,
    TransientError,
    UnansweredError,
)
from curate.journal import Journal
from curate.meter import Meter
from curate.pace import Pace
from curate.replay import replayed


def request(text: str = "q", **changes: object) -> Request:
    return Request(**{"stage": "draft", "messages": (Message("user", (Text(text),)),), "max_tokens": 10, **changes})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as the rules say, but not really."""
    monkeypatch.setattr(ask_module, "wait_after", lambda _: 0.0)


def with_journal(path: Path, use: Callable[[Journal], Awaitable[None]]) -> None:
    async def go() -> None:
        journal = Journal(path)
        try:
            await use(journal)
        finally:
            journal.close()

    asyncio.run(go())


def answering(asked: list[Request], **reply: object) -> Ask:
    async def answer(request: Request) -> Reply:
        asked.append(request)
        text = f"reply {len(asked)}"
        await asyncio.sleep(0.01)
        return Reply(**{"text": text, "completion_tokens": 3, "cost": 0.5, **reply})

    return answer


def test_at_most_so_many_at_once():
    busy, most = 0, 0

    async def ask(_: Request) -> Reply:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1
        return Reply(text="yes")

    async def go() -> None:
        careful = limited(ask, Pace(3), Meter())
        await asyncio.gather(*(careful(request(str(n))) for n in range(10)))

    asyncio.run(go())
    assert most == 3


@pytest.mark.parametrize(
    ("retries", "failures", "answered"), [(0, 0, True), (0, 1, False), (2, 2, True), (2, 3, False)]
)
def test_a_transient_error_is_asked_again_so_often_and_no_more(retries, failures, answered):
    asked: list[Request] = []

    async def ask(request: Request) -> Reply:
        asked.append(request)
        if len(asked) <= failures:
            raise TransientError(f"failure {len(asked)}")
        return Reply(text="yes")

    meter = Meter()
    again = retried(ask, retries, meter)
    if answered:
        assert asyncio.run(again(request())).text == "yes"
    else:
        with pytest.raises(TransientError, match=f"failure {retries + 1}"):
            asyncio.run(again(request()))
    assert len(asked) == min(failures, retries) + 1
    assert meter.retried == min(failures, retries)


@pytest.mark.parametrize("error", [RefusedError("400"), FatalError("401"), MediaError("damaged")])
def test_what_retrying_cannot_mend_is_asked_once(error):
    asked = []

    async def ask(_: Request) -> Reply:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        asyncio.run(retried(ask, 5, Meter())(request()))
    assert asked == [1]


def test_waits_grow_are_jittered_and_bounded():
    for attempt, most in ((1, 1), (3, 4), (6, 32), (30, 60)):
        waits = [wait_after(attempt) for _ in range(200)]
        assert 0 <= min(waits) <= max(waits) <= most
        assert max(waits) > most / 2
        assert len({round(w, 6) for w in waits}) > 100


def test_a_reply_is_bought_once_and_replayed_for_ever(path):
    asked: list[Request] = []

    async def use(journal: Journal) -> None:
        meter = Meter()
        ask = replayed(answering(asked), journal, "m", meter)
        first, second = await ask(request()), await ask(request())
        assert (first.text, first.replayed) == ("reply 1", False)
        assert (second.text, second.replayed) == ("reply 1", False), "this run bought it"
        assert (meter.sent, meter.replayed, meter.tokens, meter.cost) == (1, 0, 3, 0.5)
        again = replayed(None, journal, "m", Meter())
        assert (await again(request())).text == "reply 1"
        with pytest.raises(UnansweredError):
            await replayed(None, journal, "another model", Meter())(request())

    async def use_later(journal: Journal) -> None:
        meter = Meter()
        reply = await replayed(answering(asked), journal, "m", meter)(request())
        assert (reply.text, reply.replayed, meter.sent, meter.replayed) == ("reply 1", True, 0, 1)

    with_journal(path, use)
    with_journal(path, use_later)
    assert len(asked) == 1


def test_requests_of_one_key_at_one_moment_wait_for_one_reply(path):
    asked: list[Request] = []

    async def use(journal: Journal) -> None:
        meter = Meter()
        ask = replayed(answering(asked), journal, "m", meter)
        replies = await asyncio.gather(*(ask(request()) for _ in range(20)), ask(request("another")))
        assert [reply.text for reply in replies] == ["reply 1"] * 20 + ["reply 2"]
        assert (meter.sent, meter.shared) == (2, 19)

    with_journal(path, use)
    assert len(asked) == 2


def test_one_waiter_that_gives_up_does_not_take_the_reply_from_the_others(path):
    asked: list[Request] = []

    async def use(journal: Journal) -> None:
        flying: set[asyncio.Task[Reply]] = set()
        ask = replayed(answering(asked), journal, "m", Meter(), flying)
        first, second = asyncio.create_task(ask(request())), asyncio.create_task(ask(request()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).text == "reply 1"
        assert not flying

    with_journal(path, use)
    assert len(asked) == 1


def test_a_reply_that_nobody_waits_for_any_more_is_kept(path):
    async def use(journal: Journal) -> None:
        flying: set[asyncio.Task[Reply]] = set()
        ask = replayed(answering([]), journal, "m", Meter(), flying)
        task = asyncio.create_task(ask(request()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(flying) == 1
        await asyncio.wait(flying)
        assert (await replayed(None, journal, "m", Meter())(request())).text == "reply 1"

    with_journal(path, use)


def test_a_failure_is_told_to_everybody_remembered_and_asked_again(path):
    async def failing(_: Request) -> Reply:
        raise TransientError("HTTP 503")

    async def use(journal: Journal) -> None:
        ask = replayed(failing, journal, "m", Meter())
        outcomes = await asyncio.gather(*(ask(request()) for _ in range(3)), return_exceptions=True)
        assert [type(o) for o in outcomes] == [TransientError] * 3
        with pytest.raises(UnansweredError, match="HTTP 503") as error:
            await replayed(None, journal, "m", Meter())(request())
        assert error.value.failure == "HTTP 503"
        mended = await replayed(answering([]), journal, "m", Meter())(request())
        assert mended.text == "reply 1"
        with pytest.raises(UnansweredError, match="not asked yet"):
            await replayed(None, journal, "m", Meter())(request("never sent"))

    with_journal(path, use)


def test_a_cut_reply_is_bought_again_under_a_higher_limit_only(path):
    asked: list[Request] = []

    async def use(journal: Journal) -> None:
        cut = replayed(answering(asked, finish="length"), journal, "m", Meter())
        await cut(request(max_tokens=10))
        await cut(request(max_tokens=10))
        await cut(request(max_tokens=5))
        assert len(asked) == 1
        whole = replayed(answering(asked), journal, "m", Meter())
        assert not (await whole(request(max_tokens=20))).cut
        assert not (await whole(request(max_tokens=10))).cut

    with_journal(path, use)
    assert len(asked) == 2


def test_another_sample_is_another_request():
    asked: list[Request] = []
    ask = answering(asked)
    assert resampled(ask, 0) is ask
    asyncio.run(resampled(ask, 2)(request(attempt=1)))
    assert (asked[0].sample, asked[0].attempt) == (2, 1)
    assert asked[0].key("m") != request(attempt=1).key("m")


def test_a_busy_server_is_asked_again_and_no_request_pays_for_it():
    """Twenty requests meet "too many" again and again: all are answered though none may be retried."""
    asked: list[float] = []

    async def ask(_: Request) -> Reply:
        asked.append(time.monotonic())
        if len(asked) % 3 == 1 and len(asked) < 12:
            raise ThrottledError("HTTP 429", 0.01)
        return Reply(text="yes")

    async def go() -> list[Reply]:
        careful = retried(limited(ask, Pace(8), meter), 0, meter)
        return await asyncio.gather(*(careful(request(str(n))) for n in range(20)))

    meter = Meter()
    assert [reply.text for reply in asyncio.run(go())] == ["yes"] * 20
    assert meter.retried == len(asked) - 20
    (trouble,) = meter.troubles.latest()
    assert (trouble.said, trouble.count) == ("HTTP 429", meter.retried)
    assert meter.retried > 0
    assert meter.in_flight == 0


def test_a_server_that_never_was_there_is_given_up_after_the_retries():
    asked = []

    async def ask(_: Request) -> Reply:
        asked.append(1)
        await asyncio.sleep(0.01)
        raise AwayError("cannot reach it")

    async def go() -> list[object]:
        careful = retried(limited(ask, Pace(4, retries=0), Meter()), 0, Meter())
        return await asyncio.gather(*(careful(request(str(n))) for n in range(50)), return_exceptions=True)

    assert [(type(e), str(e)) for e in asyncio.run(go())] == [(GoneError, "cannot reach it")] * 50
    assert len(asked) == 4, "those that were on their way; nobody else is sent after them"


def test_what_a_server_refused_for_good_is_not_asked_again_unless_its_reason_is(path):
    asked: list[Request] = []

    async def refusing(request: Request) -> Reply:
        asked.append(request)
        raise TooLongError("HTTP 400: 9000 tokens")

    async def use(journal: Journal) -> None:
        for ask in (refusing, refusing, None):
            with pytest.raises(TooLongError, match="9000 tokens"):
                await replayed(ask, journal, "m", Meter())(request())
        assert len(asked) == 1
        anew = replayed(answering(asked), journal, "m", Meter(), anew={"prompt too long"}.__contains__)
        assert (await anew(request())).text == "reply 2"

    with_journal(path, use)


def test_a_crowded_model_is_asked_later_but_the_journal_answers_at_once(path):
    async def use(journal: Journal) -> None:
        await replayed(answering([]), journal, "m", Meter())(request())
        crowded = replayed(answering([]), journal, "m", Meter(), crowded=lambda: True)
        assert (await crowded(request())).text == "reply 1"
        with pytest.raises(CrowdedError):
            await crowded(request("new"))

    with_journal(path, use)


@pytest.mark.parametrize(("max_cost", "max_tokens", "bought"), [(3.0, None, 6), (None, 25, 3), (0.0, 10**9, 0)])
def test_nothing_is_asked_that_would_pass_the_limit(max_cost, max_tokens, bought):
    asked: list[Request] = []

    async def go() -> list[object]:
        budget = Budget(max_cost, max_tokens)
        ask = budgeted(answering(asked), budget, lambda _, answered: answered / 32)
        asks = (ask(request(str(n), max_tokens=16)) for n in range(10))
        found = await asyncio.gather(*asks, return_exceptions=True)
        assert budget.out
        return found

    found = asyncio.run(go())
    assert sum(isinstance(f, Reply) for f in found) == len(asked) == bought
    assert all(isinstance(f, Reply | SpentError) for f in found)


def test_without_a_limit_the_budget_costs_nothing():
    ask = answering([])
    assert budgeted(ask, Budget(None, None), lambda *_: 0.0) is ask
