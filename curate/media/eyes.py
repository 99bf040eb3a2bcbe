"""Decoding kept at arm's length: in processes that may crash, hang or swell without harm to the run."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import cast

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from curate.chat import Media
from curate.errors import MediaError
from curate.media.facts import Facts
from curate.media.flights import Flights
from curate.media.worker import call, settle
from curate.medium import Kind
from curate.provider import Frame

_GIB = 2**30


class Eyes:
    """Decodes media in a pool of processes, started when first needed. Lives in one event loop.

    `workers` is the number of processes (default: one a core), `timeout` the seconds and `memory` the
    bytes of address space that one task may take. A clip that breaks its decoder raises MediaError,
    reason "decoder crashed", "decoder timed out" or "decoder out of memory", and costs no other clip.
    The same request from several callers at once is decoded once.
    """

    def __init__(self, workers: int | None = None, timeout: float = 120.0, memory: int = 4 * _GIB) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._timeout = timeout
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._closed = False
        self._seats = asyncio.Semaphore(self._workers)
        self._flights: Flights[object] = Flights()

    async def probe(self, path: Path, kind: Kind) -> Facts:
        """What is known of the file at this path. Raises MediaError."""
        return cast(Facts, await self._shared("probe", path, kind))

    async def frames(self, media: Media) -> tuple[Frame, ...]:
        """The frames, one for each index, in order. Raises MediaError."""
        asked = (media.path, media.kind, media.frames, media.times, media.max_pixels)
        return cast(tuple[Frame, ...], await self._shared("frames", *asked))

    async def lines(self, media: Media) -> tuple[str, ...]:
        """What can be measured in the frames, one line each. Raises MediaError."""

        async def measured() -> object:
            return await self._run("curate.media.measure", "lines", await self.frames(media))

        return cast(tuple[str, ...], await self._flights.share(("lines", media), measured))

    def close(self) -> None:
        """Stop every process, and whatever is under way, for good; waits until they are gone."""
        self._closed = True
        self._flights.cancel()
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)

    async def _shared(self, what: str, *args: object) -> object:
        return await self._flights.share((what, *args), lambda: self._run(f"curate.media.{what}", what, *args))

    async def _run(self, module: str, function: str, *args: object) -> object:
        """One task in one process. A seat for each process keeps waiting tasks cheap to cancel."""
        async with self._seats:
            try:
                return await self._sent(module, function, *args)
            except BrokenProcessPool:
                # an idle process was killed, and the pool gave up: no fault of this clip
                self._abandon()
            try:
                return await self._sent(module, function, *args)
            except BrokenProcessPool:
                self._abandon()
                raise MediaError("decoder crashed", "twice, before it began", lasting=False) from None

    async def _sent(self, *args: object) -> object:
        try:
            return await asyncio.wrap_future(self._schedule(*args))
        except ProcessExpired as error:
            raise MediaError("decoder crashed", _ending(error.exitcode), lasting=False) from None
        except TimeoutError:
            raise MediaError("decoder timed out", f"after {self._timeout:g} s", lasting=False) from None

    def _schedule(self, *args: object) -> ProcessFuture[object]:
        if self._closed:
            raise MediaError("decoder closed", "the run is ending", lasting=False)
        self._abandon()
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, 0, settle, (self._memory,), context)
        with _uninterrupted():
            return self._pool.schedule(call, args=args, timeout=self._timeout)

    def _abandon(self) -> None:
        """Let go of a pool that gave up; one that works is kept."""
        if self._pool is not None and not self._pool.active:
            _stop(self._pool)
            self._pool = None


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Threads and processes begun in here never see Ctrl-C, not even before their first line runs."""
    resource_tracker.ensure_running()  # it would lift the mask when started later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"exit code {code}"
