"""The composition root: settings become steps, asks and sets. The only place that sees plugins and machinery."""

import asyncio
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from curate import assets, judges, sources, workfolder
from curate.budget import Budget
from curate.card import card
from curate.census import Census, counted, spread
from curate.engine import Ended, Engine
from curate.errors import MediaError, SettingsError
from curate.estimate import Estimate, estimated
from curate.intake import DUPLICATE, Entry, Intake, Stood, again, known_as
from curate.journal import Journal, Spent
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.models import Models
from curate.pilot import foreseen, observed
from curate.progress import Progress, Story
from curate.projection import Projection
from curate.record import Failed, Kept, Owed, Record, Rejected, Thought
from curate.report import Report
from curate.rows import Rows
from curate.savings import Saving, savings
from curate.settings import Settings
from curate.shards import Publication, RejectedRow
from curate.sources import Row
from curate.standings import VERSION, Standing, Standings, medium_of
from curate.verdict import Verdict
from curate.walk import Judged, Parked, Step, Tally, Walk, Walked, Way, walked

MIB = 2**20
WIDTH = 64  # records on their way at once, at least
FEW = 2000  # rows that `status` walks rather than tell where they stood
KNOWN = 200  # rows walked before that an estimate rests on, at most


@dataclass(frozen=True, slots=True)
class Scope:
    """What a command is about.

    The first `limit` rows of a `shard` (i, n), answered also by the journals of `others` (work folders); rows
    rejected for a reason in `retry` are asked about once more. `max_cost` (USD) and `max_tokens` replace the
    settings'. With `pilot`, only so many of the records that can be asked about, spread evenly.
    """

    limit: int | None = None
    shard: tuple[int, int] = (1, 1)
    others: tuple[Path, ...] = ()
    retry: frozenset[str] = frozenset()
    max_cost: float | None = None
    max_tokens: int | None = None
    pilot: int | None = None


class Pipeline:
    """One work folder and all that a command needs; open as long as `opened` lasts.

    `holds` says whether the command holds the folder, and so may note where rows stand.
    """

    def __init__(self, settings: Settings, scope: Scope, progress: Progress, holds: bool) -> None:
        if not settings.media_root.is_dir():
            raise SettingsError(f"input.media_root: there is no folder {settings.media_root}")
        self.settings = settings
        self.progress = progress
        self.extras: dict[str, int] = {}
        self._scope = scope
        self._holds = holds and not scope.others
        work, media = settings.work, settings.media
        files = sources.found(settings.files, settings.base)
        workfolder.made(work)
        with ExitStack() as stack:
            self.rows = stack.enter_context(closing(Rows(files, work, scope.shard)))
            if holds:
                self.rows.forget_others()
            others = [folder / workfolder.JOURNAL for folder in scope.others]
            self.journal = stack.enter_context(closing(Journal(work / workfolder.JOURNAL, others, progress.tell)))
            self._eyes = stack.enter_context(
                closing(Eyes(media.workers, media.timeout, media.memory * MIB, media.decoder, progress.tell))
            )
            place, root = work / workfolder.MEDIA, settings.media_root
            self._library = stack.enter_context(
                closing(Library(place, root, self._eyes, media.most_lost, progress.tell))
            )
            self._standings = stack.enter_context(
                closing(
                    Standings(
                        work / workfolder.STANDINGS, made(settings), self.rows.identity, root, self.journal, self._holds
                    )
                )
            )
            self.budget = Budget(*limits(settings, scope), self.journal.spent())
            self._models = Models(settings.models, self.journal, self.budget, progress, scope.retry)
            self._open = stack.pop_all()

    def close(self) -> None:
        """Let go of the decoders and the stores."""
        self._open.close()

    async def ask(self, upto: str | None) -> None:
        """Ask what the stages owe: all of them, or only `upto`, with the earlier ones from the journal.

        Records are on their way side by side; each goes on as soon as its own reply is there.
        """
        settings, progress = self.settings, self.progress
        names = settings.steps if upto is None else through(settings, upto)
        progress.steps = names
        progress.asking = tuple(n for n in names if n in settings.stages and upto in (None, n))
        progress.total = self._total()
        for reason in self._scope.retry:
            self._library.forget(reason)
        intake = Intake(self._library, self._standing(names))
        async with self._models.open([settings.stages[n].model for n in progress.asking], self._eyes):
            way = Way(self._steps(names), self._mended, self._scope.retry)
            width = max(WIDTH, self._models.width)
            again = lambda number: intake.again(self.rows.row(number))  # noqa: E731
            engine = Engine(way, progress.tally, width, again, self._models.waiting, lambda: not self.budget.out)
            entries = intake.entries(self._rows())
            ended = engine.stream(entries)
            try:
                async for row in ended:
                    self._note(row, names)
            finally:
                await ended.aclose()
        await self.journal.save({stage: meter.replayed for stage, meter in progress.meters.items()})
        self._standings.flush()
        progress.stopped = self.budget.told if self.budget.out else None

    async def publish(self) -> Report:
        """Replay the journal in input order, judge, and write the sets, the report and the card."""
        settings = self.settings
        self.progress.steps = settings.steps
        self.progress.asking = ()
        self.progress.total = self._total()
        self.progress.tally = Tally()
        report = Report(settings.steps)
        with Publication(settings.work) as publication:
            layouts, shards = settings.layouts, settings.rows_per_shard
            graded = any(stage.samples > 1 for stage in settings.stages.values())
            sft = publication.writer("sft", layouts["sft"].sft, shards["sft"])
            rl = publication.writer("rl", layouts["rl"].graded if graded else layouts["rl"].rl, shards["rl"])
            rejected = publication.writer("rejected", RejectedRow)
            async for verdict in self._verdicts():
                stood = verdict.standing
                report.count(stood.kind, stood.step, stood.reason, verdict.problem_type)
                self.progress.tally.stood(stood.kind, stood.step, stood.reason, settings.steps)
                self._standings.note(verdict.number, verdict.stamp, stood)
                for writer, row in ((sft, verdict.sft), (rl, verdict.rl), (rejected, verdict.rejected)):
                    if row is not None:
                        writer.add(row)
            report.finish(extras=self.extras, models=self._provenance(), prompts=prompt_hashes(settings))
            publication.text("report.json", report.as_json())
            publication.text("README.md", card(report))
        return report

    async def status(self) -> tuple[list[Spent], list[Saving]]:
        """Where every record stands, into `progress`; what was bought so far, and what was spared.

        Rows that a command has walked before stand where it left them; where these settings have walked
        none, or few are left, they are replayed.
        """
        progress, steps = self.progress, self.settings.steps
        progress.steps, progress.total = steps, self._total()
        end = self.rows.end(self._scope.limit)
        counts = self._standings.counts(end) if self._standings.matches else None
        media = self._standings.media(end) - {b""} if counts else set()
        finished = {cause: n for cause, n in counts.items() if cause[0] in ("kept", "rejected")} if counts else {}
        if counts and progress.total - sum(finished.values()) > FEW:
            finished = counts
            untouched = progress.total - counts.total()
            progress.tally.stood("owed", steps[0], "", steps, untouched)
        else:
            intake = Intake(self._library)
            left = self.rows.numbers(end, self._standings.finished(end) if counts else set())
            rows = map(self.rows.row, left)
            way = Way(self._steps(steps))
            async for entry in intake.entries(rows):
                outcome = (await self._walked(entry, way, progress.tally)).outcome
                media |= {medium_of(outcome.record)} if outcome.record else set()
        for (kind, step, reason), number in finished.items():
            progress.tally.stood(kind, step, reason, steps, number)
        spent, shares = self.journal.spent(), {n: s.shared for n, s in self.settings.stages.items() if n in steps}
        return spent, savings(steps, shares, progress.tally, len(media), self.journal.saved(), spent)

    async def estimate(self, most: int) -> Estimate:
        """What the stages would ask about the first `most` rows, or of a pilot's some, and what that weighs.

        Sends nothing.
        """
        stages = [self.settings.stages[n] for n in self.settings.steps if n in self.settings.stages]
        weighed = [(stage, self.settings.models[stage.model]) for stage in stages]
        numbers = spread(self._some, most) if self._scope.pilot else self._numbers()[:most]
        entries = Intake(self._library).entries(map(self.rows.row, numbers))
        items = (entry.item async for entry in entries)
        return await estimated(items, weighed, self._eyes, len(self._numbers()))

    async def projected(self) -> tuple[Census, Projection] | None:
        """What all rows will take, from the pilot's records, else from rows that were walked before.

        From the journal alone: None where nothing was bought yet.
        """
        if not self.journal.spent():
            return None
        self.progress.asking = ()
        entries = Intake(self._library).entries(map(self.rows.row, self._some))
        seen = await observed(entries, self._steps(self.settings.steps), self._census)
        return self._census, foreseen(self.settings, self.progress.meters, self._census, seen)

    async def stories(self, problem_id: int) -> AsyncIterator[Story]:
        """Every record with this id, step by step, from the journal alone."""
        way = Way(self._steps(self.settings.steps))
        matching = (row for row in self._rows() if known_as(row, problem_id))
        async for entry in Intake(self._library).entries(matching):
            if not isinstance(entry.item, Record):
                yield Story((await self._walked(entry, way, Tally())).outcome, [])
                continue
            walk = Walk(entry.item, way, Tally())
            outcome = await walk.run()
            if not isinstance(outcome, Parked):
                yield Story(outcome, walk.trail)

    async def judged(self, rows: Iterable[Row]) -> AsyncIterator[Verdict]:
        """The verdict on each of these rows, in order, from the journal alone."""
        intake = Intake(self._library, lambda row: (self._standings.stamp(row), None))
        self.extras = intake.extras
        way, layouts = Way(self._steps(self.settings.steps)), self.settings.layouts
        async for entry in intake.entries(rows):
            ended = await self._walked(entry, way, Tally())
            record = entry.item if isinstance(entry.item, Record) else None
            yield Verdict.of(entry.number, entry.stamp, entry.asked, record, ended, layouts["sft"], layouts["rl"])

    async def _verdicts(self) -> AsyncIterator[Verdict]:
        """The verdict on every row, in order; many rows are judged side by side."""
        processes = judges.wanted(self.progress.total)
        if not processes:
            async for verdict in self.judged(self._rows()):
                yield verdict
            return
        first: dict[bytes, Verdict] = {}
        extras: Counter[str] = Counter()
        numbers = self.rows.numbers(self.rows.end(self._scope.limit), set())
        arguments = (self.settings, self._scope)
        async for part in judges.parts(numbers, processes, f"{__name__}:bench", f"{__name__}:sentence", arguments):
            extras += part.extras
            for line in part.notices:
                self.progress.tell(line)
            for verdict in part.verdicts:
                asked = verdict.standing.asked
                before = first.setdefault(asked, verdict._replace(sft=None, rl=None)) if asked else verdict
                yield verdict if before.number == verdict.number else await self._doubled(verdict, before)
        self.extras = extras

    async def _doubled(self, verdict: Verdict, before: Verdict) -> Verdict:
        """The verdict on a row that asks the same as one before it, which another process saw."""
        entry = await Intake(self._library).again(self.rows.row(verdict.number))
        dropped = again(entry.item, before.standing.problem_id) if isinstance(entry.item, Record) else None
        if dropped is None:
            return verdict
        layouts = self.settings.layouts
        asked = verdict.standing.asked
        return Verdict.of(verdict.number, verdict.stamp, asked, None, Walked(dropped), layouts["sft"], layouts["rl"])

    async def _walked(self, entry: Entry, way: Way, tally: Tally) -> Walked:
        if isinstance(entry.item, Standing):
            raise TypeError("a row that stands is not walked")
        ended = await walked(entry.item, way, tally)
        if isinstance(ended, Parked):
            raise TypeError("nobody waits for the journal")
        return ended

    def _standing(self, names: tuple[str, ...]) -> Stood:
        """Where a row stood before, if walking these steps again would make nothing else of it."""
        steps, retry = self.settings.steps, self._scope.retry

        def stood(row: Row) -> tuple[bytes, Standing | None]:
            stamp = self._standings.stamp(row)
            found = self._standings.of(row, stamp)
            if found is None or found.reason == DUPLICATE or found.reason in retry:
                return stamp, None
            beyond = found.kind == "owed" and found.step in steps[len(names) :]
            return stamp, found if found.final or beyond else None

        return stood

    async def _mended(self, record: Record, error: MediaError) -> Record | None:
        """The record as it came in, about the frames of its medium that do decode; None if that is no news."""
        if error.reason != "damaged" or record.medium.kind == "image":
            return None
        medium = await self._library.surveyed(record.medium)
        return record.model_copy(update={"medium": medium, "outputs": ()}) if medium else None

    def _note(self, row: Ended, names: tuple[str, ...]) -> None:
        """Keep what must outlive the outcome: where the row stands, failures by name, media that cannot be shown."""
        if row.walked is None:
            return
        outcome = row.walked.outcome
        if isinstance(outcome, Failed):
            self.progress.name(outcome)
        if isinstance(outcome, Rejected):
            self._mark(outcome)
        rest = self.settings.steps[len(names) :]
        ahead = Owed(outcome.record, rest[0]) if isinstance(outcome, Kept) and rest else outcome
        self._standings.note(row.entry.number, row.entry.stamp, Standing.of(ahead, row.entry.asked, row.walked.used))

    def _mark(self, dropped: Rejected) -> None:
        """Remember that a stage could not show this medium, so that it is refused before anything is asked."""
        if dropped.reason == "damaged" and dropped.record and dropped.step in self.settings.stages:
            self._library.mark_unreadable(dropped.record.medium, MediaError(dropped.reason, dropped.detail))

    def _steps(self, names: tuple[str, ...]) -> list[Step]:
        """The steps of these names; only the stages whose models are open ask, the others take from the journal."""
        settings, asking = self.settings, self.progress.asking
        return [
            self._models.asked(n, settings.stages[n], n in asking)
            if n in settings.stages
            else Judged(n, settings.filters[n])
            for n in names
        ]

    def _rows(self) -> Iterator[Row]:
        if self._scope.pilot:
            return map(self.rows.row, self._some)
        return itertools.islice(self.rows, self._scope.limit)

    def _total(self) -> int:
        if self._scope.pilot:
            return len(self._some)
        total, limit = len(self.rows), self._scope.limit
        return total if limit is None else min(total, limit)

    def _numbers(self) -> list[int]:
        """All rows that the command is about, by number; the pilot's and the others."""
        return self.rows.numbers(self.rows.end(self._scope.limit), set())

    @cached_property
    def _census(self) -> Census:
        return counted(itertools.islice(self.rows, self._scope.limit))

    @cached_property
    def _some(self) -> list[int]:
        """The rows of the pilot; without one, those whose replies are likely to be in the journal."""
        fresh = self._census.fresh
        if self._scope.pilot:
            return spread(fresh, self._scope.pilot)
        end = self.rows.end(self._scope.limit)
        before = self._standings.walked(end) if self._standings.matches else []
        return spread((number for number in before or fresh if number in fresh), KNOWN)

    def _provenance(self) -> dict[str, str]:
        """Which model answers each stage, and what must be known of it."""
        models = {}
        for name in self.settings.steps:
            if name in self.settings.stages:
                provider = self.settings.models[self.settings.stages[name].model]
                models[name] = ". ".join(filter(None, [provider.identity, provider.notice]))
        return models


@dataclass(frozen=True, slots=True)
class Bench:
    """What a process needs that judges rows: a pipeline of its own, and a loop for it."""

    runner: asyncio.Runner
    pipeline: Pipeline


def bench(settings: Settings, scope: Scope) -> Bench:
    """Made once in each such process."""
    return Bench(asyncio.Runner(), Pipeline(settings, scope, Progress(), holds=False))


def sentence(at: Bench, numbers: Sequence[int]) -> judges.Part:
    """The verdicts on the rows of these numbers."""

    async def judge() -> judges.Part:
        pipeline = at.pipeline
        verdicts = [verdict async for verdict in pipeline.judged(map(pipeline.rows.row, numbers))]
        notices, pipeline.progress.notices = pipeline.progress.notices, []
        return judges.Part(verdicts, Counter(pipeline.extras), notices)

    return at.runner.run(judge())


@asynccontextmanager
async def opened(settings: Settings, scope: Scope, progress: Progress, holds: bool = False) -> AsyncIterator[Pipeline]:
    """A pipeline that is closed again, whatever happens."""
    pipeline = Pipeline(settings, scope, progress, holds)
    with closing(pipeline):
        yield pipeline


def limits(settings: Settings, scope: Scope) -> tuple[float | None, int | None]:
    """USD and tokens that may be spent: the command's own limits, else the settings'."""
    cost = settings.max_cost if scope.max_cost is None else scope.max_cost
    return cost, settings.max_tokens if scope.max_tokens is None else scope.max_tokens


def through(settings: Settings, stage: str) -> tuple[str, ...]:
    """The steps up to this stage, and the filters behind it that may send it back for another try."""
    if stage not in settings.steps:
        raise SettingsError(f"steps: {stage!r} is not among them, so there is nothing to ask")
    end = settings.steps.index(stage) + 1
    while end < len(settings.steps) and settings.steps[end] not in settings.stages:
        end += 1
    return settings.steps[:end]


def trainable(settings: Settings) -> None:
    """Raise SettingsError where no step writes the thinking that the SFT set is made of."""
    stages = [settings.stages[name] for name in settings.steps if name in settings.stages]
    if not any(issubclass(stage.output, Thought) for stage in stages):
        raise SettingsError("steps: none of them writes the thinking that the sft set is made of; add 'draft'")


def prompt_hashes(settings: Settings) -> dict[str, str]:
    """The first 12 digits of the SHA-256 over all prompts of each stage among the steps."""
    return {n: assets.digest("prompts", n) for n in settings.steps if n in settings.stages}


def made(settings: Settings) -> str:
    """What changes with anything in the settings that a row's outcome depends on: 32 hex digits."""
    steps = [
        [name, (settings.stages.get(name) or settings.filters[name]).model_dump(mode="json")] for name in settings.steps
    ]
    models = {name: settings.models[stage.model].identity for name, stage in settings.stages.items()}
    told = [assets.digest(kind, "") for kind in ("prompts", "schemas")]
    said = [steps, models, told, settings.media.model_dump(mode="json"), VERSION]
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()
