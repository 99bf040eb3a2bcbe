"""What records of a pilot went through, told by the journal: how far each came, and what it took at each stage."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from curate.ask import noted
from curate.census import Census
from curate.chat import Reply
from curate.intake import STEP, Entry
from curate.meter import Meter
from curate.pace import Pace
from curate.projection import Asking, Projection, Seen, Speed, Used, Whole, projected
from curate.provider import Provider
from curate.record import Failed, Kept, Outcome, Owed, Rejected
from curate.settings import Settings
from curate.stage import Stage
from curate.standings import Standing
from curate.starts import MINUTE
from curate.steps import Asked, Parked, Step, Way
from curate.tally import Tally
from curate.walk import walked


def foreseen(
    settings: Settings,
    meters: Mapping[str, Meter],
    census: Census,
    seen: Sequence[Seen],
    paces: Mapping[str, Pace] = MappingProxyType({}),
) -> Projection:
    """All rows of the census, from those seen.

    `meters` tell how long the replies to each stage took, `paces` how many a model was found to take.
    """
    stages = {name: settings.stages[name] for name in settings.steps if name in settings.stages}
    clocks = {name: meters.get(name, Meter()) for name in stages}
    asks = [
        Asking(n, s.model, s.shared, clocks[n].seconds, clocks[n].sent, possible(s, census)) for n, s in stages.items()
    ]
    speeds = {
        name: Speed(model.concurrency, _a_minute(model, paces.get(name)), model.tokens_per_minute)
        for name, model in settings.models.items()
    }
    return projected(seen, asks, speeds, Whole(list(census.sharing.values()), settings.steps[0] in settings.filters))


def _a_minute(model: Provider, pace: Pace | None) -> float | None:
    """Requests that a model takes: what the settings say, or what the pilot has found out by being refused."""
    found = pace.rate.allowed if pace else None
    return model.requests_per_minute if found is None else found * MINUTE


def possible(stage: Stage, census: Census) -> int:
    """Replies that this stage can take for all rows."""
    return sum(stage.most(census.kinds[m]) * (1 if stage.shared else rows) for m, rows in census.sharing.items())


async def observed(entries: AsyncIterator[Entry], steps: Sequence[Step], census: Census) -> list[Seen]:
    """These rows, walked from the journal alone by `steps` that ask nothing.

    Rows whose medium could not be had this time tell nothing.
    """
    found = []
    async for entry in entries:
        replies: dict[str, list[Reply]] = {}
        if isinstance(entry.item, Standing):
            raise TypeError("a row that stands is not walked")
        ended = await walked(entry.item, Way(_billed(steps, replies)), Tally())
        if isinstance(ended, Parked) or (isinstance(ended.outcome, Failed) and ended.outcome.step == STEP):
            continue
        outcome = ended.outcome
        gates = gated(outcome, steps)
        used = tuple(Used.of(replies[name]) for name in list(replies)[: max(0, len(gates) - 1)])
        usable = not (isinstance(outcome, Rejected) and outcome.step == STEP)
        medium = census.fresh[entry.number]
        found.append(Seen(medium, census.sharing[medium], usable, gates, used))
    return found


def gated(outcome: Outcome, steps: Sequence[Step]) -> tuple[bool, ...]:
    """Which gates let a record with this outcome pass, as far as it is known.

    The first gate is made of the filters before any stage, each other one of a stage and the filters behind it.
    """
    if isinstance(outcome, Kept):
        return (True,) * (1 + _stages(steps))
    if outcome.step == STEP:
        return ()
    names = [step.name for step in steps]
    passed = (True,) * _stages(steps[: names.index(outcome.step) + 1])
    return passed if isinstance(outcome, Owed) else (*passed, False)


def _stages(steps: Sequence[Step]) -> int:
    return sum(isinstance(step, Asked) for step in steps)


def _billed(steps: Sequence[Step], replies: dict[str, list[Reply]]) -> list[Step]:
    """The same steps, which note every reply under the name of its stage."""

    def billed(step: Step) -> Step:
        return _noting(step, replies.setdefault(step.name, []).append) if isinstance(step, Asked) else step

    return [billed(step) for step in steps]


def _noting(step: Asked, note: Callable[[Reply], None]) -> Asked:
    kept = noted(step.kept, note) if step.kept else None
    return replace(step, ask=noted(step.ask, note), kept=kept, shared=None)
