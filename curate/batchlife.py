"""A batch from the file on our disk to the answers on our disk, whoever is killed in between.

What may have been sent is noted before it is: a file that was not uploaded yet is uploaded again, and a batch that the
server may have begun is looked for by our own name for it before it is begun again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.batchanswers import Answers
from curate.batchfile import failure
from curate.batchitems import FORGET, Batch
from curate.batchserver import BatchServer, Told
from curate.batchstore import BatchStore
from curate.errors import AwayError, FatalError, RefusedError, ThrottledError, TooLongError, TransientError
from curate.persistence import Persistence
from curate.spool import place
from curate.words import duration, size

log = logging.getLogger(__name__)

FIRST_LOOK = 1.0  # seconds after which a batch is looked at first; then ever less often
SLOWER = 1.5
SETTLED = 10.0  # seconds after which a batch that was asked for stands in the server's list, if it was begun
FULL = "token_limit_exceeded"  # why a batch fails as long as others of the account are under way
MINUTE, LONGEST = 60.0, 600.0  # seconds until such a batch is submitted again, first and at most


class BatchLife:
    """What becomes of the batches of one address. Raises FatalError, GoneError and StoreError: never for one request.

    `poll` is the most seconds between two looks.
    """

    def __init__(
        self,
        store: BatchStore,
        server: BatchServer,
        folder: Path,
        poll: float,
        persistence: Persistence,
        say: Callable[[str], None],
    ) -> None:
        self._store = store
        self._server = server
        self._folder = folder
        self._poll = poll
        self._steady = persistence
        self._say = say
        self._answers = Answers(store, server, folder, persistence, say)

    async def submitted(self, batch: Batch) -> str | None:
        """By which name the server answers this batch; None where its file is gone: it was never asked."""
        if batch.batch_id:
            return batch.batch_id
        path = place(self._folder, batch.mark)
        with self._refusable(batch, path):
            file_id = batch.file_id or await self._uploaded(batch, path)
            if file_id is None:
                return None
            told = await self._looked_for(batch, file_id) or await self._created(batch.mark, file_id)
        await asyncio.to_thread(self._store.created, batch.mark, told.batch_id)
        _removed(path)
        self._say(f"{told.batch_id} submitted: {batch.requests:,} requests, {size(batch.size)}")
        return told.batch_id

    @contextmanager
    def _refusable(self, batch: Batch, path: Path) -> Iterator[None]:
        """A batch that the server refuses stops the run; its requests wait no more."""
        try:
            yield
        except RefusedError as error:
            self._store.end(batch.mark)
            _removed(path)
            told = f"{batch.address} refuses a batch of {batch.requests:,} requests: {error}"
            large = f"; its file has {size(batch.size)}: lower max_file" if isinstance(error, TooLongError) else ""
            raise FatalError(told + large) from None

    async def _uploaded(self, batch: Batch, path: Path) -> str | None:
        if not _whole(path, batch.size):
            self._store.end(batch.mark)
            _removed(path)
            return None
        file_id = await self._steady(lambda: self._server.upload(path))
        await asyncio.to_thread(self._store.filed, batch.mark, file_id)
        return file_id

    async def _looked_for(self, batch: Batch, file_id: str) -> Told | None:
        """The batch, where the server was told to begin and may have."""
        if batch.creating is None:
            return None
        await asyncio.sleep(max(0.0, min(batch.creating + SETTLED - time.time(), SETTLED)))
        return await self._steady(lambda: self._server.found(file_id, batch.mark))

    async def _created(self, mark: str, file_id: str) -> Told:
        """Begin it, once: after a call whose end nobody knows, it is looked for first."""
        began, tries = 0.0, 0
        await asyncio.to_thread(self._store.creating, mark)
        while True:
            try:
                return await self._server.create(file_id, mark)
            except TransientError as error:
                began, tries = began or time.monotonic(), tries + 1
                await self._steady.wait(error, began, tries)
                if isinstance(error, AwayError | ThrottledError):
                    continue  # it was not begun
            await asyncio.sleep(SETTLED)
            if told := await self._steady(lambda: self._server.found(file_id, mark)):
                return told

    async def answered(self, batch: Batch, batch_id: str) -> None:
        """Wait until it is over, and keep what it brought."""
        wait = MINUTE
        while True:
            told = await self._watched(batch_id, batch.address)
            if told.status != "failed":
                return await self._answers.collected(batch, told)
            if all(problem.code != FULL for problem in told.problems):
                return self._failed(batch, told)
            await asyncio.to_thread(self._store.created, batch.mark, None)
            self._say(f"{batch_id}: the server has as much under way as it takes; submitted again in {duration(wait)}")
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST)
            with self._refusable(batch, place(self._folder, batch.mark)):
                batch_id = (await self._created(batch.mark, told.input_file)).batch_id
            await asyncio.to_thread(self._store.created, batch.mark, batch_id)

    async def _watched(self, batch_id: str, address: str) -> Told:
        wait = FIRST_LOOK
        while True:
            told = await self._steady(lambda: self._server.batch(batch_id))
            if told is None:
                hint = f"with the key and the base_url that it was submitted with it is collected, or {FORGET}"
                raise FatalError(f"{address} knows no batch {batch_id}: {hint.format(batch_id)}")
            if told.ended:
                return told
            await asyncio.sleep(min(wait, self._poll))
            wait *= SLOWER

    def _failed(self, batch: Batch, told: Told) -> None:
        """The server took none of it: the lines that it names are refused, all others asked again."""
        keys, problems = self._store.keys(batch.mark), told.problems
        refused = {p.line: failure(p.message or p.code) for p in problems if p.line and 1 <= p.line <= len(keys)}
        self._store.answer(batch.mark, [(keys[line - 1], 400, said) for line, said in refused.items()])
        left = self._store.end(batch.mark)
        why = "; ".join(dict.fromkeys(p.message or p.code for p in problems))[:300] or "it says no reason"
        if not refused:
            raise FatalError(f"{batch.address} failed {told.batch_id}, {batch.requests:,} requests: {why}")
        self._say(f"{told.batch_id} failed: {len(refused):,} refused ({why}), {left:,} to be asked again")


def _removed(path: Path) -> None:
    path.unlink(missing_ok=True)


def _whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
