"""A server with a limit, asked as fast as a `Rate` lets requests out: simulated, on a clock of its own."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from curate.rate import Rate
from tests.limits import Limit

START = 1000.0  # seconds on the clock when the first request goes out
REFUSAL = 0.01  # seconds until a server says that it takes no more


def unsaid(_: float) -> None:
    """No Retry-After."""


@dataclass
class Run:
    """When requests went out, in seconds from the first one: those that were taken, and those that were refused."""

    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    @property
    def share_refused(self) -> float:
        """0.0 to 1.0."""
        return len(self.refused) / (len(self.taken) + len(self.refused))

    def between(self, first: float, last: float) -> int:
        """How many were taken of those that went out from `first` to before `last`."""
        return sum(first <= time < last for time in self.taken)


def simulate(
    limit: Limit,
    seconds: float,
    rate: Rate,
    concurrency: int = 256,
    latency: float = 0.5,
    told: Callable[[float], float | None] = unsaid,
    events: dict[float, Callable[[], None]] | None = None,
    jitter: float = 0.0,
) -> Run:
    """Ask the server for so long, `concurrency` requests at most at once.

    `told` is its Retry-After, from the seconds that are missing; `events` happen so many seconds after the start;
    a request is on its way for up to `jitter` seconds, so that what leaves evenly arrives unevenly.
    """
    chance, run = random.Random(1), Run()
    arriving: list[tuple[float, int, float]] = []  # when it does, its number, when it went out
    under_way: list[tuple[float, int, float | None]] = []  # when it ends, its number, seconds missing
    coming = sorted((events or {}).items(), key=lambda event: event[0])
    now = START
    while now < START + seconds:
        while coming and now >= START + coming[0][0]:
            coming.pop(0)[1]()
        wait = rate.wait(now) if len(arriving) + len(under_way) < concurrency else None
        soonest = min((some[0][0] for some in (arriving, under_way) if some), default=math.inf)
        if wait == 0.0:
            on_its_way = jitter and chance.random() * jitter
            heapq.heappush(arriving, (now + on_its_way, rate.start(now), now))
        elif soonest < math.inf and (wait is None or soonest <= now + wait):
            now = soonest
            if arriving and arriving[0][0] <= now:
                _, number, began = heapq.heappop(arriving)
                missing = limit.missing(now) or None
                took = REFUSAL if missing else latency * chance.uniform(0.8, 1.2)
                heapq.heappush(under_way, (now + took, number, missing))
                (run.refused if missing else run.taken).append(began - START)
                continue
            _, number, missing = heapq.heappop(under_way)
            if missing is None:
                rate.answered(now, number)
            else:
                rate.refused(now, number, told(missing))
        else:
            assert wait is not None, "nothing is under way and nothing may go out"
            now += wait
    return run
