"""Requests on their way through batches: gathered in files, handed on, and waited for."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.batchitems import FORGET, Ask, Batch, Item
from curate.batchlife import BatchLife
from curate.batchstore import BatchStore
from curate.errors import CurateError, FatalError, RefusedError
from curate.spool import PART, Spool

log = logging.getLogger(__name__)

PREPARED = 16  # bodies that are made at once: each may hold many pictures
STANDING = 4  # files that are filled or wait until the server has them


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are filled: at most so many requests and bytes; one goes out when nothing new came for `gather` s.

    They lie in `folder` until the server has them.
    """

    folder: Path
    requests: int
    room: int
    gather: float


class Batches:
    """The batches of one `model` at one `address`, open as long as a run. Make it inside a running loop.

    What stops one of them stops all: it is no fault of a request, and all is found again by the next run.
    """

    def __init__(self, store: BatchStore, life: BatchLife, manner: Manner, address: str, model: str) -> None:
        self._store = store
        self._life = life
        self._manner = manner
        self._address = address
        self._model = model
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._spool: Spool | None = None
        self._prepared = asyncio.Semaphore(PREPARED)
        self._standing = asyncio.Semaphore(STANDING)
        self._putting = asyncio.Lock()
        self._making = 0
        self._timer: asyncio.TimerHandle | None = None
        self._error: CurateError | None = None

    def resume(self) -> int:
        """Follow what waits from before; returns how many requests that are."""
        for batch in self._store.pending(self._address, self._model):
            self._begin(batch.mark, self._followed(batch))
        return self._store.waiting(self._address, self._model)

    async def held(self, key: str) -> Item | None:
        """The request of this key as it was answered, when its batch is over. None where it is to be asked."""
        while (item := self._store.item(key)) and (item.waits or item.mark in self._ends):
            if item.waits and item.address != self._address:
                told = f"requests wait in batch {item.name} at {item.address}: set base_url back to collect them"
                raise FatalError(f"{told}, or {FORGET.format(item.name)}")
            self._sound()
            await self._ends[item.mark].wait()
            self._sound()
        return item if item and item.status is not None else None

    async def add(self, ask: Ask, body: Callable[[], Awaitable[bytes]]) -> None:
        """Have this asked, with the body that is made when its turn comes; returns when its batch is over."""
        self._making += 1
        try:
            async with self._prepared:
                made = await body()
                if len(made) > self._manner.room:
                    raise RefusedError(f"{len(made):,} bytes are more than a file may have (max_file)")
                mark = await self._put(ask, made)
        finally:
            self._making -= 1
        if end := self._ends.get(mark):
            await end.wait()
        self._sound()

    async def close(self) -> None:
        """Stop looking after them; what was sent stays, what was not is dropped."""
        self._quiet()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._spool:
            self._spool.drop()

    def _sound(self) -> None:
        """Raise what stopped a batch, and with it all."""
        if self._error:
            raise self._error

    async def _put(self, ask: Ask, body: bytes) -> str:
        """Add it to the file that is being filled; by which mark that goes."""
        async with self._putting:
            if self._spool and not self._spool.takes(body):
                self._send()
            spool = self._spool = self._spool or await self._opened()
            spool.put(ask, body)
            if spool.full:
                self._send()
            else:
                self._wait()
            return spool.mark

    async def _opened(self) -> Spool:
        """A new file, when there is room for one."""
        self._sound()
        await self._standing.acquire()
        self._sound()
        spool = Spool(self._manner.folder, self._manner.requests, self._manner.room)
        self._ends[spool.mark] = asyncio.Event()
        return spool

    def _wait(self) -> None:
        """Send what is there when nothing new has come for a while."""
        self._quiet()
        self._timer = asyncio.get_running_loop().call_later(self._manner.gather, self._lull)

    def _quiet(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _lull(self) -> None:
        if self._making:
            self._wait()
        else:
            self._send()

    def _send(self) -> None:
        self._quiet()
        if spool := self._spool:
            self._spool = None
            self._begin(spool.mark, self._sent(spool))

    async def _sent(self, spool: Spool) -> None:
        try:
            batch = await asyncio.to_thread(self._noted, spool)
            batch_id = await self._life.submitted(batch)
        finally:
            self._standing.release()
        await self._followed(batch, batch_id)

    def _noted(self, spool: Spool) -> Batch:
        """The file's requests, noted on the disk: from now on only this file asks them."""
        spool.close()
        batch = Batch(spool.mark, self._address, self._model, len(spool.asks), spool.size, time.time())
        self._store.add(batch, spool.asks)
        return batch

    async def _followed(self, batch: Batch, batch_id: str | None = None) -> None:
        """To its end."""
        batch_id = batch_id or await self._life.submitted(batch)
        if batch_id:
            await self._life.answered(batch, batch_id)

    def _begin(self, mark: str, work: Coroutine[Any, Any, None]) -> None:
        self._ends.setdefault(mark, asyncio.Event())
        task = asyncio.create_task(self._ended(mark, work), name=mark[:12])
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ended(self, mark: str, work: Coroutine[Any, Any, None]) -> None:
        """Do it, and let all know who wait for it; where it failed, all who wait for anything."""
        try:
            await work
        except CurateError as error:
            log.debug("batch %s: %s", mark, error)
            self._error = self._error or error
            for end in self._ends.values():
                end.set()
        self._ends.pop(mark).set()


def swept(store: BatchStore, folder: Path) -> None:
    """Leave nothing of earlier runs but what still matters; once in a run, before anything is asked.

    What went wrong was told to the run that asked; files that no batch is noted for were not sent.
    """
    store.forget_failures()
    known = {batch.mark for batch in store.pending()}
    for file in folder.glob("*"):
        if file.name.partition(".")[0] not in known or file.suffix == PART:
            file.unlink(missing_ok=True)
