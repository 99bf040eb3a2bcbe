"""What the stages owe now, written as batch files for somebody else to have answered: nothing is sent."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import NamedTuple

from curate import workfolder
from curate.batchitems import Ask, Batch
from curate.batchstore import BatchStore
from curate.chat import Reply, Request
from curate.errors import SettingsError, UnansweredError
from curate.models import Models
from curate.pipeline import Pipeline
from curate.provider import Eyes, Provider
from curate.replay import replayed
from curate.shared import Shared
from curate.spool import Spool, unwritable
from curate.stage import Stage
from curate.steps import Asked
from curate.swap import synced

PREPARED = 16  # bodies that are made at once: each may hold many pictures
ENDING = ".jsonl"
MEGABYTE = 1_000_000  # bytes


class Written(NamedTuple):
    """A file with so many requests to a model."""

    path: Path
    model: str
    requests: int
    size: int


@dataclass(slots=True)
class Exported:
    """What was written; `again` stood in a file before, `waiting` were left out: they are in batches of a server."""

    files: list[Written]
    again: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Files named after `path`, of at most `requests` requests and `size` MB, for all stages or one."""

    path: Path
    stage: str | None
    requests: int
    size: float

    def __post_init__(self) -> None:
        """Raise SettingsError where no such file can be written."""
        if self.path.suffix != ENDING:
            raise SettingsError(f"{self.path}: a batch file's name ends in {ENDING}")
        if not self.path.parent.is_dir():
            raise SettingsError(f"there is no folder {self.path.parent}")


async def exported(pipeline: Pipeline, wanted: Wanted) -> Exported:
    """Write what is owed: one file for each model, or several where it is too much for one."""
    with closing(BatchStore(pipeline.settings.work)) as store:
        files = _Files(wanted, store, pipeline.settings.models)
        pipeline.models = _Collecting(pipeline, files)
        try:
            await pipeline.ask(wanted.stage)
            return Exported(files.published(), files.again, files.waiting)
        finally:
            files.drop()


class _Collecting(Models):
    """Stages that ask nobody: what they would ask is written, and the record is owed."""

    def __init__(self, pipeline: Pipeline, files: "_Files") -> None:
        perch = pipeline.settings.work / workfolder.PERCH
        super().__init__(pipeline.settings.models, pipeline.journal, pipeline.budget, pipeline.progress, perch)
        self._eyes = pipeline.eyes
        self._files = files
        self._made = asyncio.Semaphore(PREPARED)

    @asynccontextmanager
    async def open(self, names: Iterable[str], eyes: Eyes, work: Path) -> AsyncIterator[None]:
        """No model is needed."""
        yield
        await asyncio.gather(*self._flying, return_exceptions=True)

    def asked(self, name: str, stage: Stage, asks: bool) -> Asked:
        """This stage: where it `asks`, what the journal does not hold is written."""
        asked = super().asked(name, stage, False)
        if not asks:
            return asked
        meter = self._progress.meters[name]
        provider = self._providers[stage.model]

        async def write(request: Request) -> Reply:
            async with self._made:
                await self._written(request, stage, provider)
            raise UnansweredError

        ask = replayed(write, self._journal, provider.identity, meter, self._flying)
        return Asked(name, stage, ask, asked.kept, shared=Shared(stage, meter) if stage.shared else None)

    async def _written(self, request: Request, stage: Stage, provider: Provider) -> None:
        if request.attempt >= stage.attempts:
            return  # so often is enough for one that no reply could be read of
        ask = Ask(request.key(provider.identity), request.stage, request.max_tokens, request.prompt_guess)
        if self._files.wants(ask):
            self._files.put(stage.model, ask, await provider.body(request, self._eyes))


class _Files:
    """The files, under names of their own until all of them are there."""

    def __init__(self, wanted: Wanted, store: BatchStore, models: dict[str, Provider]) -> None:
        self.again = self.waiting = 0
        self._wanted = wanted
        self._store = store
        self._models = models
        self._seen: set[str] = set()
        self._open: dict[str, Spool] = {}
        self._full: list[Written] = []

    def wants(self, ask: Ask) -> bool:
        """Whether this request is to be written: once, and not where a server has it already."""
        if ask.key in self._seen:
            return False
        self._seen.add(ask.key)
        item = self._store.item(ask.key)
        if item and (item.waits or item.good):
            self.waiting += 1
            return False
        self.again += item is not None and item.status is None
        return True

    def put(self, model: str, ask: Ask, body: bytes) -> None:
        """Add a request to this model."""
        spool = self._open.get(model)
        if spool and not spool.takes(body):
            self._close(model)
            spool = None
        if spool is None:
            room = int(self._wanted.size * MEGABYTE)
            spool = self._open[model] = Spool(self._wanted.path.parent, self._wanted.requests, room)
        spool.put(ask, body)

    def _close(self, model: str) -> None:
        """Note what this file asks: what is told of it will be known."""
        spool = self._open.pop(model)
        asks, path = spool.asks, spool.close()
        self._full.append(Written(path, model, len(asks), spool.size))
        self._store.add(Batch(spool.mark, "", self._models[model].identity, len(asks), spool.size, time()), asks)

    def published(self) -> list[Written]:
        """All of them by the names that were asked for."""
        for model in list(self._open):
            self._close(model)
        found = []
        for number, written in enumerate(self._full):
            path = self._named(written, number)
            try:
                written.path.replace(path)
            except OSError as error:
                raise unwritable(path, error) from error
            found.append(written._replace(path=path))
        self._full = []
        synced(self._wanted.path.parent)
        return found

    def _named(self, written: Written, number: int) -> Path:
        if len(self._full) == 1:
            return self._wanted.path
        before = sum(other.model == written.model for other in self._full[:number])
        return self._wanted.path.with_stem(f"{self._wanted.path.stem}-{written.model}-{before + 1}")

    def drop(self) -> None:
        """Remove what was not published."""
        for spool in self._open.values():
            spool.drop()
        for written in self._full:
            written.path.unlink(missing_ok=True)
