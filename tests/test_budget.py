"""Limits on money and tokens: never passed, and no reason to ask one by one."""

import asyncio
import random
from typing import Any

import pytest

from curate.budget import Budget, Price
from curate.chat import Reply
from curate.errors import SpentError
from curate.journal import Spent


def spent(calls: int, cost: float, tokens: int = 0, stage: str = "draft", model: str = "m") -> Spent:
    """What an earlier run has bought."""
    return Spent(stage, model, calls, tokens, 0, 0, cost)


MOST = Price(1.0, 1000)  # that a reply is thought to take


class Buyers:
    """Many requests at once; each takes its turn of the loop a few times and costs what it says."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.bought: list[float] = []
        self.under_way = self.most = 0

    async def buy(self, cost: float, stage: str = "draft", fails: bool = False) -> None:
        held = await self.budget.reserve(stage, MOST)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _ in range(3):
            await asyncio.sleep(0)
        self.under_way -= 1
        reply = None if fails else Reply(text="", cost=cost, prompt_tokens=round(cost * 1000))
        self.budget.settle(stage, MOST, held, reply)
        if reply is not None:
            self.bought.append(cost)

    async def all(self, costs: list[float]) -> list[object]:
        return await asyncio.gather(*(self.buy(cost) for cost in costs), return_exceptions=True)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("counts", ["money", "tokens"])
@pytest.mark.parametrize("times", [0.2, 1.0, 3.0])
def test_the_limit_is_never_passed_though_replies_become_as_dear_as_can_be(seed, counts, times):
    """The first ones are cheap, as where a server begins to cut only later; a prompt may be longer than thought."""
    chance = random.Random(seed)
    dearest, limit = max(times, 1.0), chance.uniform(12, 60)
    costs = [dearest, *(0.01 for _ in range(60)), *(chance.uniform(0, times) for _ in range(900))]

    async def main() -> None:
        budget = Budget(limit, None) if counts == "money" else Budget(None, int(limit * 1000))
        buyers = Buyers(budget)
        found = await buyers.all(costs)
        assert sum(buyers.bought) <= limit
        assert sum(buyers.bought) > limit - dearest
        assert sum(isinstance(each, SpentError) for each in found) == len(costs) - len(buyers.bought)
        assert budget.out

    asyncio.run(main())


def test_the_first_reply_of_a_stage_is_waited_for_and_then_many_are_asked_at_once():
    async def main() -> None:
        buyers = Buyers(Budget(1000.0, None))
        first = asyncio.create_task(buyers.all([1.0] * 50))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert buyers.under_way == 1
        await first
        assert buyers.most == 49
        assert len(buyers.bought) == 50
        assert not buyers.budget.out

    asyncio.run(main())


def test_the_first_request_of_each_stage_goes_out_alone_and_holds_up_no_other_stage():
    async def main() -> None:
        budget = Budget(10.0, None)
        held = await budget.reserve("draft", MOST)
        second = asyncio.create_task(budget.reserve("draft", MOST))
        await budget.reserve("revise", MOST)
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle("draft", MOST, held, Reply(text="", cost=1.0))
        await second

    asyncio.run(main())


def test_room_comes_back_when_a_request_has_ended():
    async def main() -> None:
        budget = Budget(2.5, None, [spent(3, 1.0)])
        held = await budget.reserve("draft", MOST)
        waiting = asyncio.create_task(budget.reserve("draft", MOST))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle("draft", MOST, held, Reply(text="", cost=0.1))
        await waiting

    asyncio.run(main())


def test_a_request_without_a_reply_costs_nothing():
    async def main() -> None:
        buyers = Buyers(Budget(2.5, None))
        for _ in range(20):
            await buyers.buy(1.0, fails=True)
        assert buyers.budget.spent == Price()
        await buyers.buy(1.0)
        assert buyers.budget.spent.cost == 1.0

    asyncio.run(main())


def test_a_large_request_that_waits_for_room_is_not_overtaken_by_small_ones():
    async def main(*steps: str) -> list[str]:
        budget, went = Budget(10.0, None, steps=steps), []
        for stage in ("draft", "revise"):
            budget.settle(stage, MOST, await budget.reserve(stage, MOST), Reply(text=""))
        held = [await budget.reserve("draft", MOST) for _ in range(8)]

        async def go(stage: str, cost: float) -> None:
            await budget.reserve(stage, Price(cost, 1000))
            went.append(stage)

        waiting = [asyncio.create_task(go(*each)) for each in (("draft", 2.5), ("revise", 4.0), ("draft", 1.0))]
        for room in held[:6]:
            await asyncio.sleep(0.01)
            budget.settle("draft", MOST, room, None)
        await asyncio.gather(*waiting)
        return went

    assert asyncio.run(main()) == ["draft", "revise", "draft"]
    assert asyncio.run(main("caption", "draft", "answer", "revise")) == ["revise", "draft", "draft"]


def test_a_waiter_that_is_cancelled_holds_no_room():
    async def main() -> None:
        budget = Budget(10.0, None)
        held = await budget.reserve("draft", MOST)
        waiting = asyncio.create_task(budget.reserve("draft", MOST))
        await asyncio.sleep(0)
        waiting.cancel()
        budget.settle("draft", MOST, held, Reply(text="", cost=9.5))
        with pytest.raises(SpentError):
            await budget.reserve("draft", MOST)
        cheap = Price(0.1, 10)
        budget.settle("revise", cheap, await budget.reserve("revise", cheap), None)

    asyncio.run(main())


def test_earlier_spending_counts():
    async def main() -> None:
        budget = Budget(10.0, None, [spent(4, 6.0), spent(4, 3.9, model="n")])
        assert budget.spent.cost == pytest.approx(9.9)
        with pytest.raises(SpentError):
            await budget.reserve("draft", MOST)
        assert budget.out

    asyncio.run(main())


def test_what_prompts_took_beyond_what_was_thought_is_held_for_the_next_ones():
    async def main() -> None:
        budget = Budget(1000.0, None)
        for cost, held in ((0.5, 1.0), (3.0, 1.0), (2.0, 3.0)):
            need = await budget.reserve("draft", MOST)
            assert need.cost == held
            budget.settle("draft", MOST, need, Reply(text="", cost=cost))
        assert (await budget.reserve("draft", MOST)).cost == 3.0
        assert (await budget.reserve("revise", MOST)).cost == 1.0

    asyncio.run(main())


def test_nothing_is_asked_where_the_limit_is_nothing():
    async def main() -> None:
        for budget in (Budget(0.0, None), Budget(None, 0)):
            with pytest.raises(SpentError):
                await budget.reserve("draft", MOST)

    asyncio.run(main())


@pytest.mark.parametrize(("cost", "tokens", "limited"), [(None, None, False), (0.0, None, True), (None, 0, True)])
def test_no_limit_is_nothing_to_heed(cost, tokens, limited):
    assert Budget(cost, tokens).limited is limited


def test_the_user_is_told_how_far_it_went_and_how_to_go_on():
    past = [spent(2, 1.25, 1_234_567)]
    end = ": everything answered is kept; raise the limit and run again"
    money = "max_cost = 1.5 USD (1.2500 spent, the next reply may cost 1.0000)"
    tokens = "max_tokens = 1,234,999 (1,234,567 spent, the next reply may take 1,000)"

    async def told(*limits: Any) -> str:
        budget = Budget(*limits, past)
        with pytest.raises(SpentError) as caught:
            await budget.reserve("draft", MOST)
        assert str(caught.value) == budget.told
        return budget.told

    assert asyncio.run(told(1.5, None)) == f"stopped before {money}{end}"
    assert asyncio.run(told(None, 1_234_999)) == f"stopped before {tokens}{end}"
    assert asyncio.run(told(1.5, 1_234_999)) == f"stopped before {money} and {tokens}{end}"
