"""What came of a batch: fetched from the server, and on the disk before anybody is told."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, islice
from pathlib import Path

from curate.batchfile import UNSAID, Outcome, failure, holds, outcomes
from curate.batchitems import Batch
from curate.batchserver import BatchServer, Told
from curate.batchstore import BatchStore
from curate.persistence import Persistence
from curate.posting import Answer
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
            await self._steady(partial(self._server.download, told.batch_id, file_id, path))
            await asyncio.to_thread(self._kept, batch.mark, path, count)
            path.unlink()
        if told.status != "expired":
            said = failure(f"{told.batch_id} was {told.status}, without an answer to this request")
            rest = [(key, UNSAID, said) for key in self._store.keys(batch.mark) if key not in count.expired]
            kept = await asyncio.to_thread(self._store.answer, batch.mark, rest)
            count.bad.update(key for (key, *_), kept in zip(rest, kept, strict=True) if kept)
        left = await asyncio.to_thread(self._store.end, batch.mark)
        self._say(f"{told.batch_id} {told.status} after {duration(time.time() - batch.at)}: {count.told(left)}")

    def _kept(self, mark: str, path: Path, count: "_Count") -> None:
        """Keep the answers in this file."""
        with path.open("rb") as file:
            found = outcomes(file)
            while group := list(islice(found, GROUP)):
                told = [each for each in group if isinstance(each, Outcome)]
                count.foreign += len(group) - len(told)
                count.expired.update(each.key for each in told if each.answer is None)
                self._answered(mark, [(each.key, each.answer) for each in told if each.answer], count)

    def _answered(self, mark: str, answers: Sequence[tuple[str, Answer]], count: "_Count") -> None:
        """Keep these; a good one stands, whatever else is told of its request before it or after."""
        before = len(count.good) + len(count.bad)
        good = {key: answer for key, answer in answers if key not in count.good and holds(answer)}
        bad = {key: answer for key, answer in answers if not (key in good or key in count.good or key in count.bad)}
        count.good.update(self._taken(mark, good, True))
        count.bad.update(self._taken(mark, bad, False))
        count.bad -= count.good
        ours = sum(key in count.good or key in count.bad for key, _ in answers)
        count.foreign += len(answers) - ours
        count.repeated += ours - (len(count.good) + len(count.bad) - before)

    def _taken(self, mark: str, answers: Mapping[str, Answer], good: bool) -> Iterator[str]:
        rows = [(key, answer.status, answer.body) for key, answer in answers.items()]
        return compress(answers, self._store.answer(mark, rows, good))


@dataclass(slots=True)
class _Count:
    """What came of a batch: requests that have a reply and such that failed, of which lines may have told `repeated`ly;
    `foreign` are lines that answer none of them.
    """

    good: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    repeated: int = 0
    foreign: int = 0
    expired: set[str] = field(default_factory=set)

    def told(self, left: int) -> str:
        """All of it in one line; so many are `left` unanswered."""
        parts = [f"{len(self.good):,} answered"]
        parts += [f"{len(self.bad):,} failed"] if self.bad else []
        parts += [f"{left:,} to be asked again"] if left else []
        parts += [f"{self.repeated:,} lines that tell of a request again"] if self.repeated else []
        parts += [f"{self.foreign:,} lines that answer none of its requests"] if self.foreign else []
        return ", ".join(parts)
