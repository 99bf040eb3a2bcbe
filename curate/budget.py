"""The limits that the settings set for money and tokens: nobody asks what might pass them."""

import asyncio
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from curate.chat import Reply
from curate.errors import SpentError
from curate.journal import Spent


class Price(NamedTuple):
    """What a reply takes: USD and tokens."""

    cost: float = 0.0
    tokens: float = 0.0

    def plus(self, other: "Price", times: float = 1.0) -> "Price":
        """Both together, the other so many times."""
        return Price(self.cost + other.cost * times, self.tokens + other.tokens * times)

    def over(self, other: "Price") -> float:
        """How many times the other it is, in USD or in tokens."""
        return max(self.cost / other.cost, self.tokens / other.tokens)

    def counting(self) -> "Price":
        """The same, but never nothing: so that limits of nothing hold, and it can be divided by."""
        return Price(max(self.cost, LEAST.cost), max(self.tokens, LEAST.tokens))


LEAST = Price(1e-9, 1.0)  # what any request counts with


class Budget:
    """At most `max_cost` USD and `max_tokens` tokens (prompt and completion), earlier runs included.

    What is under way counts with the most that it may take. How long a prompt is nobody knows before the server
    has counted one, so the first request of a stage goes out alone, and those that follow count with as many
    times more as any took. Of those that wait for room the last of `steps` goes first, whatever it takes, and nobody
    overtakes it: what was begun is finished, instead of more being begun. `out` is true once something had to be
    left unasked.
    """

    def __init__(
        self,
        max_cost: float | None,
        max_tokens: int | None,
        spent: Iterable[Spent] = (),
        steps: Sequence[str] = (),
    ) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.spent = Price()
        self.out = False
        self._next = Price()  # what the request may take that was left unasked
        self._reserved = Price()
        self._times: dict[str, float] = {}  # by stage: what a reply took of the most that was thought
        self._under_way: Counter[str] = Counter()
        self._settled = asyncio.Event()
        self._ranks = {step: -at for at, step in enumerate(steps)}
        self._queue: list[tuple[int, int]] = []  # who waits for room, in order: rank and number
        self._asked = 0
        for past in spent:
            self.spent = self.spent.plus(Price(past.cost, past.prompt_tokens + past.completion_tokens))

    @property
    def limited(self) -> bool:
        """Whether there is anything to heed."""
        return self.max_cost is not None or self.max_tokens is not None

    @property
    def told(self) -> str:
        """How far it has gone and how to go on, in one line."""
        limits = []
        if self.max_cost is not None:
            spent = f"{self.spent.cost:.4f} spent, the next reply may cost {self._next.cost:.4f}"
            limits.append(f"max_cost = {self.max_cost:g} USD ({spent})")
        if self.max_tokens is not None:
            spent = f"{self.spent.tokens:,.0f} spent, the next reply may take {self._next.tokens:,.0f}"
            limits.append(f"max_tokens = {self.max_tokens:,} ({spent})")
        return f"stopped before {' and '.join(limits)}: everything answered is kept; raise the limit and run again"

    async def reserve(self, stage: str, most: Price) -> Price:
        """Room for one more request of this stage, which is thought to take `most`; what is held for it.

        Raises SpentError where there is none left.
        """
        while self._is_new(stage):
            await self._news()
        self._asked += 1
        place = (self._ranks.get(stage, -len(self._ranks)), self._asked)
        insort(self._queue, place)
        try:
            while True:
                need = Price().plus(most.counting(), self._times.get(stage, 1.0))
                if self._queue[0] == place and not self._is_new(stage) and self._granted(stage, need):
                    return need
                await self._news()
        finally:
            self._queue.remove(place)
            self._settled.set()

    def _is_new(self, stage: str) -> bool:
        """Whether the first request of this stage is under way, and tells what others take."""
        return stage not in self._times and self._under_way[stage] > 0

    async def _news(self) -> None:
        """Wait until a request has ended, or another one waits no longer."""
        self._settled.clear()
        await self._settled.wait()

    def _granted(self, stage: str, need: Price) -> bool:
        """Whether there is room for it now. Raises SpentError where there never will be."""
        if self._fits(need):
            self._reserved = self._reserved.plus(need)
            self._under_way[stage] += 1
            return True
        if not self._under_way.total():
            self.out, self._next = True, need
            raise SpentError(self.told)
        return False

    def settle(self, stage: str, most: Price, held: Price, reply: Reply | None) -> None:
        """The request has ended, with this reply or without."""
        self._under_way[stage] -= 1
        self._reserved = self._reserved.plus(held, -1)
        if reply is not None:
            price = Price(reply.cost, reply.prompt_tokens + reply.completion_tokens)
            self._times[stage] = max(self._times.get(stage, 1.0), price.over(most.counting()))
            self.spent = self.spent.plus(price)
        self._settled.set()

    def _fits(self, need: Price) -> bool:
        cost, total = self.spent.plus(self._reserved).plus(need)
        return (self.max_cost is None or cost <= self.max_cost) and (
            self.max_tokens is None or total <= self.max_tokens
        )
