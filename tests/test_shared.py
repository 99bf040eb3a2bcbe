"""One answer for all records about one medium."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from curate import shared as shared_module
from curate.chat import Ask, Reply, Request
from curate.errors import CrowdedError, UnreadableError
from curate.meter import Meter
from curate.record import Output, Record
from curate.shared import Shared
from curate.stage import Stage
from tests.records import VIDEO, record


class Seen(Output):
    """What was seen."""

    text: str


class Looking(Stage):
    """Look at the medium."""

    output = Seen
    shared = True

    def fields(self, record: Record) -> dict[str, str]:
        return {}

    def parse(self, reply: Reply, record: Record) -> Output:
        return Seen(text=reply.text)

    async def run(self, record: Record, ask: Ask) -> Output:
        return self.parse(await ask(Request("looking", (), 10)), record)


class Asked:
    """Counts how often it is asked; answers a little later, in turn, the last one again and again."""

    def __init__(self, *replies: str | Exception) -> None:
        self.count = self.ended = 0
        self._replies = replies

    async def __call__(self, _: Request) -> Reply:
        self.count += 1
        said = self._replies[min(self.count, len(self._replies)) - 1]
        await asyncio.sleep(0.01)
        self.ended += 1
        if isinstance(said, Exception):
            raise said
        return Reply(text=said)


def about(number: int, problem_id: int = 7) -> Record:
    """A record about that medium."""
    return record(problem_id=problem_id, medium=replace(VIDEO, sha256=f"{number:064x}"))


def using(main: Callable[[Shared, Meter], Awaitable[None]]) -> None:
    async def run() -> None:
        meter = Meter()
        await main(Shared(Looking(model="m"), meter), meter)
        assert meter.waiting == 0

    asyncio.run(run())


def test_one_run_serves_all_that_wait_and_those_that_come_later():
    async def main(shared: Shared, meter: Meter) -> None:
        ask = Asked("a cup", "another")
        runs = asyncio.gather(*(shared.run(about(1, n), ask) for n in range(5)))
        await asyncio.sleep(0)
        assert meter.waiting == 4
        found = [*await runs, *[await shared.run(about(1, n), ask) for n in range(5, 10)]]
        assert [output.text for output, _ in found] == ["a cup"] * 10
        assert (ask.count, meter.shared) == (1, 9)

    using(main)


def test_each_medium_has_its_own_run():
    async def main(shared: Shared, meter: Meter) -> None:
        ask = Asked("one", "two", "three")
        found = await asyncio.gather(*(shared.run(about(n), ask) for n in range(3)))
        assert [output.text for output, _ in found] == ["one", "two", "three"]
        assert meter.shared == 0

    using(main)


@pytest.mark.parametrize("error", [UnreadableError("no JSON"), CrowdedError()])
def test_a_failure_reaches_all_that_waited_and_is_not_kept(error):
    async def main(shared: Shared, meter: Meter) -> None:
        ask = Asked(error, "a cup")
        found = await asyncio.gather(*(shared.run(about(1), ask) for _ in range(5)), return_exceptions=True)
        assert found == [error] * 5
        assert (await shared.run(about(1), ask))[0].text == "a cup"
        assert ask.count == 2

    using(main)


def test_whoever_gives_up_leaves_the_run_to_the_others():
    async def main(shared: Shared, meter: Meter) -> None:
        ask = Asked("a cup")
        runs = [asyncio.create_task(shared.run(about(1), ask)) for _ in range(3)]
        await asyncio.sleep(0)
        runs[0].cancel()
        runs[1].cancel()
        assert (await runs[2])[0].text == "a cup"
        assert ask.count == 1

    using(main)


def test_the_last_one_that_gives_up_ends_the_run():
    async def main(shared: Shared, meter: Meter) -> None:
        ask = Asked("a cup")
        runs = [asyncio.create_task(shared.run(about(1), ask)) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for each in runs:
            each.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert (ask.count, ask.ended) == (1, 0)
        assert (await shared.run(about(1), ask))[0].text == "a cup"

    using(main)


def test_only_the_answers_used_last_are_kept_at_hand(monkeypatch):
    monkeypatch.setattr(shared_module, "AT_HAND", 3)

    async def main(shared: Shared, meter: Meter) -> None:
        asked: Counter[int] = Counter()
        for medium in (1, 2, 3, 1, 4, 1, 2):
            ask = Asked("x")
            await shared.run(about(medium), ask)
            asked[medium] += ask.count
        assert asked == {1: 1, 2: 2, 3: 1, 4: 1}
        assert len(shared._at_hand) == 3

    using(main)
