"""Answers that somebody else brought, as batch files have them, into the journal: idempotent, and trusting no line."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curate.batchfile import UNSAID, Outcome, outcomes
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
    """What became of the lines: `taken` replies and their `cost` in USD, those `there` before, `expired` ones that
    nobody answered, `unknown` ones that no export asked for, `unreadable` ones, and those that `failed`, by cause.
    """

    taken: int = 0
    cost: float = 0.0
    there: int = 0
    expired: int = 0
    unknown: int = 0
    unreadable: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def useless(self) -> bool:
        """Whether the files told nothing of any request."""
        return bool(self.unknown or self.unreadable) and not (self.taken or self.there or self.failed or self.expired)


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
    return taking.counts


class _Taking:
    def __init__(self, store: BatchStore, journal: Journal, models: Mapping[str, Provider]) -> None:
        self.counts = Imported()
        self._store = store
        self._journal = journal
        self._models = models

    async def group(self, lines: Sequence[Outcome | None]) -> None:
        """Keep what these lines tell, and forget that it was waited for once it is on the disk."""
        counts, items, answers = self.counts, dict[str, Item](), dict[str, Answer]()
        counts.unreadable += sum(line is None for line in lines)
        for line in filter(None, lines):
            item = self._store.item(line.key)
            if line.key in answers or self._had(line.key, item):
                counts.there += 1
            elif item is None:
                counts.unknown += 1
            elif line.answer is None:
                counts.expired += 1
            else:
                items[line.key], answers[line.key] = item, line.answer
        kept = await asyncio.gather(*(self._keep(key, items[key], answer) for key, answer in answers.items()))
        # What a server still has is waited for, unless this was its good reply.
        self._store.forget([key for key, good in zip(answers, kept, strict=True) if good or not items[key].waits])

    def _had(self, key: str, item: Item | None) -> bool:
        if item and item.status is not None:
            return True  # a run that goes on will find it
        return self._journal.get(key, item.max_tokens if item else 0) is not None

    async def _keep(self, key: str, item: Item, answer: Answer) -> bool:
        """Into the journal; whether it is a reply."""
        provider = next((p for p in self._models.values() if p.identity == item.model), None)
        try:
            reply = self._reply(item, answer, provider)
        except AskError as error:
            self.counts.failed[cause(str(error))] += 1
            reason = TOO_LONG if isinstance(error, TooLongError) else None
            await self._journal.fail(key, item.stage, str(error), reason)
            return False
        self.counts.taken += 1
        self.counts.cost += reply.cost
        await self._journal.put(key, item.stage, item.model or "", item.max_tokens, reply)
        return True

    def _reply(self, item: Item, answer: Answer, provider: Provider | None) -> Reply:
        faults = Faults("whoever answered", provider.model if provider else "", 0.0, None, None)
        if answer.status == UNSAID:
            raise faults.unread(answer, TransientError("no answer"))
        if not 200 <= answer.status < 300:
            raise faults.refused(answer)
        reply = guessed(read(answer.body), item.guess)
        return provider.priced(reply) if provider else reply
