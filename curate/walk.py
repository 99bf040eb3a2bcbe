"""One record on its way through the steps: the only place where a record can fail."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from curate.ask import noted, resampled
from curate.chat import Ask, Reply
from curate.errors import (
    CrowdedError,
    DeclinedError,
    GoneError,
    MediaError,
    RefusedError,
    TooLongError,
    TransientError,
    UnansweredError,
    UnreadableError,
)
from curate.record import Failed, Kept, Outcome, Output, Owed, Record, Rejected
from curate.replay import TOO_LONG
from curate.steps import Asked, Judged, Parked, Trace, Way
from curate.tally import Tally


class Walk:
    """One record on its way, maybe `again`; `used` are the keys of the replies that it rests on."""

    def __init__(self, record: Record, way: Way, tally: Tally, again: bool = False) -> None:
        self.record = record
        self.trail: list[Trace] = []
        self.used: list[str] = []
        self._steps = way.steps
        self._mend = way.mend
        self._anew = way.anew
        self._retried: set[str] = set()
        self._tally = tally
        self._parked = again
        self._at = 0
        self._before: dict[int, Record] = {}
        self._samples: Counter[int] = Counter()

    async def run(self) -> Outcome | Parked:
        """To the first drop, or to the end. A bad record is data, not a crash."""
        while self._at < len(self._steps):
            step = self._steps[self._at]
            try:
                ended = await (self._judge(step) if isinstance(step, Judged) else self._ask(step))
            except MediaError as error:
                ended = await self._unseen(error)
            except CrowdedError:
                self._take_back(0, self._at)
                # Also where a filter sent the record back: what it waits for is the stage before that.
                return Parked(max(self._before))
            if ended is not None:
                return ended
        return Kept(self.record)

    async def _ask(self, step: Asked) -> Rejected | Failed | Owed | None:
        """The stage's output; None where the record goes on with it."""
        at, ask = self._at, step.ask
        before = self._before[at] = self.record
        try:
            output = await (self._several(step, before, ask) if step.stage.samples > 1 else self._one(step, at, ask))
        except ENDS as error:
            return _ended(before, step, error)
        if output is not None:
            self.trail.append(Trace(step.name, output))
            self.record = before.with_output(output)
        self._pass(at)
        return None

    async def _one(self, step: Asked, at: int, ask: Ask) -> Output:
        if step.shared and not self._samples[at]:
            output, used = await step.shared.run(self._before[at], ask, self._parked)
            self.used += used
            return output
        return await step.stage.run(self._before[at], resampled(noted(ask, self._use), self._samples[at]))

    async def _several(self, step: Asked, before: Record, ask: Ask) -> None:
        """All samples at once; the record goes on with the first that every filter behind them lets pass."""
        number, at = step.stage.samples, self._at
        ask = noted(ask, self._use)
        runs = (step.stage.run(before, resampled(ask, sample)) for sample in range(number))
        found = await asyncio.gather(*runs, return_exceptions=True)
        outputs = [output for output in found if isinstance(output, Output)]
        faults = [fault for fault in found if isinstance(fault, BaseException)]
        for fault in faults:
            if not outputs or not isinstance(fault, UnreadableError | DeclinedError | RefusedError):
                raise fault
        self.trail += [Trace(step.name, output) for output in outputs]
        records = [before.with_output(output) for output in outputs]
        grades, verdicts = zip(*(self._graded(record, at) for record in records), strict=True)
        best = verdicts.index(True) if True in verdicts else grades.index(True) if True in grades else 0
        rate = grades.count(True) / number if None not in grades else None
        self.record = records[best].model_copy(update={"pass_rate": rate})
        self._samples[at] = number - 1

    def _graded(self, record: Record, at: int) -> tuple[bool | None, bool]:
        """Whether the answer is right (None: no filter tells), and whether all filters let the record pass."""
        right: bool | None = None
        passes = True
        for step in self._steps[at + 1 :]:
            if isinstance(step, Asked):
                break
            passed = step.filter.reason(record) is None
            passes = passes and passed
            if step.filter.grades:
                right = passed
        return right, passes

    async def _judge(self, step: Judged) -> Rejected | Failed | Owed | None:
        found = step.filter.reason(self.record)
        self.trail.append(Trace(step.name, reason=found))
        if found is None:
            self._pass(self._at)
            return None
        reason, _, detail = found.partition(": ")
        return await self._again(Rejected(self.record.row, step.name, reason, detail, self.record))

    async def _again(self, dropped: Rejected) -> Rejected | Failed | Owed | None:
        """The last stage once more, if it has a try left, the journal holds the reply to one, or it is retried.

        Else the drop stays. A reply that was bought counts, whatever the settings say by now.
        """
        last = self._last_unsettled()
        step = self._steps[last] if last is not None else None
        if last is None or not isinstance(step, Asked):
            return dropped
        if self._samples[last] + 1 < step.stage.tries:
            return await self._sample(step, last, step.ask, None)
        ended = await self._sample(step, last, step.kept, dropped) if step.kept else dropped
        if ended is not dropped or dropped.reason in self._retried or not self._anew(dropped.reason, self.used):
            return ended
        self._retried.add(dropped.reason)
        return await self._sample(step, last, step.ask, None)

    def _last_unsettled(self) -> int | None:
        """Where the last stage stands that may answer otherwise when asked anew; those behind it have yet to come."""
        stages = {at: step.stage for at in self._before if isinstance(step := self._steps[at], Asked)}
        last = max((at for at, stage in stages.items() if not stage.settled), default=None)
        self._before = {at: before for at, before in self._before.items() if last is None or at <= last}
        return last

    async def _sample(
        self, step: Asked, last: int, ask: Ask, dropped: Rejected | None
    ) -> Rejected | Failed | Owed | None:
        """One more sample of this stage; where nothing comes of it, `dropped` stays, if there is one."""
        before = self._before[last]
        try:
            output = await step.stage.run(before, resampled(noted(ask, self._use), self._samples[last] + 1))
        except ENDS as error:
            if dropped is not None:
                return dropped
            self._take_back(last, self._at)
            return _ended(before, step, error)
        self._take_back(last, self._at)
        self._samples[last] += 1
        self.trail.append(Trace(step.name, output))
        self.record = before.with_output(output)
        self._at = last
        self._pass(last)
        return None

    async def _unseen(self, error: MediaError) -> Rejected | Failed | None:
        """The end of a record whose medium cannot be shown; None where it begins anew.

        That it does once, where more is known of its medium than before.
        """
        mend, self._mend = self._mend, None
        try:
            record = await mend(self.record, error) if mend else None
        except MediaError as worse:
            record, error = None, worse
        name = self._steps[self._at].name
        if record is None and not error.lasting:
            return Failed(self.record, name, error.reason, error.detail)
        if record is None:
            return Rejected(self.record.row, name, error.reason, error.detail, self.record)
        self._take_back(0, self._at)
        self.record, self.trail, self._at = record, [], 0
        self._samples.clear()
        self._before.clear()
        return None

    def _use(self, reply: Reply) -> None:
        self.used.append(reply.key)

    def _pass(self, at: int) -> None:
        self._tally.passed[self._steps[at].name] += 1
        self._at = at + 1

    def _take_back(self, first: int, at: int) -> None:
        for passed in self._steps[first:at]:
            self._tally.passed[passed.name] -= 1


DECLINED = "declined"
ENDS = (UnansweredError, UnreadableError, DeclinedError, RefusedError, TransientError, GoneError)


def _ended(record: Record, step: Asked, error: Exception) -> Rejected | Failed | Owed:
    """How a record ends of which a stage could make nothing."""
    match error:
        case UnansweredError(failure=failure):
            return Owed(record, step.name, failure)
        case TooLongError():
            return Rejected(record.row, step.name, TOO_LONG, str(error), record)
        case DeclinedError():
            return Rejected(record.row, step.name, DECLINED, str(error), record)
        case UnreadableError():
            reason = "unreadable reply"
        case RefusedError():
            reason = "refused by the server"
        case _:
            reason = "no answer from the server"
    return Failed(record, step.name, reason, str(error))


@dataclass(frozen=True, slots=True)
class Walked:
    """How a row ended, the keys of the replies that this rests on, and what each step found."""

    outcome: Outcome
    used: list[str] = field(default_factory=list)
    trail: list[Trace] = field(default_factory=list)


async def walked(item: Record | Rejected | Failed, way: Way, tally: Tally, again: bool = False) -> Walked | Parked:
    """How one row ends, counted; a record that is to come back is not, until it comes `again`."""
    if not isinstance(item, Record):
        tally.end(item)
        return Walked(item)
    walk = Walk(item, way, tally, again)
    outcome = await walk.run()
    if isinstance(outcome, Parked):
        return outcome
    tally.end(outcome)
    return Walked(outcome, walk.used, walk.trail)
