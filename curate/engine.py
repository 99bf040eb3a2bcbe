"""Many records on their way at once, each to its own end: bounded, in no order, held up by nothing but its own."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from curate.intake import Entry
from curate.record import Failed, Record, Rejected
from curate.standings import Standing
from curate.steps import Asked, Parked, Way
from curate.tally import Tally
from curate.walk import Walked, walked

PULSE = 1.0  # seconds after which to look again, whatever happens
MOST = 16_384  # records in memory at once, also of those that only wait for a reply that another one bought


@dataclass(frozen=True, slots=True)
class Ended:
    """A row that has come to its end; `walked` is None where it had come to it before."""

    entry: Entry
    walked: Walked | None


class Engine:
    """Walks the entries; at most `width` at once that do not wait for another one's reply (`idle` counts those).

    A record that meets a model which too many wait for is parked: let go, and walked again, from what was
    answered before, when that model is free. `again` fetches it. `most` bounds all that are on their way.
    """

    def __init__(
        self,
        way: Way,
        tally: Tally,
        width: int,
        again: Callable[[int], Awaitable[Entry]],
        idle: Callable[[], int] = lambda: 0,
        more: Callable[[], bool] = lambda: True,
        most: int = MOST,
    ) -> None:
        self._way = way
        self._tally = tally
        self._width = width
        self._again = again
        self._idle = idle
        self._more = more
        self._most = most
        self._names = [step.name for step in way.steps]
        self._walking: set[asyncio.Task[Walked | Parked]] = set()
        self._done: deque[tuple[Entry, asyncio.Task[Walked | Parked]]] = deque()
        self._wake = asyncio.Event()
        self._parked: dict[int, deque[int]] = {}

    async def stream(self, entries: AsyncIterator[Entry]) -> AsyncGenerator[Ended]:
        """Every row as it ends. New ones are taken while `more` says so."""
        try:
            fresh = True
            while fresh or self._walking or self._done or self._parked:
                while self._done:
                    if (ended := self._end(*self._done.popleft())) is not None:
                        yield ended
                if not (self._room() and (fresh or self._free() is not None)):
                    await self._woken()
                    continue
                entry, again = await self._next(entries)
                if entry is None:
                    fresh = False
                elif isinstance(entry.item, Standing):
                    stood = entry.item
                    self._tally.stood(stood.kind, stood.step, stood.reason, self._names)
                    yield Ended(entry, None)
                else:
                    self._begin(entry, entry.item, again)
        finally:
            for task in self._walking:
                task.cancel()
            await asyncio.gather(*self._walking, *(task for _, task in self._done), return_exceptions=True)

    def _room(self) -> bool:
        busy = len(self._walking)
        return busy < self._most and busy - self._idle() < self._width

    async def _woken(self) -> None:
        """Until a record has ended, or it is time to look whether a model has become free."""
        if not self._done:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PULSE)
        self._wake.clear()

    def _free(self) -> int | None:
        """The place of a step that records are parked for and that has room for them again."""
        for at in self._parked:
            step = self._way.steps[at]
            if isinstance(step, Asked) and not step.busy():
                return at
        return None

    async def _next(self, entries: AsyncIterator[Entry]) -> tuple[Entry | None, bool]:
        """A parked record whose model is free again (True), else a new one; None where there is none of both."""
        at = self._free()
        if at is None:
            return await anext(entries, None) if self._more() else None, False
        number = self._parked[at].popleft()
        if not self._parked[at]:
            del self._parked[at]
        self._tally.parked[self._names[at]] -= 1
        return await self._again(number), True

    def _begin(self, entry: Entry, item: Record | Rejected | Failed, again: bool) -> None:
        task = asyncio.create_task(walked(item, self._way, self._tally, again))
        self._walking.add(task)
        task.add_done_callback(lambda ended: self._ended(entry, ended))

    def _ended(self, entry: Entry, task: asyncio.Task[Walked | Parked]) -> None:
        self._walking.discard(task)
        self._done.append((entry, task))
        self._wake.set()

    def _end(self, entry: Entry, task: asyncio.Task[Walked | Parked]) -> Ended | None:
        result = task.result()
        if isinstance(result, Parked):
            self._parked.setdefault(result.at, deque()).append(entry.number)
            self._tally.parked[self._names[result.at]] += 1
            return None
        return Ended(entry, result)
