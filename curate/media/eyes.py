"""Decoding kept at arm's length: in processes that may crash, hang or swell without harm to the run."""

import asyncio
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import cast

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from curate import child
from curate.chat import Media
from curate.errors import MediaError
from curate.flights import Flights
from curate.frame import Frame
from curate.media.decoder import EXACT
from curate.media.facts import Facts, Form, Shown, Trial
from curate.media.kept import Kept
from curate.media.shape import fitted
from curate.media.worker import OUT_OF_MEMORY, call, settle
from curate.medium import Kind, Medium

log = logging.getLogger(__name__)

_GIB = 2**30
_PACE = 4 * 2**20  # bytes a second that the slowest honest file is decoded at


class Eyes:
    """Decodes media in a pool of processes, started when first needed. Lives in one event loop.

    `workers` is the number of processes (default: one a core), `timeout` the seconds (and one more for
    every 4 MiB of the file) and `memory` the bytes of address space that one task may take. A clip that
    breaks its decoder raises MediaError, reason "decoder crashed", "decoder timed out" or "decoder out
    of memory", and costs no other clip. `decoder` reads the frames, and where it reads them differently
    from the index, PyAV does and `say` is told. The same request from several callers at once is decoded
    once, and what was decoded last (up to `kept` bytes) not again.
    """

    def __init__(
        self,
        workers: int = 0,
        timeout: float = 120.0,
        memory: int = 4 * _GIB,
        decoder: str = EXACT,
        say: Callable[[str], None] | None = None,
        kept: int = _GIB // 8,
    ) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._timeout = timeout
        self._memory = memory
        self._decoder = decoder
        self._say = say
        self._told: set[str] = set()
        self._kept = Kept(kept)
        self._pool: ProcessPool | None = None
        self._closed = False
        self._seats = asyncio.Semaphore(self._workers)
        self._flights: Flights[object] = Flights()

    def wake(self) -> None:
        """Start the processes now, while the caller makes ready: they take as long to begin as the caller does."""
        self._schedule(self._timeout, "curate.media.frames", "ready")

    async def probe(self, path: Path, kind: Kind) -> Facts:
        """What is known of the file at this path. Raises MediaError."""
        return cast(Facts, await self._shared(path, "probe", "probe", path, kind))

    async def survey(self, path: Path, facts: Facts) -> Facts:
        """The same facts, with every frame marked that does not decode. Raises MediaError."""
        return cast(Facts, await self._shared(path, "probe", "survey", path, facts))

    async def look(self, medium: Medium) -> bytes:
        """How a clip looks, in the few bytes of `curate.media.look`. Raises MediaError."""
        return cast(bytes, await self._shared(medium.path, "look", "look", medium, self._decoder))

    async def frames(self, media: Media, form: Form = "jpeg") -> tuple[Frame, ...]:
        """The frames, one for each index, in order. Raises MediaError."""
        found = self._kept.get((media, form))
        if found is None:
            asked = (media.medium, media.frames, _size(media), form, self._decoder)
            shown = cast(Shown, await self._shared(media.medium.path, "frames", "frames", *asked))
            self._note(shown.note)
            found = shown.frames
            self._kept.put((media, form), found)
        return found

    async def saved(self, media: Media, folder: Path) -> None:
        """The frames as PNG below this folder, each under `curate.media.frames.named`. Raises MediaError."""
        medium, size = media.medium, _size(media)
        note = await self._shared(medium.path, "frames", "saved", medium, media.frames, size, folder, self._decoder)
        self._note(cast(str, note))

    async def film(self, media: Media) -> bytes:
        """The frames as a short mp4, each shown from its own time to the next. Raises MediaError."""

        async def encoded() -> object:
            frames = await self.frames(media, "png")
            return await self._run("curate.media.film", "mp4", frames)

        return cast(bytes, await self._flights.share(("film", media), encoded))

    async def lines(self, media: Media) -> tuple[str, ...]:
        """What can be measured in the frames, one line each. Raises MediaError."""

        async def measured() -> object:
            return await self._run("curate.media.measure", "lines", await self.frames(media))

        return cast(tuple[str, ...], await self._flights.share(("lines", media), measured))

    async def drawn(self, path: Path, kind: Kind, texts: Sequence[str], size: tuple[int, int], fps: float) -> Medium:
        """A film, or an image, of these texts, written to this file: see `curate.media.cards`. Raises MediaError."""
        made = await self._run("curate.media.cards", "drawn", path, kind, tuple(texts), size, fps)
        sha256, facts = cast(tuple[str, Facts], made)
        return facts.medium(sha256, kind, path)

    async def tried(self, decoder: str) -> Trial:
        """How this decoder does on clips made on the spot. Raises MediaError where it takes its process along."""
        return cast(Trial, await self._run("curate.media.trial", "tried", decoder))

    async def sample(self, path: Path, count: int) -> Medium:
        """A small clip of so many frames, written to this file. Raises MediaError where there is no encoder."""
        facts = cast(Facts, await self._run("curate.media.trial", "sample", path, count))
        return facts.medium("0" * 64, "video", path)

    async def codings(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The codings that can be decoded here, and those that cannot."""
        return cast(tuple[tuple[str, ...], tuple[str, ...]], await self._run("curate.media.trial", "codings"))

    def close(self) -> None:
        """Stop every process, and whatever is under way, for good; waits until they are gone."""
        self._closed = True
        self._flights.cancel()
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)

    def _note(self, note: str) -> None:
        if self._say and note and note not in self._told:
            self._told.add(note)
            self._say(note)

    async def _shared(self, path: Path, module: str, function: str, *args: object) -> object:
        """One task about this file, and the time that its size allows."""

        seconds = self._timeout + _bytes(path) / _PACE
        return await self._flights.share(
            (function, *args), lambda: self._run(f"curate.media.{module}", function, *args, seconds=seconds)
        )

    async def _run(self, module: str, function: str, *args: object, seconds: float | None = None) -> object:
        """One task in one process. A seat for each process keeps waiting tasks cheap to cancel."""
        async with self._seats:
            began = time.monotonic()
            try:
                return await self._seated(module, function, *args, seconds=seconds)
            finally:
                log.debug("%s.%s took %.3f s: %s", module, function, time.monotonic() - began, _file(args))

    async def _seated(self, module: str, function: str, *args: object, seconds: float | None) -> object:
        try:
            return await self._sent(seconds or self._timeout, module, function, *args)
        except BrokenProcessPool:
            # an idle process was killed, and the pool gave up: no fault of this clip
            self._abandon()
        try:
            return await self._sent(seconds or self._timeout, module, function, *args)
        except BrokenProcessPool:
            self._abandon()
            raise MediaError("decoder crashed", "twice, before it began", lasting=False) from None

    async def _sent(self, seconds: float, *args: object) -> object:
        try:
            return await asyncio.wrap_future(self._schedule(seconds, *args))
        except ProcessExpired as error:
            if error.exitcode == OUT_OF_MEMORY:
                told = "the clip needs more than a decoder may take ([media] memory)"
                raise MediaError("decoder out of memory", told, lasting=False) from None
            raise MediaError("decoder crashed", _ending(error.exitcode), lasting=False) from None
        except TimeoutError:
            raise MediaError("decoder timed out", f"after {seconds:.3g} s", lasting=False) from None

    def _schedule(self, seconds: float, *args: object) -> ProcessFuture[object]:
        if self._closed:
            raise MediaError("decoder closed", "the run is ending", lasting=False)
        self._abandon()
        with child.uninterrupted():
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPool(self._workers, 0, settle, (self._memory,), context)
            return self._pool.schedule(call, args=args, timeout=seconds)

    def _abandon(self) -> None:
        """Let go of a pool that gave up; one that works is kept."""
        if self._pool is not None and not self._pool.active:
            _stop(self._pool)
            self._pool = None


def _file(args: tuple[object, ...]) -> object:
    """The file that a task with these arguments is about; None where they are frames already."""
    about = args[0] if args else None
    return about if isinstance(about, Path) else getattr(about, "path", None)


def _size(media: Media) -> tuple[int, int]:
    """Width and height of each frame as sent."""
    return media.size or fitted(media.medium.width, media.medium.height, media.max_pixels)


def _bytes(path: Path) -> int:
    """The size of this file; 0 where it cannot be told, of which the decoder will say more."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    child.waited(pool.join)


def _ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"exit code {code}"
