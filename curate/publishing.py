"""Replaying the journal into the sets: every row judged, in order, and all of it put in place at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from curate import assets, judges
from curate.card import card
from curate.intake import Intake, again
from curate.pipeline import Pipeline, Scope
from curate.progress import Progress
from curate.record import Record
from curate.report import Report
from curate.settings import Settings
from curate.shards import Publication, RejectedRow
from curate.sources import Row
from curate.steps import Way
from curate.tally import Tally
from curate.verdict import Verdict
from curate.walk import Walked


async def publish(pipeline: Pipeline) -> Report:
    """Replay the journal in input order, judge, and write the sets, the report and the card."""
    settings = pipeline.settings
    pipeline.progress.steps = settings.steps
    pipeline.progress.asking = ()
    pipeline.progress.total = pipeline.total()
    pipeline.progress.tally = Tally()
    report = Report(settings.steps)
    with Publication(settings.work) as publication:
        layouts, shards = settings.layouts, settings.rows_per_shard
        graded = any(stage.samples > 1 for stage in settings.stages.values())
        sft = publication.writer("sft", layouts["sft"].sft, shards["sft"])
        rl = publication.writer("rl", layouts["rl"].graded if graded else layouts["rl"].rl, shards["rl"])
        rejected = publication.writer("rejected", RejectedRow)
        async for verdict in verdicts(pipeline):
            stood = verdict.standing
            report.count(stood.kind, stood.step, stood.reason, verdict.problem_type)
            if verdict.left_out:
                report.leave_out(verdict.left_out, verdict.problem_type)
            pipeline.progress.tally.stood(stood.kind, stood.step, stood.reason, settings.steps)
            pipeline.standings.note(verdict.number, verdict.stamp, stood)
            for writer, row in ((sft, verdict.sft), (rl, verdict.rl), (rejected, verdict.rejected)):
                if row is not None:
                    writer.add(row)
        report.finish(extras=pipeline.extras, models=provenance(pipeline), prompts=prompt_hashes(settings))
        publication.text("report.json", report.as_json())
        publication.text("README.md", card(report))
    return report


async def judged(pipeline: Pipeline, rows: Iterable[Row]) -> AsyncIterator[Verdict]:
    """The verdict on each of these rows, in order, from the journal alone."""
    intake = Intake(pipeline.library, lambda row: (pipeline.standings.stamp(row), None))
    pipeline.extras = intake.extras
    way, layouts = Way(pipeline.steps(pipeline.settings.steps)), pipeline.settings.layouts
    sft, rl, fitness = layouts["sft"], layouts["rl"], pipeline.settings.fitness
    async for entry in intake.entries(rows):
        ended = await pipeline.walked(entry, way, Tally())
        record = entry.item if isinstance(entry.item, Record) else None
        yield Verdict.of(entry.number, entry.stamp, entry.asked, record, ended, sft, rl, fitness)


async def verdicts(pipeline: Pipeline) -> AsyncIterator[Verdict]:
    """The verdict on every row, in order; many rows are judged side by side."""
    processes = judges.wanted(pipeline.progress.total)
    if not processes:
        async for verdict in judged(pipeline, pipeline.selected()):
            yield verdict
        return
    first: dict[bytes, tuple[int, int]] = {}
    extras: Counter[str] = Counter()
    arguments = (pristine(pipeline.settings), pipeline.scope)
    async for part in judges.parts(
        pipeline.numbers(), processes, f"{__name__}:bench", f"{__name__}:sentence", arguments
    ):
        extras += part.extras
        for line in part.notices:
            pipeline.progress.tell(line)
        for verdict in part.verdicts:
            asked, ours = verdict.standing.asked, (verdict.number, verdict.standing.problem_id)
            before = first.setdefault(asked, ours) if asked else ours
            yield verdict if before == ours else await _doubled(pipeline, verdict, before[1])
    pipeline.extras = extras


async def _doubled(pipeline: Pipeline, verdict: Verdict, first: int) -> Verdict:
    """The verdict on a row that asks the same as one before it, which another process saw."""
    entry = await Intake(pipeline.library).again(pipeline.rows.row(verdict.number))
    dropped = again(entry.item, first) if isinstance(entry.item, Record) else None
    if dropped is None:
        return verdict
    layouts = pipeline.settings.layouts
    asked = verdict.standing.asked
    return Verdict.of(verdict.number, verdict.stamp, asked, None, Walked(dropped), layouts["sft"], layouts["rl"])


@dataclass(frozen=True, slots=True)
class Bench:
    """What a process needs that judges rows: a pipeline of its own, and a loop for it."""

    runner: asyncio.Runner
    pipeline: Pipeline


def pristine(settings: Settings) -> Settings:
    """The same settings without what their models hold while they are open, which no other process can have."""
    models = {name: type(model)(**model.model_dump()) for name, model in settings.models.items()}
    return settings.model_copy(update={"models": models})


def bench(settings: Settings, scope: Scope) -> Bench:
    """Made once in each such process."""
    return Bench(asyncio.Runner(), Pipeline(settings, scope, Progress(), holds=False))


def sentence(at: Bench, numbers: Sequence[int]) -> judges.Part:
    """The verdicts on the rows of these numbers."""

    async def judge() -> judges.Part:
        pipeline = at.pipeline
        verdicts = [verdict async for verdict in judged(pipeline, map(pipeline.rows.row, numbers))]
        notices, pipeline.progress.notices = pipeline.progress.notices, []
        return judges.Part(verdicts, Counter(pipeline.extras), notices)

    # (not `run`, which minds Ctrl-C at a cost: it has all that was returned written out for an error message)
    return at.runner.get_loop().run_until_complete(judge())


def provenance(pipeline: Pipeline) -> dict[str, str]:
    """Which model answers each stage, and what must be known of it."""
    models = {}
    for name in pipeline.settings.steps:
        if name in pipeline.settings.stages:
            provider = pipeline.settings.models[pipeline.settings.stages[name].model]
            models[name] = ". ".join(filter(None, [provider.identity, provider.notice]))
    return models


def prompt_hashes(settings: Settings) -> dict[str, str]:
    """The first 12 digits of the SHA-256 over all prompts of each stage among the steps that has some."""
    stages = [n for n in settings.steps if n in settings.stages and not settings.stages[n].embeds]
    return {n: assets.digest("prompts", n) for n in stages}
