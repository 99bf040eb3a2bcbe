"""The models of a run: open as long as it lasts, each asked at its own pace, and drained at its end."""

import asyncio
import resource
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from curate.ask import budgeted, limited, retried
from curate.asklog import logged
from curate.budget import Budget
from curate.canary import Canary
from curate.chat import Ask, Reply, Request
from curate.errors import FatalError, ThrottledError
from curate.flashcards import STAGE
from curate.journal import Journal
from curate.media.eyes import Eyes
from curate.medium import Kind, Medium
from curate.meter import Meter
from curate.pace import Pace
from curate.progress import Progress
from curate.provider import IMAGES, House, Provider
from curate.rate import FURTHEST
from curate.refusals import trusting
from curate.replay import replayed
from curate.shared import Shared
from curate.stage import Stage
from curate.steps import Asked
from curate.words import duration

OTHER_FILES = 50  # that a run has open beside its connections: the journal and its like, decoders, prompts, logs
DRAIN = 15.0  # seconds that an interrupted run waits for what is under way


class Models:
    """How stages ask these providers, one journal and one budget over all of them.

    What a server refused for good is asked again where its reason is in `anew`. With `canaries` a model that is shown
    media must see a canary first; their files lie in the folder `perch` meanwhile, and it is removed.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        journal: Journal,
        budget: Budget,
        progress: Progress,
        perch: Path,
        anew: frozenset[str] = frozenset(),
        canaries: bool = True,
    ) -> None:
        self._providers = providers
        self._journal = journal
        self._budget = budget
        self._progress = progress
        self._perch = perch
        self._anew = anew
        self._shows_canaries = canaries
        self._canaries: dict[str, Canary] = {}
        self._asks: dict[str, Ask] = {}
        self._flying: set[asyncio.Task[Reply]] = set()
        self._paid: set[asyncio.Task[Any] | None] = set()  # tasks whose request is at the server now
        self._ending = False

    @asynccontextmanager
    async def open(self, names: Iterable[str], eyes: Eyes, work: Path) -> AsyncIterator[None]:
        """These models may be asked until the block ends; then what is paid for is waited for, a while."""
        async with AsyncExitStack() as stack:
            stack.enter_context(_swept(self._perch))
            wanted = {name: self._providers[name] for name in dict.fromkeys(names)}
            widths = self._widths(wanted)
            house = House(work, lambda key: self._journal.get(key, 0) is not None)
            for name, provider in wanted.items():
                provider.tells(self._naming(name))
                provider.housed(house)
                await provider.open(eyes)
                stack.push_async_callback(provider.close)
                ask = telling(provider.ask, name, self._progress.tell)
                ask = trusting(ask, name, self._journal.known(provider.identity))
                self._asks[name] = self._gated(ask, provider.keeps)
                self._progress.paces[name] = pace(provider, widths[name], self._naming(name))
                looks = self._shows_canaries and provider.wants_canary
                if looks or provider.way != IMAGES:
                    self._canaries[name] = self._canary(name, eyes, looks)
                if provider.keeps:
                    self._progress.kept[name] = partial(getattr, provider, "pending")
                if provider.notice:
                    self._progress.tell(provider.notice)
            try:
                yield
            finally:
                await self._drain()

    @property
    def width(self) -> int:
        """Records that these models keep busy, so that none of them can take all that are on their way."""
        return sum(pace.room for pace in self._progress.paces.values())

    @property
    def patient(self) -> int:
        """Records that may wait for replies which come much later."""
        return sum(self._providers[name].concurrency for name in self._progress.kept)

    def waiting(self) -> int:
        """Records that wait for a reply which another one asked for."""
        return sum(meter.waiting for meter in self._progress.meters.values())

    def asked(self, name: str, stage: Stage, asks: bool) -> Asked:
        """This stage: where it `asks`, its model, which is open, else the journal only."""
        meter = self._progress.meters.setdefault(name, Meter())
        provider = self._providers[stage.model]
        kept = replayed(None, self._journal, provider.identity, meter)
        shared = Shared(stage, meter) if stage.shared else None
        if not asks:
            return Asked(name, stage, kept, kept, shared=shared)
        pace = self._progress.paces[stage.model]
        ask = self._careful(stage.model, self._asks[stage.model], meter)
        if canary := self._canaries.get(stage.model):
            ask = canary.before(ask, stage)
        ask = replayed(
            ask, self._journal, provider.identity, meter, self._flying, lambda: pace.crowded, self._anew.__contains__
        )
        return Asked(name, stage, ask, kept, lambda: pace.busy, shared)

    def _careful(self, model: str, ask: Ask, meter: Meter) -> Ask:
        """This model asked at its pace, again where that may help, within the budget."""
        provider = self._providers[model]
        ask = limited(logged(ask), self._progress.paces[model], meter)
        return budgeted(retried(ask, provider.max_retries, meter), self._budget, provider.price)

    def _canary(self, name: str, eyes: Eyes, looks: bool) -> Canary:
        """What stands before this model; its replies are bought and kept like any."""

        def draw(kind: Kind, texts: Sequence[str], size: tuple[int, int], fps: float) -> Awaitable[Medium]:
            path = self._perch / f"{secrets.token_hex(8)}.{'mp4' if kind == 'video' else 'png'}"
            return eyes.drawn(path, kind, texts, size, fps)

        provider, meter = self._providers[name], self._progress.meters.setdefault(STAGE, Meter())
        now = self._gated(telling(provider.ask_now, name, self._progress.tell), keeps=False)
        ask = replayed(self._careful(name, now, meter), self._journal, provider.identity, meter, self._flying)
        return Canary(name, provider, ask, draw, self._progress.tell, looks)

    def _naming(self, model: str) -> Callable[[str], None]:
        return lambda line: self._progress.tell(f"{model}: {line}")

    def _widths(self, wanted: Mapping[str, Provider]) -> dict[str, int]:
        """Requests at once, by model; those that a provider `keeps` are no connections."""
        connected = {name: provider.concurrency for name, provider in wanted.items() if not provider.keeps}
        kept = {name: provider.concurrency for name, provider in wanted.items() if provider.keeps}
        return kept | (fitting(connected, self._progress.tell) if connected else {})

    def _gated(self, ask: Ask, keeps: bool) -> Ask:
        """Nothing more goes out once the run is ending, or after an error that no request can escape, nor while the
        journal keeps nothing.

        What a provider `keeps` nobody waits for then.
        """
        fatal: list[FatalError] = []

        async def sent(request: Request) -> Reply:
            await self._journal.free()
            if self._ending:
                raise asyncio.CancelledError
            if fatal:
                raise fatal[0]
            task = asyncio.current_task()
            if not keeps:
                self._paid.add(task)
            try:
                return await ask(request)
            except FatalError as error:
                fatal.append(error)
                raise
            finally:
                self._paid.discard(task)

        return sent

    async def _drain(self) -> None:
        """Wait a while for requests that are paid for, whose records have already been given up."""
        self._ending = True
        for task in self._flying - self._paid:
            task.cancel()
        if self._flying:
            await asyncio.wait(self._flying, timeout=DRAIN)
        for task in list(self._flying):
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Without this folder, before and after; a command that was killed may have left it."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def telling(ask: Ask, model: str, say: Callable[[str], None]) -> Ask:
    """The same; `say` hears once of a server that asks to wait for longer than anybody does, or tells no tokens."""
    told: set[str] = set()

    def once(about: str, line: str) -> None:
        if about not in told:
            told.add(about)
            say(line)

    async def asked(request: Request) -> Reply:
        try:
            reply = await ask(request)
        except ThrottledError as error:
            if (wait := error.retry_after or 0.0) > FURTHEST:
                once("wait", f"{model} asks to wait {duration(wait)}; asked again in {duration(FURTHEST)}")
            raise
        if reply.guessed:
            once("tokens", f"{model}'s server tells no tokens: they are guessed from the length of the texts")
        return reply

    return asked


def fitting(widths: Mapping[str, int], say: Callable[[str], None]) -> dict[str, int]:
    """Requests at once, by model: as wished, or fewer where the system lets this process open too few files.

    Each request is one; without its file, neither would any other that the process needs be opened.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room, wished = max(most - OTHER_FILES, len(widths)), sum(widths.values())
    if most == resource.RLIM_INFINITY or wished <= room:
        return dict(widths)
    say(f"this process may open {most:,} files: about {room:,} requests at once, not {wished:,}; raise `ulimit -n`")
    return {name: max(1, width * room // wished) for name, width in widths.items()}


def pace(provider: Provider, width: int, say: Callable[[str], None]) -> Pace:
    """How this model may be asked, `width` requests at once, within what its settings say."""
    limits = (provider.requests_per_minute, provider.tokens_per_minute)
    return Pace(width, *limits, provider.max_retries, provider.patience, say)
