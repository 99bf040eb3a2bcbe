"""The composition root: settings become steps, asks and sets. The only place that sees plugins and machinery."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import NamedTuple

from curate import assets, sources, workfolder
from curate.ask import Meter, limited, replayed, retried
from curate.card import card
from curate.chat import Ask, Reply, Request
from curate.engine import Asked, Judged, Step, Tally, Trace, Walk, stream, walk
from curate.errors import FatalError, MediaError, SettingsError
from curate.estimate import Estimate, estimated
from curate.intake import Intake, known_as
from curate.journal import Journal, Spent
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.record import Failed, Kept, Outcome, Record, Rejected, Thought
from curate.report import Report
from curate.settings import Settings
from curate.shards import Publication, RejectedRow

DRAIN = 15.0  # seconds that an interrupted run waits for what is under way
MIB = 2**20
TOLD = 50  # notices that are shown as they come
NAMED = 20  # failed records that are kept by name, for each cause
WIDTH = 64  # records on their way at once, at least


def print_nothing(_: str) -> None:
    """Where nobody listens to the notices."""


@dataclass(slots=True)
class Progress:
    """What a command has done so far: written here, read by the console."""

    total: int = 0
    steps: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    meters: dict[str, Meter] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    say: Callable[[str], None] = print_nothing
    failed: list[Failed] = field(default_factory=list)


class Story(NamedTuple):
    """One record's way through the steps."""

    outcome: Outcome
    trail: list[Trace]

    @property
    def record(self) -> Record | None:
        """The record; None for a row that never became one."""
        return self.outcome.record

    @property
    def problem_id(self) -> int | None:
        """The id that the row goes by; None where it has no usable one."""
        return self.outcome.problem_id if isinstance(self.outcome, Rejected) else self.outcome.record.problem_id


class Pipeline:
    """One work folder and all that a command needs; open as long as `opened` lasts."""

    def __init__(self, settings: Settings, limit: int | None, progress: Progress) -> None:
        if not settings.media_root.is_dir():
            raise SettingsError(f"input.media_root: there is no folder {settings.media_root}")
        self.settings = settings
        self.progress = progress
        self.extras: dict[str, int] = {}
        self._files = sources.found(settings.files, settings.base)
        self._limit = limit
        self._flying: set[asyncio.Task[Reply]] = set()
        self._ending = False
        workfolder.made(settings.work)
        self.journal = Journal(settings.work / workfolder.JOURNAL)
        media = settings.media
        self._eyes = Eyes(media.workers, media.timeout, media.memory * MIB, media.decoder, self._tell)
        self._library = Library(
            settings.work / workfolder.MEDIA, settings.media_root, self._eyes, media.most_lost, self._tell
        )

    def close(self) -> None:
        """Let go of the decoders and the stores."""
        self._eyes.close()
        self._library.close()
        self.journal.close()

    async def ask(self, upto: str | None) -> None:
        """Ask what the stages owe: all of them, or only `upto`, with the earlier ones from the journal.

        Records are on their way side by side; each goes on as soon as its own reply is there.
        """
        steps = self.settings.steps if upto is None else through(self.settings, upto)
        asking = [n for n in steps if n in self.settings.stages and upto in (None, n)]
        self.progress.steps, self.progress.asking = steps, tuple(asking)
        self.progress.total = self._count()
        self._ending = False
        async with AsyncExitStack() as stack:
            asks = await self._models(asking, stack)
            width = max(WIDTH, 2 * sum(self.settings.models[m].concurrency for m in asks))
            ways = self._steps(steps, asks, asking)
            walked = stream(self._records(), ways, self.progress.tally, width, self._mended)
            try:
                async for outcome in walked:
                    self._note(outcome)
            finally:
                await walked.aclose()
                await self._drain()

    async def publish(self) -> Report:
        """Replay the journal in input order, judge, and write the sets, the report and the card."""
        settings = self.settings
        self.progress.steps = settings.steps
        self.progress.total = self.progress.total or self._count()  # `run` has counted them already
        self.progress.tally = tally = Tally()
        report = Report(settings.steps)
        with Publication(settings.work) as publication:
            layouts = settings.layouts
            shards = settings.rows_per_shard
            sft = publication.writer("sft", layouts["sft"].sft, shards["sft"])
            rl = publication.writer("rl", layouts["rl"].rl, shards["rl"])
            rejected = publication.writer("rejected", RejectedRow)
            steps = self._steps(settings.steps, {}, [])
            async for item in self._records():
                outcome = await walk(item, steps, tally)
                report.add(outcome)
                if isinstance(outcome, Kept):
                    sft.add(layouts["sft"].row(outcome.record))
                else:
                    rejected.add(RejectedRow.of(outcome))
                if isinstance(item, Record):
                    rl.add(layouts["rl"].row(item))
            report.finish(extras=self.extras, models=self._provenance(), prompts=prompt_hashes(settings))
            publication.text("report.json", report.as_json())
            publication.text("README.md", card(report))
        return report

    async def replay(self) -> list[Spent]:
        """Where every record stands, from the journal alone, into `progress`; what was bought so far."""
        self.progress.steps, self.progress.total = self.settings.steps, self._count()
        steps = self._steps(self.settings.steps, {}, [])
        for meter in self.progress.meters.values():
            meter.keys = set()
        async for item in self._records():
            await walk(item, steps, self.progress.tally)
        return self.journal.spent()

    async def estimate(self, pilot: int) -> Estimate:
        """What the stages would ask about the first `pilot` rows, and what that weighs; sends nothing."""
        total = self._count()
        stages = [self.settings.stages[n] for n in self.settings.steps if n in self.settings.stages]
        asked = [(stage, self.settings.models[stage.model]) for stage in stages]
        return await estimated(self._records(pilot), asked, self._eyes, total)

    async def stories(self, problem_id: int) -> AsyncIterator[Story]:
        """Every record with this id, step by step, from the journal alone."""
        steps = self._steps(self.settings.steps, {}, [])
        matching = (row for row in self._rows() if known_as(row, problem_id))
        async for item in Intake(self._library).records(matching):
            if isinstance(item, Rejected):
                yield Story(item, [])
                continue
            walk = Walk(item, steps, Tally())
            yield Story(await walk.run(), walk.trail)

    async def _mended(self, record: Record, error: MediaError) -> Record | None:
        """The record as it came in, about the frames of its medium that do decode; None if that is no news."""
        if error.reason != "damaged" or record.medium.kind == "image":
            return None
        medium = await self._library.surveyed(record.medium)
        return record.model_copy(update={"medium": medium, "outputs": ()}) if medium else None

    def _tell(self, line: str) -> None:
        """One line about a medium: the first ones are shown, all are kept."""
        self.progress.notices.append(line)
        if len(self.progress.notices) <= TOLD:
            self.progress.say(line)

    def _note(self, outcome: Outcome) -> None:
        """Keep what must outlive the outcome: failures by name, and media that cannot be shown."""
        if isinstance(outcome, Failed):
            cause = (outcome.step, outcome.reason)
            if sum((f.step, f.reason) == cause for f in self.progress.failed) < NAMED:
                self.progress.failed.append(outcome)
        if not isinstance(outcome, Rejected) or outcome.record is None:
            return
        if outcome.reason == "damaged" and outcome.step in self.settings.stages:
            self._library.mark_unreadable(outcome.record.medium, MediaError(outcome.reason, outcome.detail))

    async def _models(self, asking: list[str], stack: AsyncExitStack) -> dict[str, Ask]:
        """The models behind these stages, open until the stack closes; each with its limit."""
        asks: dict[str, Ask] = {}
        for name in dict.fromkeys(self.settings.stages[stage].model for stage in asking):
            provider = self.settings.models[name]
            await provider.open(self._eyes)
            stack.push_async_callback(provider.close)
            asks[name] = limited(self._gated(provider.ask), asyncio.Semaphore(provider.concurrency))
            if provider.notice:
                self.progress.notices.append(provider.notice)
                self.progress.say(provider.notice)
        return asks

    def _gated(self, ask: Ask) -> Ask:
        """Nothing more goes out once the run is ending, or after an error that no request can escape."""
        fatal: list[FatalError] = []

        async def sent(request: Request) -> Reply:
            if self._ending:
                raise asyncio.CancelledError
            if fatal:
                raise fatal[0]
            try:
                return await ask(request)
            except FatalError as error:
                fatal.append(error)
                raise

        return sent

    def _steps(self, names: tuple[str, ...], asks: dict[str, Ask], asking: list[str]) -> list[Step]:
        """The steps of these names; only the stages in `asking` ask, the others take from the journal."""
        return [self._stage(n, asks, n in asking) if n in self.settings.stages else self._filter(n) for n in names]

    def _stage(self, name: str, asks: dict[str, Ask], asking: bool) -> Asked:
        stage = self.settings.stages[name]
        provider = self.settings.models[stage.model]
        meter = self.progress.meters.setdefault(name, Meter())
        ask = retried(asks[stage.model], provider.max_retries, meter) if asking else None
        return Asked(name, stage, replayed(ask, self.journal, provider.identity, meter, self._flying))

    def _filter(self, name: str) -> Judged:
        return Judged(name, self.settings.filters[name])

    def _rows(self) -> Iterator[sources.Row]:
        return itertools.islice(sources.rows(self._files), self._limit)

    def _records(self, first: int | None = None) -> AsyncIterator[Record | Rejected]:
        """The rows from the first to the last (or the `first` ones), with a fresh memory of what was seen."""
        intake = Intake(self._library)
        self.extras = intake.extras
        return intake.records(itertools.islice(self._rows(), first))

    def _count(self) -> int:
        total = sources.count(self._files)
        return total if self._limit is None else min(total, self._limit)

    async def _drain(self) -> None:
        """Wait a while for requests that are paid for, whose records have already been given up."""
        self._ending = True
        if self._flying:
            await asyncio.wait(self._flying, timeout=DRAIN)
        for task in list(self._flying):
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)

    def _provenance(self) -> dict[str, str]:
        """Which model answers each stage, and what must be known of it."""
        models = {}
        for name in self.settings.steps:
            if name in self.settings.stages:
                provider = self.settings.models[self.settings.stages[name].model]
                models[name] = ". ".join(filter(None, [provider.identity, provider.notice]))
        return models


@asynccontextmanager
async def opened(settings: Settings, limit: int | None, progress: Progress) -> AsyncIterator[Pipeline]:
    """A pipeline that is closed again, whatever happens."""
    pipeline = Pipeline(settings, limit, progress)
    with closing(pipeline):
        yield pipeline


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
