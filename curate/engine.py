"""Walks records through the steps: the only place where a record can fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from curate.ask import resampled
from curate.chat import Ask
from curate.errors import MediaError, RefusedError, TransientError, UnansweredError, UnreadableError
from curate.filter import Filter
from curate.record import Failed, Kept, Outcome, Output, Owed, Record, Rejected
from curate.stage import Stage


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage and how it asks."""

    name: str
    stage: Stage
    ask: Ask


@dataclass(frozen=True, slots=True)
class Judged:
    """A filter."""

    name: str
    filter: Filter


Step = Asked | Judged
Mend = Callable[[Record, MediaError], Awaitable[Record | None]]


@dataclass(frozen=True, slots=True)
class Trace:
    """What one step found: a stage's output, or a filter's reason (None: it let the record pass)."""

    step: str
    output: Output | None = None
    reason: str | None = None


@dataclass(slots=True)
class Tally:
    """How many records stand where. `passed` is by step, `rejected` and `failed` by step and reason."""

    seen: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)

    def end(self, outcome: Outcome) -> None:
        """Count a record that has come to its end."""
        self.seen += 1
        if isinstance(outcome, Rejected):
            self.rejected[outcome.step, outcome.reason] += 1
        elif isinstance(outcome, Failed):
            self.failed[outcome.step, outcome.reason] += 1
        elif isinstance(outcome, Owed):
            self.owed[outcome.step] += 1


class Walk:
    """One record on its way through the steps."""

    def __init__(self, record: Record, steps: Sequence[Step], tally: Tally, mend: Mend | None = None) -> None:
        self.record = record
        self._steps = steps
        self._tally = tally
        self._mend = mend
        self._before: dict[int, Record] = {}
        self._samples: Counter[int] = Counter()
        self.trail: list[Trace] = []

    async def run(self) -> Outcome:
        """To the first drop, or to the end. A bad record is data, not a crash."""
        at = 0
        while at < len(self._steps):
            step = self._steps[at]
            try:
                dropped = self._judge(step) if isinstance(step, Judged) else await self._ask(step, at)
            except MediaError as error:
                if ended := await self._unseen(at, error):
                    return ended
                at = 0
                continue
            if dropped is None:
                self._tally.passed[step.name] += 1
                at += 1
                continue
            back = self._back(at) if isinstance(step, Judged) else None
            if back is None:
                return dropped
            at = back
        return Kept(self.record)

    async def _ask(self, step: Asked, at: int) -> Rejected | Failed | Owed | None:
        before = self._before[at] = self.record
        ask = resampled(step.ask, self._samples[at])
        try:
            output = await step.stage.run(before, ask)
        except UnansweredError as error:
            return Owed(before, step.name, error.failure)
        except UnreadableError as error:
            return Failed(before, step.name, "unreadable reply", str(error))
        except RefusedError as error:
            return Failed(before, step.name, "refused by the server", str(error))
        except TransientError as error:
            return Failed(before, step.name, "no answer from the server", str(error))
        self.trail.append(Trace(step.name, output))
        self.record = before.with_output(output)
        return None

    async def _unseen(self, at: int, error: MediaError) -> Rejected | Failed | None:
        """The end of a record whose medium cannot be shown; None where it begins anew.

        That it does once, where more is known of its medium than before.
        """
        mend, self._mend = self._mend, None
        try:
            record = await mend(self.record, error) if mend else None
        except MediaError as worse:
            record, error = None, worse
        name = self._steps[at].name
        if record is None and not error.lasting:
            return Failed(self.record, name, error.reason, error.detail)
        if record is None:
            return Rejected(self.record.row, name, error.reason, error.detail, self.record)
        self._take_back(0, at)
        self.record, self.trail = record, []
        self._samples.clear()
        self._before.clear()
        return None

    def _take_back(self, first: int, at: int) -> None:
        for passed in self._steps[first:at]:
            self._tally.passed[passed.name] -= 1

    def _judge(self, step: Judged) -> Rejected | None:
        found = step.filter.reason(self.record)
        self.trail.append(Trace(step.name, reason=found))
        if found is None:
            return None
        reason, _, detail = found.partition(": ")
        return Rejected(self.record.row, step.name, reason, detail, self.record)

    def _back(self, at: int) -> int | None:
        """Where the last stage stands, if it has a try left; the record is as it was before it."""
        last = max(self._before, default=None)
        if last is None:
            return None
        step = self._steps[last]
        if not isinstance(step, Asked) or self._samples[last] + 1 >= step.stage.tries:
            return None
        self._samples[last] += 1
        self.record = self._before[last]
        self._take_back(last, at)
        return last


async def walk(item: Record | Rejected, steps: Sequence[Step], tally: Tally, mend: Mend | None = None) -> Outcome:
    """The outcome of one row, counted."""
    outcome: Outcome = item if isinstance(item, Rejected) else await Walk(item, steps, tally, mend).run()
    tally.end(outcome)
    return outcome


async def stream(
    items: AsyncIterator[Record | Rejected],
    steps: Sequence[Step],
    tally: Tally,
    width: int,
    mend: Mend | None = None,
) -> AsyncGenerator[Outcome]:
    """The outcomes in the order in which they come, at most `width` records on their way at once.

    A record whose medium cannot be shown may begin anew as what `mend` makes of it, once.
    """
    walking: set[asyncio.Task[Outcome]] = set()
    done: set[asyncio.Task[Outcome]] = set()
    try:
        async for item in items:
            walking.add(asyncio.create_task(walk(item, steps, tally, mend)))
            if len(walking) >= width:
                done, walking = await asyncio.wait(walking, return_when=asyncio.FIRST_COMPLETED)
                while done:
                    yield done.pop().result()
        while walking:
            done, walking = await asyncio.wait(walking, return_when=asyncio.FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:
        for task in walking:
            task.cancel()
        await asyncio.gather(*walking, *done, return_exceptions=True)
