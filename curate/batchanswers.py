"""What came of a batch: fetched from the server, and on the disk before anybody is told."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from curate.batchfile import UNSAID, failure, outcomes
from curate.batchitems import Batch
from curate.batchserver import BatchServer, Told
from curate.batchstore import BatchStore
from curate.persistence import Persistence
from curate.words import duration

GROUP = 500  # answers that are kept at once


class Answers:
    """Takes what batches brought. `say` is told of each."""

    def __init__(
        self,
        store: BatchStore,
        server: BatchServer,
        folder: Path,
        persistence: Persistence,
        say: Callable[[str], None],
    ) -> None:
        self._store = store
        self._server = server
        self._folder = folder
        self._steady = persistence
        self._say = say

    async def collected(self, batch: Batch, told: Told) -> None:
        """Keep the answers of this batch, which is over; what it left unanswered waits no more."""
        count = _Count()
        for number, file_id in enumerate(told.files):
            path = self._folder / f"{batch.mark}.answers-{number}"
            await self._steady(partial(self._server.download, file_id, path))
            await asyncio.to_thread(self._kept, batch.mark, path, count)
            path.unlink()
        if told.status != "expired":
            said = failure(f"{told.batch_id} was {told.status}, without an answer to this request")
            rest = [(key, UNSAID, said) for key in self._store.keys(batch.mark) if key not in count.expired]
            count.bad += sum(await asyncio.to_thread(self._store.answer, batch.mark, rest))
        left = await asyncio.to_thread(self._store.end, batch.mark)
        self._say(f"{told.batch_id} {told.status} after {duration(time.time() - batch.at)}: {count.told(left)}")

    def _kept(self, mark: str, path: Path, count: "_Count") -> None:
        """Keep the answers in this file."""
        with path.open("rb") as file:
            found = outcomes(file)
            while group := list(islice(found, GROUP)):
                told = [each for each in group if each is not None]
                count.expired.update(each.key for each in told if each.answer is None)
                answers = [(each.key, each.answer) for each in told if each.answer]
                taken = self._store.answer(mark, [(key, answer.status, answer.body) for key, answer in answers])
                count.add([answer.status for (_, answer), new in zip(answers, taken, strict=True) if new])
                count.foreign += len(group) - sum(taken) - len(told) + len(answers)


@dataclass(slots=True)
class _Count:
    """What came of a batch, request by request; `foreign` are lines that answer none of them."""

    good: int = 0
    bad: int = 0
    foreign: int = 0
    expired: set[str] = field(default_factory=set)

    def add(self, statuses: list[int]) -> None:
        """Answers with these statuses came."""
        good = sum(200 <= status < 300 for status in statuses)
        self.good += good
        self.bad += len(statuses) - good

    def told(self, left: int) -> str:
        """All of it in one line; so many are `left` unanswered."""
        parts = [f"{self.good:,} answered"]
        parts += [f"{self.bad:,} failed"] if self.bad else []
        parts += [f"{left:,} to be asked again"] if left else []
        parts += [f"{self.foreign:,} lines that answer none of its requests"] if self.foreign else []
        return ", ".join(parts)
