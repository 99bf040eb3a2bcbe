"""Answers that somebody else brought, as batch files have them, into the journal: idempotent, and trusting no line."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from curate.batchfile import UNSAID, Outcome, Unread, outcomes
from curate.batchitems import Item
from curate.batchstore import BatchStore
from curate.chat import Reply
from curate.errors import AskError, SettingsError, TooLongError, TransientError
from curate.faults import Faults
from curate.journal import Journal
from curate.posting import Answer
from curate.provider import Provider
from curate.replay import TOO_LONG
from curate.troubles import cause
from curate.wire import guessed, read

GROUP = 500  # replies that are kept at once


@dataclass(slots=True)
class Imported:
    """What became of the lines: `taken` replies and their `cost` in USD, those `there` before, `repeated` ones about a
    request of which another of these lines tells, `expired` ones that nobody answered, `unknown` ones that no export
    asked for, `unreadable` ones (of which `cut` break off at the end of a file), and those that `failed`, by cause.
    """

    taken: int = 0
    cost: float = 0.0
    there: int = 0
    repeated: int = 0
    expired: int = 0
    unknown: int = 0
    unreadable: int = 0
    cut: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def useless(self) -> bool:
        """Whether the files told nothing of any request."""
        return not (self.taken or self.there or self.failed or self.expired)

    @property
    def empty(self) -> bool:
        """Whether there was nothing in the files."""
        return self.useless and not (self.unknown or self.unreadable)


def checked(files: Sequence[Path]) -> None:
    """Raise SettingsError for a file that cannot be read."""
    for file in files:
        try:
            file.open("rb").close()
        except OSError as error:
            raise SettingsError(f"cannot read {file}: {error.strerror}") from None


async def imported(files: Sequence[Path], work: Path, journal: Journal, models: Mapping[str, Provider]) -> Imported:
    """Put all that these files tell into the journal."""
    with closing(BatchStore(work)) as store:
        taking = _Taking(store, journal, models)
        for path in files:
            with path.open("rb") as file:
                found = outcomes(file)
                while group := list(islice(found, GROUP)):
                    await taking.group(group)
    return taking.counts()


class _Taking:
    """What the lines of one import tell, in whatever order: a reply stands above every failure of its request."""

    def __init__(self, store: BatchStore, journal: Journal, models: Mapping[str, Provider]) -> None:
        self._sums = Imported()
        self._store = store
        self._journal = journal
        self._models = models
        self._told: set[str] = set()  # requests of which a line has told
        self._missed: dict[str, str | None] = {}  # why these have no reply; None: nobody answered

    def counts(self) -> Imported:
        """What became of all lines so far."""
        causes = Counter(why for why in self._missed.values() if why is not None)
        return replace(self._sums, failed=causes, expired=len(self._missed) - causes.total())

    async def group(self, lines: Sequence[Outcome | Unread]) -> None:
        """Keep what these lines tell. A request that failed stays known: who has its file may answer it yet."""
        replies, failures = dict[str, tuple[Item, Reply]](), dict[str, tuple[Item, AskError]]()
        for line in lines:
            if isinstance(line, Unread):
                self._sums.unreadable += 1
                self._sums.cut += line is Unread.CUT
                continue
            item = self._owed(line.key)
            if item is None or line.answer is None:
                continue
            try:
                replies[line.key] = item, self._reply(item, line.answer)
            except AskError as error:
                failures[line.key] = item, error
                self._missed[line.key] = cause(str(error))
            else:
                del self._missed[line.key]
        await asyncio.gather(
            *(self._put(key, *kept) for key, kept in replies.items()),
            *(self._fail(key, *kept) for key, kept in failures.items() if key not in replies),
        )
        self._store.forget(list(replies))

    def _owed(self, key: str) -> Item | None:
        """The request that a line tells of, where nothing good was told of it so far."""
        item = self._store.item(key)
        if key in self._told:
            self._sums.repeated += 1
        elif self._had(key, item):
            self._told.add(key)
            self._sums.there += 1
        elif item is None:
            self._sums.unknown += 1
        else:
            self._told.add(key)
            self._missed[key] = None
        return item if key in self._missed else None

    def _had(self, key: str, item: Item | None) -> bool:
        if item and item.good:
            return True  # a run that goes on will find it
        return self._journal.get(key, item.max_tokens if item else 0) is not None

    async def _put(self, key: str, item: Item, reply: Reply) -> None:
        self._sums.taken += 1
        self._sums.cost += reply.cost
        await self._journal.put(key, item.stage, item.model or "", item.max_tokens, reply)

    async def _fail(self, key: str, item: Item, error: AskError) -> None:
        reason = TOO_LONG if isinstance(error, TooLongError) else None
        await self._journal.fail(key, item.stage, str(error), reason)

    def _reply(self, item: Item, answer: Answer) -> Reply:
        """Raises AskError where this is none."""
        provider = next((p for p in self._models.values() if p.identity == item.model), None)
        faults = Faults("whoever answered", provider.model if provider else "", 0.0, None, None)
        if answer.status == UNSAID:
            raise faults.unread(answer, TransientError("no answer"))
        if not 200 <= answer.status < 300:
            raise faults.refused(answer)
        reply = guessed(read(answer.body), item.guess)
        return provider.priced(reply) if provider else reply
