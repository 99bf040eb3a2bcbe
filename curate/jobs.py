"""What each command does with an open pipeline, what it shows and how it ends (its exit code).

What only some commands need, or only the end of one, is imported where it is needed: to read all of it would take
longer than all else that stands before the first request.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import log, workfolder
from curate.console import Screen, summary
from curate.errors import CurateError, SettingsError
from curate.models import DRAIN
from curate.pipeline import Pipeline, Scope, opened, trainable
from curate.progress import Progress
from curate.sampling import Sampling
from curate.settings import Settings, load

if TYPE_CHECKING:
    from curate.delivery import Options
    from curate.exporting import Export

LOOKED_AT = 20  # rows whose requests an estimate weighs
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One command at work; `log` is the file that all it does is written to, for debugging."""

    command: str
    settings: Settings
    screen: Screen
    scope: Scope
    progress: Progress = field(default_factory=Progress)
    log: Path | None = None

    @classmethod
    def of(
        cls, command: str, file: Path, work: Path | None, screen: Screen, scope: Scope, log: Path | None = None
    ) -> "Job":
        """The job of a command with these options. Raises SettingsError."""
        return cls(command, load(file, work), screen, scope, Progress(say=screen.notice), log)

    def interrupted(self) -> None:
        """Say what an interrupted command waits for, before it does."""
        flying = self.progress.in_flight
        logger.debug("interrupted with %d requests in flight", flying)
        if flying:
            replies = "1 reply that is" if flying == 1 else f"{flying:,} replies that are"
            self.screen.warn(f"waiting up to {DRAIN:.0f} s for {replies} paid for; again to stop at once")
        if waiting := sum(number() for number in self.progress.kept.values()):
            self.screen.warn(f"{waiting:,} requests wait in batches: the same command goes on with them")

    async def ask(self, upto: str | None) -> int:
        """Ask what `upto` owes, or with None all stages, and then write the sets."""
        if upto is None:
            trainable(self.settings)
        with self._logged(), workfolder.held(self.settings.work, self.command):
            async with self._pipeline(holds=True) as pipeline:
                self.progress.budget = pipeline.budget
                self.progress.models |= {name: stage.model for name, stage in self.settings.stages.items()}
                self._warned()
                with self.screen.watching(self.progress):
                    await pipeline.ask(upto)
                code = self._asked(table=upto is not None)
                done = summary(self.progress)  # before the replay for the sets counts anew
                if upto is None:
                    done["sets"] = await self._publish(pipeline)
        self.screen.result({"command": self.command, "exit": code, **done})
        return code

    def _warned(self) -> None:
        """Say what waits where this command will not look."""
        from curate import pending

        models = [self.settings.models[stage.model] for stage in self.settings.stages.values()]
        collected = {model.identity for model in models if model.keeps}  # at another address they stop the run
        if told := pending.stranded(self.settings.work, collected):
            self.progress.tell(told)

    async def filter(self) -> int:
        """Replay, judge, and write the sets; asks nothing. 1 where rows wait for an answer: the sets are not whole."""
        trainable(self.settings)
        with self._logged(), workfolder.held(self.settings.work, self.command):
            async with self._pipeline(holds=True) as pipeline:
                sets = await self._publish(pipeline)
        owed = self.progress.tally.owed
        for step, number in owed.items():
            self.screen.say(f"{number} rows wait for {step}: `curate run` asks for them", "yellow")
        code = 1 if owed else 0
        self.screen.result({"command": self.command, "exit": code, **summary(self.progress), "sets": sets})
        return code

    async def export(self, asked: "Export") -> int:
        """Write a set in another trainer's format; asks nothing, and changes nothing in the work folder."""
        from curate.exporting import export

        with self._logged():
            if asked.name == "sft":
                trainable(self.settings)
            async with opened(asked.settings(self.settings), self.scope, self.progress, looks=True) as pipeline:
                with self.screen.watching(self.progress):
                    rows = await export(pipeline, asked)
        self.screen.say(f"wrote {rows:,} rows to {relative(asked.path)}")
        self.screen.result({"command": "export", "exit": 0, "rows": rows, "file": str(asked.path)})
        return 0

    async def status(self) -> int:
        """Where every record stands and what was spent; a running command is not disturbed."""
        from curate import looking, pending, tables

        async with self._pipeline() as pipeline:
            with self.screen.watching(self.progress):
                spent, spared = await looking.status(pipeline)
        self.screen.show(tables.status(self.progress))
        if spent:
            self.screen.show(tables.spending(spent))
            self.screen.show(tables.spared(spared))
        batches, waiting = pending.waiting(self.settings.work)
        if waiting:
            self.screen.say(
                f"{waiting:,} requests wait in {batches:,} batches: a command that asks collects them", "yellow"
            )
        bought = [call._asdict() for call in spent]
        saved = {saving.stage: saving.sharing for saving in spared}
        savings = {"calls_saved": saved, "savings": [asdict(saving) for saving in spared]}
        told = {**summary(self.progress), "spent": bought, "waiting": waiting, **savings}
        self.screen.result({"command": "status", "exit": 0, **told})
        return 0

    async def estimate(self) -> int:
        """What all rows would ask, carry and take, from a pilot that is asked for now, or else from the journal."""
        with self._logged():
            if self.scope.pilot is None:
                async with self._pipeline() as pipeline:
                    return await self._estimate(pipeline, 0, {})
            with workfolder.held(self.settings.work, self.command):
                async with self._pipeline(holds=True) as pipeline:
                    with self.screen.watching(self.progress):
                        await pipeline.ask(None)
                    code = self._asked(table=True)
                    return await self._estimate(pipeline, code, {"asked": summary(self.progress)})

    async def _estimate(self, pipeline: Pipeline, code: int, told: dict[str, Any]) -> int:
        from curate import forecast, looking, tables

        projected = await looking.projected(pipeline)
        if projected:
            self.screen.show(forecast.table(projected[1]))
            for line in forecast.lines(*projected, piloted=self.scope.pilot is not None):
                self.screen.say(line)
        elif self.scope.pilot is not None:
            self.screen.say("nothing was answered, so there is nothing to project from", "yellow")
        found = await looking.estimate(pipeline, LOOKED_AT)
        self.screen.show(tables.estimate(found))
        self.screen.say(tables.estimated(found))
        told = {**forecast.weighed(found), "projection": forecast.told(*projected) if projected else None, **told}
        self.screen.result({"command": "estimate", "exit": code, **told})
        return code

    async def mend(self) -> int:
        """Save what can be read of a damaged journal; one that is whole stays as it is."""
        from curate.mending import held, mended

        path = self.settings.work / workfolder.JOURNAL
        with workfolder.held(self.settings.work, self.command):
            self.screen.say(f"reading all of {relative(path)}")
            found = mended(path)
            stages, failures = held(path) if path.stat().st_size else ({}, 0)
        if found.aside is None:
            self.screen.say(f"{relative(path)} is whole, with {found.replies:,} replies: nothing was changed", "green")
        else:
            self.screen.say(f"saved {found.replies:,} replies; the damaged journal is kept as {relative(found.aside)}")
            if found.lost:
                self.screen.warn(f"{found.lost:,} replies could not be read: `curate run` asks for them again")
        if stages:
            kept = ", ".join(f"{number:,} of {stage}" for stage, number in stages.items())
            self.screen.say(f"it holds {kept}" + (f"; and that {failures:,} requests failed" if failures else ""))
        told = {
            "replies": found.replies,
            "stages": stages,
            "failures": failures,
            "lost": found.lost,
            "damaged": found.aside and str(found.aside),
        }
        self.screen.result({"command": "mend", "exit": 0, **told})
        return 0

    async def show(self, problem_id: int) -> int:
        """One record's whole story, for every record of this id."""
        from curate import looking, tables

        stories = []
        async with self._pipeline() as pipeline:
            async for story in looking.stories(pipeline, problem_id):
                self.screen.show(tables.story(story))
                stories.append(tables.told(story))
        if not stories:
            raise SettingsError(f"no row has the problem_id {problem_id}")
        self.screen.result({"command": "show", "exit": 0, "records": stories})
        return 0

    async def push(self, name: str, options: "Options") -> int:
        """Bring the published sets and their card to the Hub, or say what that would send."""
        from curate import delivery
        from curate.hub import Repository

        repository = Repository(name)
        with self._logged([repository.token or ""]):
            told = await delivery.delivered(self.screen, self.settings.work, repository, options)
        self.screen.result({"command": "push", "exit": 0, **told})
        return 0

    @contextmanager
    def _logged(self, secrets: Iterable[str] = ()) -> Iterator[None]:
        """What happens in here is logged, if that was asked for: the settings first, how it ended last."""
        with log.kept(self.log, log.secrets(self.settings).union(filter(None, secrets)) if self.log else ()):
            logger.debug("curate %s begins", self.command)
            if self.log:
                log.settings_used(self.settings)
            try:
                yield
                logger.debug("curate %s ends: %s", self.command, summary(self.progress) if self.log else "")
            except asyncio.CancelledError:
                logger.debug("curate %s ends: interrupted", self.command)
                raise
            except CurateError as error:
                logger.debug("curate %s ends: %s", self.command, error)
                raise

    @asynccontextmanager
    async def _pipeline(self, holds: bool = False) -> AsyncIterator[Pipeline]:
        async with opened(self.settings, self.scope, self.progress, holds) as pipeline:
            yield pipeline

    def _asked(self, table: bool) -> int:
        """Say how the asking went: 0 where no record failed and none is owed."""
        from curate import tables

        tally = self.progress.tally
        if table:
            self.screen.show(tables.outcome(self.progress))
        self.screen.say(tables.calls(self.progress))
        for line in tables.problems(self.progress):
            self.screen.fail(line)
        if self.progress.stopped:
            self.screen.fail(self.progress.stopped)
        return 1 if tally.failed or tally.owed else 0

    async def _publish(self, pipeline: Pipeline) -> dict[str, int]:
        """Write the sets; returns how many rows each has."""
        from curate import publishing, tables

        with self.screen.watching(self.progress):
            report = await publishing.publish(pipeline)
        self.screen.show(tables.waterfall(report))
        if report.mix:
            self.screen.show(tables.mix(report.mix))
        if report.validation and not report.validation.far:  # else it was told of already
            self.screen.say(report.validation.told)
        self.screen.say(f"wrote the sets to {relative(self.settings.work)}")
        return report.sets


async def frames(screen: Screen, path: Path, out: Path, sampling: Sampling, decoder: str, max_lost: float) -> int:
    """Write a file's frames as a model will see them; says what the file is."""
    from curate import snapshots, tables

    found = await snapshots.written(path, out, sampling, decoder, max_lost, screen.warn)
    screen.show(tables.medium(found))
    screen.say(f"wrote {found['written']} frames and {snapshots.LIST} to {relative(Path(found['out']))}")
    screen.result({"command": "frames", "exit": 0, **found})
    return 0


async def doctor(screen: Screen, file: Path, probe: bool) -> int:
    """Say what works here, with `probe` also at the models' servers; 1 where what cannot be done without does not."""
    from curate import tables
    from curate.doctor import asked, configured, examined

    findings = []
    async for finding in examined():
        findings.append(finding)
        screen.show(tables.finding(finding))
    for finding in configured(file):
        findings.append(finding)
        screen.show(tables.finding(finding))
    if probe:
        async for finding in asked(file):
            findings.append(finding)
            screen.show(tables.finding(finding))
    elif any(finding.about == "settings" for finding in findings):
        screen.say("the models' servers were not asked: --probe does, a few small requests each")
    code = 1 if any(f.needed and not f.good for f in findings) else 0
    screen.result({"command": "doctor", "exit": code, "findings": [asdict(f) for f in findings]})
    return code


def relative(path: Path) -> Path:
    """The path as a user here would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
