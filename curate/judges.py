"""Replaying many rows side by side: a process for each core, each with a part of the rows, the verdicts in order."""

import asyncio
import os
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from typing import Any, NamedTuple

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from curate import child, garbage
from curate.errors import StoreError
from curate.verdict import Verdict

PART = 250  # rows for a process at once
MOST = 8  # processes
MANY = 4000  # rows below which starting processes costs more than it saves


class Part(NamedTuple):
    """The verdicts on some rows that follow each other, the keys beside their columns, and lines for the user."""

    verdicts: list[Verdict]
    extras: Counter[str]
    notices: list[str]


def wanted(rows: int) -> int:
    """How many processes so many rows are worth; 0 where none."""
    cores = min(os.cpu_count() or 1, MOST)
    return cores if cores > 1 and rows >= MANY else 0


async def parts(
    numbers: Sequence[int], processes: int, prepare: str, judge: str, arguments: tuple[object, ...]
) -> AsyncIterator[Part]:
    """The parts in order.

    `prepare` and `judge` ("module:function") run in the processes: one with `arguments` once in each process,
    the other with what that returned and the numbers of some rows. Raises what they raise.
    """
    context = get_context("spawn")
    with child.uninterrupted():
        pool = ProcessPool(processes, 0, _begin, (prepare, arguments), context)
    waiting: deque[asyncio.Future[Part]] = deque()
    try:
        for first in range(0, len(numbers), PART):
            with child.uninterrupted():
                part: ProcessFuture[Part] = pool.schedule(_judge, args=(judge, numbers[first : first + PART]))
            waiting.append(asyncio.wrap_future(part))
            if len(waiting) > processes + 1:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    except (ProcessExpired, BrokenProcessPool) as error:
        raise StoreError(f"a process that replays rows was killed ({error}): was there too little memory?") from None
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        for late in waiting:
            late.cancel()  # where it has failed too, asyncio would tell of it that nobody asked
        await asyncio.to_thread(child.waited, pool.join)


_bench: list[Callable[[], Any]] = []  # in a process of its own: prepares once, whenever it is first called


def _begin(prepare: str, arguments: tuple[object, ...]) -> None:
    child.tied()
    garbage.rarely()
    # Only what a task raises comes back to the parent, so the preparing is left to the first task.
    _bench.append(cache(lambda: _named(prepare)(*arguments)))


def _judge(judge: str, numbers: Sequence[int]) -> Part:
    part: Part = _named(judge)(_bench[0](), numbers)
    return part


def _named(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
