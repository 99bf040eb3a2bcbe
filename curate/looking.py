"""Looking at a work folder, without asking anything: where rows stand, what is to come, one record's story."""

from collections import Counter
from collections.abc import AsyncIterator

from curate.census import Census, spread
from curate.estimate import Estimate, estimated
from curate.intake import known_as
from curate.journal import Spent
from curate.pilot import foreseen, observed
from curate.pipeline import Pipeline
from curate.progress import Story
from curate.projection import Projection
from curate.record import Record
from curate.savings import Saving, savings
from curate.standings import medium_of
from curate.steps import Parked, Way
from curate.tally import Tally
from curate.walk import Walk

FEW = 2000  # rows that `status` walks rather than tell where they stood


async def status(pipeline: Pipeline) -> tuple[list[Spent], list[Saving]]:
    """Where every record stands, into `progress`; what was bought so far, and what was spared.

    Rows that a command has walked before stand where it left them; where these settings have walked
    none, or few are left, they are replayed. Of many that nothing was ever asked about, all are owed: whether they
    can be used would take a look at every medium.
    """
    progress, steps = pipeline.progress, pipeline.settings.steps
    progress.steps, progress.total = steps, pipeline.total()
    end = pipeline.rows.end(pipeline.scope.limit)
    counts = pipeline.standings.counts(end) if pipeline.standings.matches else None
    media = pipeline.standings.media(end) - {b""} if counts else set()
    finished = {cause: n for cause, n in counts.items() if cause[0] in ("kept", "rejected")} if counts else {}
    if not counts:
        counts = Counter() if progress.total > FEW and not pipeline.journal.count() else None
    if counts is not None and progress.total - sum(finished.values()) > FEW:
        finished = counts
        untouched = progress.total - counts.total()
        progress.tally.stood("owed", steps[0], "", steps, untouched)
    else:
        intake = pipeline.intake()
        rows = map(pipeline.rows.row, _left(pipeline, end, sum(finished.values())))
        way = Way(pipeline.steps(steps))
        async for entry in intake.entries(rows):
            outcome = (await pipeline.walked(entry, way, progress.tally)).outcome
            media |= {medium_of(outcome.record)} if outcome.record else set()
    for (kind, step, reason), number in finished.items():
        progress.tally.stood(kind, step, reason, steps, number)
    spent, shares = pipeline.journal.spent(), {n: s.shared for n, s in pipeline.settings.stages.items() if n in steps}
    return spent, savings(steps, shares, progress.tally, len(media), pipeline.journal.saved(), spent)


def _left(pipeline: Pipeline, end: int, finished: int) -> list[int]:
    """The numbers of the rows that are not finished; where so many are."""
    if finished == pipeline.progress.total:
        return []
    return pipeline.rows.numbers(end, pipeline.standings.finished(end) if finished else set())


async def estimate(pipeline: Pipeline, most: int) -> Estimate:
    """What the stages would ask about the first `most` rows, or of a pilot's some, and what that weighs.

    Sends nothing.
    """
    stages = [pipeline.settings.stages[n] for n in pipeline.settings.steps if n in pipeline.settings.stages]
    weighed = [(stage, pipeline.settings.models[stage.model]) for stage in stages]
    every = pipeline.numbers()
    numbers = spread(pipeline.some, most) if pipeline.scope.pilot else every[:most]
    entries = pipeline.intake().entries(map(pipeline.rows.row, numbers))
    items = (entry.item async for entry in entries)
    return await estimated(items, weighed, pipeline.eyes, len(every))


async def projected(pipeline: Pipeline) -> tuple[Census, Projection] | None:
    """What all rows will take, from the pilot's records, else from rows that were walked before.

    From the journal alone: None where nothing was bought yet.
    """
    if not pipeline.journal.spent():
        return None
    pipeline.progress.asking = ()
    entries = pipeline.intake().entries(map(pipeline.rows.row, pipeline.some))
    seen = await observed(entries, pipeline.steps(pipeline.settings.steps), pipeline.census)
    return pipeline.census, foreseen(
        pipeline.settings, pipeline.progress.meters, pipeline.census, seen, pipeline.progress.paces
    )


async def stories(pipeline: Pipeline, problem_id: int) -> AsyncIterator[Story]:
    """Every record with this id, step by step, from the journal alone."""
    way = Way(pipeline.steps(pipeline.settings.steps))
    matching = (row for row in pipeline.selected() if known_as(row, problem_id))
    async for entry in pipeline.intake().entries(matching):
        if not isinstance(entry.item, Record):
            yield Story((await pipeline.walked(entry, way, Tally())).outcome, [])
            continue
        walk = Walk(entry.item, way, Tally())
        outcome = await walk.run()
        if not isinstance(outcome, Parked):
            yield Story(outcome, walk.trail)
