"""The limits that the settings set for money and tokens: nobody asks what might pass them."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from curate.chat import Reply
from curate.errors import SpentError
from curate.journal import Spent

WIDER = 3.0  # times the mean of earlier runs, whose dearest reply nobody knows


class Price(NamedTuple):
    """What a reply takes: USD and tokens."""

    cost: float = 0.0
    tokens: float = 0.0

    def plus(self, other: "Price", times: float = 1.0) -> "Price":
        """Both together, the other so many times."""
        return Price(self.cost + other.cost * times, self.tokens + other.tokens * times)


LEAST = Price(1e-9, 1.0)


class Budget:
    """At most `max_cost` USD and `max_tokens` tokens (prompt and completion), earlier runs included.

    What is under way counts with what a reply of its stage may take: the dearest so far and, the fewer were
    seen, the more beyond it. The first one of a stage, of which nothing is known, goes out alone. `out` is true
    once something had to be left unasked.
    """

    def __init__(self, max_cost: float | None, max_tokens: int | None, spent: Iterable[Spent] = ()) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.spent = Price()
        self.out = False
        self._reserved = Price()
        self._dearest: dict[str, Price] = {}
        self._seen: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._settled = asyncio.Event()
        for past in spent:
            price = Price(past.cost, past.prompt_tokens + past.completion_tokens)
            self.spent = self.spent.plus(price)
            if past.calls:
                self._learn(past.stage, Price().plus(price, WIDER / past.calls), past.calls)

    @property
    def limited(self) -> bool:
        """Whether there is anything to heed."""
        return self.max_cost is not None or self.max_tokens is not None

    @property
    def told(self) -> str:
        """How far it has gone and how to go on, in one line."""
        limits = []
        if self.max_cost is not None:
            limits.append(f"max_cost = {self.max_cost:g} USD ({self.spent.cost:.4f} spent)")
        if self.max_tokens is not None:
            limits.append(f"max_tokens = {self.max_tokens:,} ({self.spent.tokens:,.0f} spent)")
        return f"stopped before {' and '.join(limits)}: everything answered is kept; raise the limit and run again"

    async def reserve(self, stage: str) -> Price:
        """Room for one more request of this stage. Raises SpentError where there is none left."""
        while True:
            known = self._dearest.get(stage)
            need = Price().plus(known, 1 + 1 / self._seen[stage]) if known else LEAST
            if (known or not self._under_way[stage]) and self._fits(need):
                self._reserved = self._reserved.plus(need)
                self._under_way[stage] += 1
                return need
            if not self._under_way.total():
                self.out = True
                raise SpentError(self.told)
            self._settled.clear()
            await self._settled.wait()

    def settle(self, stage: str, need: Price, reply: Reply | None) -> None:
        """The request has ended, with this reply or without."""
        self._under_way[stage] -= 1
        self._reserved = self._reserved.plus(need, -1)
        if reply is not None:
            price = Price(reply.cost, reply.prompt_tokens + reply.completion_tokens)
            self._learn(stage, price, 1)
            self.spent = self.spent.plus(price)
        self._settled.set()

    def _learn(self, stage: str, price: Price, calls: int) -> None:
        before = self._dearest.get(stage, Price())
        self._dearest[stage] = Price(max(price.cost, before.cost), max(price.tokens, before.tokens))
        self._seen[stage] += calls

    def _fits(self, need: Price) -> bool:
        cost, total = self.spent.plus(self._reserved).plus(need)
        return (self.max_cost is None or cost <= self.max_cost) and (
            self.max_tokens is None or total <= self.max_tokens
        )
