"""The composition root: settings become steps, asks and sets. The only place that sees plugins and machinery."""

import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from curate import assets, sources, workfolder
from curate.budget import Budget
from curate.census import Census, counted, spread
from curate.checks import nearest
from curate.comparing import Alike, compared, eyes_of, library_of, mixed_of
from curate.doubts import doubts
from curate.engine import MOST, Ended, Engine
from curate.errors import MediaError, SettingsError
from curate.intake import DUPLICATE, NEAR, Entry, Intake, Stood, none, nowhere
from curate.journal import Journal
from curate.mix import Mixed
from curate.mixture import mixture
from curate.models import Models
from curate.progress import Progress
from curate.record import Failed, Kept, Owed, Record, Rejected, Thought
from curate.retries import Retries
from curate.rows import Rows
from curate.settings import Settings
from curate.sources import Row
from curate.stage import ShowingStage
from curate.standings import VERSION, Standing, Standings
from curate.steps import Judged, Parked, Step, Way
from curate.tally import Tally
from curate.walk import Walked, walked

WIDTH = 64  # records on their way at once, at least
ALONE = Alike()  # nothing was compared
KNOWN = 200  # rows walked before that an estimate rests on, at most


@dataclass(frozen=True, slots=True)
class Scope:
    """What a command is about.

    The first `limit` rows of a `shard` (i, n; None: that of the work folder), answered also by the journals of
    `others` (work folders); rows rejected for a reason in `retry` are asked about once more. `max_cost` (USD) and
    `max_tokens` replace the settings'. With `pilot`, only so many of the records that can be asked about, spread
    evenly. Without `canary`, models are shown media that have not seen one.
    """

    limit: int | None = None
    shard: tuple[int, int] | None = None
    others: tuple[Path, ...] = ()
    retry: frozenset[str] = frozenset()
    max_cost: float | None = None
    max_tokens: int | None = None
    pilot: int | None = None
    canary: bool = True


class Pipeline:
    """One work folder and all that a command needs; open as long as `opened` lasts.

    `holds` says whether the command holds the folder, and so may note where rows stand.
    """

    def __init__(
        self,
        settings: Settings,
        scope: Scope,
        progress: Progress,
        holds: bool,
        mixed: Mixed | None = None,
        alike: Alike = ALONE,
    ) -> None:
        if not settings.media_root.is_dir():
            raise SettingsError(f"input.media_root: there is no folder {settings.media_root}")
        self.settings = settings
        self.progress = progress
        self.extras: dict[str, int] = {}
        self.scope = scope
        self.repeats, self.copies = alike
        self._holds = holds and not scope.others
        work = settings.work
        files = sources.found(settings.files, settings.base)
        workfolder.made(work)
        with ExitStack() as stack:
            self.rows = stack.enter_context(closing(Rows(files, work, scope.shard or workfolder.WHOLE)))
            if holds:
                self.rows.forget_others()
            self.mixed = mixed or (mixture(settings.mix, files, work, settings.measures) if settings.mix else None)
            others = [workfolder.journal(folder) for folder in scope.others]
            self.journal = stack.enter_context(closing(Journal(work / workfolder.JOURNAL, others, progress.tell)))
            self.eyes = stack.enter_context(closing(eyes_of(settings, progress)))
            self.library = stack.enter_context(closing(library_of(settings, self.eyes, progress)))
            self.standings = stack.enter_context(
                closing(
                    Standings(
                        work / workfolder.STANDINGS,
                        made(settings, self.mixed),
                        self.rows.identity,
                        settings.media_root,
                        self.journal,
                        self._holds,
                    )
                )
            )
            self.budget = Budget(*limits(settings, scope), self.journal.spent(), settings.steps)
            perch = work / workfolder.PERCH
            self.models = Models(settings.models, self.journal, self.budget, progress, perch, scope.retry, scope.canary)
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
        progress.total = self.total()
        self._doubt_retry()
        if line := workfolder.resharded(settings.work, self.scope.shard or workfolder.WHOLE):
            progress.tell(line)
        retries = Retries(settings.work, self.scope.retry, self.journal, progress.tell)
        for reason in self.scope.retry:
            self.library.forget(reason)
        if any(isinstance(settings.stages[name], ShowingStage) for name in progress.asking):
            self.eyes.wake()
        intake = self.intake(self._standing(names))
        async with self.models.open([settings.stages[n].model for n in progress.asking], self.eyes, settings.work):
            way = Way(self.steps(names), self._mended, retries.due)
            width = max(WIDTH, self.models.width)
            again = lambda number: intake.again(self.rows.row(number))  # noqa: E731
            most, more = max(MOST, self.models.patient), lambda: not self.budget.out
            engine = Engine(way, progress.tally, width, again, self.models.waiting, more, most)
            entries = intake.entries(self.selected())
            ended = engine.stream(entries)
            try:
                async for row in ended:
                    self._note(row, names)
            finally:
                await ended.aclose()
        await self.journal.save({stage: meter.replayed for stage, meter in progress.meters.items()})
        self.standings.flush()
        sent = any(progress.meters[name].sent for name in progress.asking if name in progress.meters)
        if not self.budget.out and not (sent and progress.tally.failed.total()):
            retries.end()
        if self.budget.out:
            progress.stopped, progress.untouched = self.budget.told, self._untouched()

    def _untouched(self) -> int:
        """Rows that are not finished and that this command did not come to."""
        tally = self.progress.tally
        finished = len(self.standings.finished(self.rows.end(self.scope.limit)))
        return max(0, self.progress.total - finished - tally.owed.total() - tally.failed.total())

    def intake(self, stood: Stood = nowhere) -> Intake:
        """Where rows come in, but for those that the mix leaves out."""
        left_out = self.mixed.left_out if self.mixed else none
        return Intake(self.library, stood, left_out, self.repeats, self.settings.measures)

    def _doubt_retry(self) -> None:
        """Tell of each reason to retry that no row was rejected for: it may be misspelt."""
        if not self.scope.retry or not self.standings.matches:
            return
        counts = self.standings.counts(self.rows.end(self.scope.limit))
        known = {reason for kind, _, reason in counts if kind == "rejected"}
        for reason in sorted(self.scope.retry - known):
            self.progress.tell(f"--retry {reason!r}: no row was rejected for that{nearest(reason, known)}")

    async def walked(self, entry: Entry, way: Way, tally: Tally) -> Walked:
        """How a row ends that is walked from the journal alone."""
        if isinstance(entry.item, Standing):
            raise TypeError("a row that stands is not walked")
        ended = await walked(entry.item, way, tally)
        if isinstance(ended, Parked):
            raise TypeError("nobody waits for the journal")
        return ended

    def _standing(self, names: tuple[str, ...]) -> Stood:
        """Where a row stood before, if walking these steps again would make nothing else of it."""
        steps, anew = self.settings.steps, {DUPLICATE, NEAR, *self.scope.retry}

        def stood(row: Row) -> tuple[bytes, Standing | None]:
            stamp = self.standings.stamp(row)
            found = self.standings.of(row, stamp)
            if found is None or row.number in self.repeats or found.reason in anew:
                return stamp, None
            beyond = found.kind == "owed" and found.step in steps[len(names) :]
            return stamp, found if found.final or beyond else None

        return stood

    async def _mended(self, record: Record, error: MediaError) -> Record | None:
        """The record as it came in, about the frames of its medium that do decode; None if that is no news."""
        if error.reason != "damaged" or record.medium.kind == "image":
            return None
        medium = await self.library.surveyed(record.medium)
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
        self.standings.note(row.entry.number, row.entry.stamp, Standing.of(ahead, row.entry.asked, row.walked.used))

    def _mark(self, dropped: Rejected) -> None:
        """Remember that a stage could not show this medium, so that it is refused before anything is asked."""
        if dropped.reason == "damaged" and dropped.record and dropped.step in self.settings.stages:
            self.library.mark_unreadable(dropped.record.medium, MediaError(dropped.reason, dropped.detail))

    def steps(self, names: tuple[str, ...]) -> list[Step]:
        """The steps of these names; only the stages whose models are open ask, the others take from the journal."""
        settings, asking = self.settings, self.progress.asking
        return [
            self.models.asked(n, settings.stages[n], n in asking)
            if n in settings.stages
            else Judged(n, settings.filters[n])
            for n in names
        ]

    def selected(self) -> Iterator[Row]:
        """The rows that the command is about, in order."""
        if self.scope.pilot:
            return map(self.rows.row, self.some)
        return itertools.islice(self.rows, self.scope.limit)

    def total(self) -> int:
        """How many these are."""
        if self.scope.pilot:
            return len(self.some)
        total, limit = len(self.rows), self.scope.limit
        return total if limit is None else min(total, limit)

    def numbers(self) -> list[int]:
        """All rows that the command is about, by number; the pilot's and the others."""
        return self.rows.numbers(self.rows.end(self.scope.limit), set())

    @cached_property
    def census(self) -> Census:
        """What can be told of all rows without looking at their media."""
        rows = itertools.islice(self.rows, self.scope.limit)
        return counted(rows, self.mixed.left_out if self.mixed else none, self.repeats, self.settings.measures)

    @cached_property
    def some(self) -> list[int]:
        """The rows of the pilot; without one, those whose replies are likely to be in the journal."""
        fresh = self.census.fresh
        if self.scope.pilot:
            return spread(fresh, self.scope.pilot)
        end = self.rows.end(self.scope.limit)
        before = self.standings.walked(end) if self.standings.matches else []
        return spread((number for number in before or fresh if number in fresh), KNOWN)


@asynccontextmanager
async def opened(
    settings: Settings, scope: Scope, progress: Progress, holds: bool = False, looks: bool = False
) -> AsyncIterator[Pipeline]:
    """A pipeline that is closed again, whatever happens.

    With `looks`, clips are compared that nobody has looked at before, as commands do that hold the work folder.
    """
    scope = replace(scope, shard=placed(settings, scope, progress))
    for line in doubts(settings):
        progress.tell(line)
    mixed, alike = None, ALONE
    if settings.duplicates:
        mixed = mixed_of(settings)  # once for both, even where the disk keeps no counts
        alike = await compared(settings, settings.duplicates, mixed, progress, holds or looks)
    pipeline = Pipeline(settings, scope, progress, holds, mixed, alike)
    with closing(pipeline):
        yield pipeline


def placed(settings: Settings, scope: Scope, progress: Progress) -> tuple[int, int]:
    """The part of the rows that a command is about; several work folders together are about all of them."""
    if scope.others:
        return workfolder.WHOLE
    part = workfolder.part(settings.work, scope.shard)
    if part != workfolder.WHOLE:
        progress.shard = f"{part[0]}/{part[1]}"
        if scope.shard is None:
            progress.tell(f"{settings.work} is the work folder of {workfolder.named(part)}: only its rows count")
    return part


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


def made(settings: Settings, mix: Mixed | None = None) -> str:
    """What changes with anything in the settings that a row's outcome depends on: 32 hex digits."""
    steps = [
        [name, (settings.stages.get(name) or settings.filters[name]).model_dump(mode="json")] for name in settings.steps
    ]
    models = {name: settings.models[stage.model].identity for name, stage in settings.stages.items()}
    told = [assets.digest(kind, "") for kind in ("prompts", "schemas")]
    said = [steps, models, told, settings.media.model_dump(mode="json"), VERSION]
    if settings.duplicates is not None:
        said.append(settings.duplicates.model_dump(mode="json"))
    if mix is not None:
        said.append([mix.mix.model_dump(mode="json"), mix.limits])
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()
