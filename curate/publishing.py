"""Replaying the journal into the sets: every row judged, in order, and all of it put in place at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from curate import assets, judges, reviewing
from curate.card import card
from curate.comparing import Alike
from curate.disclosure import disclosed
from curate.doubts import strangers
from curate.findings import Findings
from curate.holdings import holdings
from curate.intake import again
from curate.measures import Measures, sampled
from curate.mix import Mixed
from curate.pipeline import Pipeline, Scope
from curate.progress import Progress
from curate.provenance import Provenance
from curate.provider import public
from curate.record import Record
from curate.report import OTHER, Report
from curate.sets import Sets
from curate.settings import Settings
from curate.shards import Publication, RejectedRow
from curate.sources import Row
from curate.splits import SETS
from curate.steps import Way
from curate.tally import Tally
from curate.tracing import traced
from curate.verdict import Verdict
from curate.walk import Walked


async def publish(pipeline: Pipeline) -> Report:
    """Replay the journal in input order, judge, and write the sets, the report and the card."""
    settings = pipeline.settings
    begin(pipeline)
    report, findings = Report(settings.steps), Findings()
    with Publication(settings.work) as publication:
        sets = Sets(publication, settings, pipeline.copies)
        rejected = publication.writer("rejected", RejectedRow)
        async for verdict in verdicts(pipeline):
            stood = verdict.standing
            report.count(stood.kind, stood.step, stood.reason, verdict.problem_type)
            findings.add(verdict)
            if verdict.left_out:
                report.leave_out(verdict.left_out, verdict.problem_type)
            pipeline.progress.tally.stood(stood.kind, stood.step, stood.reason, settings.steps)
            report.place(verdict.origin, verdict.problem_type, verdict.sft is not None, verdict.rl is not None)
            pipeline.standings.note(verdict.number, verdict.stamp, stood)
            sets.add(verdict)
            if verdict.rejected is not None:
                rejected.add(verdict.rejected)
        report.validation = sets.validation
        report.mix = pipeline.mixed.compared(sets.groups(len(pipeline.mixed.names))) if pipeline.mixed else []
        if report.validation and report.validation.far:
            pipeline.progress.tell(report.validation.told)
        sources = {share.data_source for share in report.shares}
        for line in (*sets.notices(), *(strangers(settings.card.licenses, sources) if OTHER not in sources else ())):
            pipeline.progress.tell(line)
        report.finish(extras=pipeline.extras, models=provenance(pipeline), prompts=prompt_hashes(settings))
        publication.text("report.html", await reviewing.reviewed(pipeline, report, findings))
        publication.text("report.json", report.as_json())
        held = holdings(publication.finished(), SETS)
        publication.text("README.md", card(report, held, settings.card, disclosed(settings)))
    return report


def begin(pipeline: Pipeline) -> None:
    """Have the progress tell of a replay from its first row on."""
    progress = pipeline.progress
    progress.steps, progress.asking = pipeline.settings.steps, ()
    progress.total, progress.tally = pipeline.total(), Tally()


async def judged(pipeline: Pipeline, rows: Iterable[Row]) -> AsyncIterator[Verdict]:
    """The verdict on each of these rows, in order, from the journal alone."""
    intake = pipeline.intake(lambda row: (pipeline.standings.stamp(row), None))
    pipeline.extras = intake.extras
    way, layouts = Way(pipeline.steps(pipeline.settings.steps)), pipeline.settings.layouts
    sft, rl, fitness = layouts["sft"], layouts["rl"], pipeline.settings.fitness
    trace = _tracing(pipeline) if sft.traced or rl.traced else None
    thinking, total, tally = reviewing.thinking(pipeline.settings), pipeline.total(), Tally()
    async for entry in intake.entries(rows):
        ended = await pipeline.walked(entry, way, tally)
        record = entry.item if isinstance(entry.item, Record) else None
        verdict = Verdict.of(entry.number, entry.stamp, entry.asked, record, ended, sft, rl, fitness, trace)
        group = pipeline.mixed.number(record.row) if pipeline.mixed and record else -1
        measures = Measures.of(ended.outcome, thinking, sampled(entry.number, total))
        yield verdict._replace(measures=measures, group=group)


def _tracing(pipeline: Pipeline) -> Callable[[Walked], Provenance]:
    settings = pipeline.settings
    filters = [settings.filters[name] for name in settings.steps if name in settings.filters]
    return partial(traced, journal=pipeline.journal, prompts=prompt_hashes(settings), filters=filters)


async def verdicts(pipeline: Pipeline) -> AsyncIterator[Verdict]:
    """The verdict on every row, in order; many rows are judged side by side."""
    processes = judges.wanted(pipeline.progress.total)
    if not processes:
        async for verdict in judged(pipeline, pipeline.selected()):
            yield verdict
        return
    first: dict[bytes, tuple[int, int]] = {}
    extras: Counter[str] = Counter()
    arguments = (pristine(pipeline.settings), pipeline.scope, pipeline.mixed, Alike(pipeline.repeats))
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
    entry = await pipeline.intake().again(pipeline.rows.row(verdict.number))
    dropped = again(entry.item, first) if isinstance(entry.item, Record) else None
    if dropped is None:
        return verdict
    layouts = pipeline.settings.layouts
    asked = verdict.standing.asked
    ended = Verdict.of(verdict.number, verdict.stamp, asked, None, Walked(dropped), layouts["sft"], layouts["rl"])
    return ended._replace(measures=Measures(verdict.measures.source))


@dataclass(frozen=True, slots=True)
class Bench:
    """What a process needs that judges rows: a pipeline of its own, and a loop for it."""

    runner: asyncio.Runner
    pipeline: Pipeline


def pristine(settings: Settings) -> Settings:
    """The same settings without what their models hold while they are open, which no other process can have."""
    models = {name: type(model)(**model.model_dump()) for name, model in settings.models.items()}
    return settings.model_copy(update={"models": models})


def bench(settings: Settings, scope: Scope, mixed: Mixed | None, alike: Alike) -> Bench:
    """Made once in each such process."""
    pipeline = Pipeline(settings, scope, Progress(), holds=False, mixed=mixed, alike=alike)
    return Bench(asyncio.Runner(), pipeline)


def sentence(at: Bench, numbers: Sequence[int]) -> judges.Part:
    """The verdicts on the rows of these numbers."""

    async def judge() -> judges.Part:
        pipeline = at.pipeline
        verdicts = [verdict async for verdict in judged(pipeline, pipeline.rows.between(numbers[0], numbers[-1]))]
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
            models[name] = ". ".join(filter(None, [public(provider.identity), provider.notice]))
    return models


def prompt_hashes(settings: Settings) -> dict[str, str]:
    """The first 12 digits of the SHA-256 over all prompts of each stage among the steps that has some."""
    stages = [n for n in settings.steps if n in settings.stages and not settings.stages[n].embeds]
    return {n: assets.digest("prompts", n) for n in stages}
