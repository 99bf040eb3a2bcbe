"""Asking, made careful by wrapping: `replayed(retried(limited(provider.ask)))`."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from curate.chat import Ask, Reply, Request
from curate.errors import MediaError, RefusedError, TransientError, UnansweredError
from curate.journal import Journal

LONGEST_WAIT = 600.0  # seconds; a server that asks for more is asked again after this
BACKOFF = wait_random_exponential(multiplier=1, max=60)


@dataclass(slots=True)
class Meter:
    """What one stage has asked in this run, for the eyes of its user."""

    sent: int = 0
    replayed: int = 0
    shared: int = 0
    retried: int = 0
    tokens: int = 0
    cost: float = 0.0
    keys: set[str] | None = None  # where set: the distinct requests answered from the journal


def limited(ask: Ask, slots: asyncio.Semaphore) -> Ask:
    """At most so many requests at once, over all stages that share a model."""

    async def waiting(request: Request) -> Reply:
        async with slots:
            return await ask(request)

    return waiting


def retried(ask: Ask, retries: int, meter: Meter) -> Ask:
    """Ask again after a TransientError, at most `retries` times, with growing, jittered waits.

    A server's Retry-After is honoured, up to ten minutes. The last error is raised as it came.
    """

    def count(_: RetryCallState) -> None:
        meter.retried += 1

    async def patient(request: Request) -> Reply:
        again = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(retries + 1),
            wait=wait,
            before_sleep=count,
            reraise=True,
        )
        reply: Reply = await again(ask, request)
        return reply

    return patient


def wait(state: RetryCallState) -> float:
    """Seconds before the next try: what the server asked for and a little, or exponential with jitter."""
    error = state.outcome.exception() if state.outcome else None
    jittered = BACKOFF(state)
    if isinstance(error, TransientError) and error.retry_after is not None:
        return min(error.retry_after, LONGEST_WAIT) + jittered * 0.1
    return jittered


def replayed(
    ask: Ask | None,
    journal: Journal,
    identity: str,
    meter: Meter,
    flying: set[asyncio.Task[Reply]] | None = None,
) -> Ask:
    """Answer from the journal; else ask, keep the reply, and only then hand it out.

    Requests with one key that are asked at the same moment wait for one reply. With `ask` None
    nothing is asked: UnansweredError. `flying` collects what is under way, so that an interrupted
    run can wait for what it has paid for.
    """
    return _Replayed(ask, journal, identity, meter, flying if flying is not None else set())


class _Replayed:
    def __init__(
        self, ask: Ask | None, journal: Journal, identity: str, meter: Meter, flying: set[asyncio.Task[Reply]]
    ) -> None:
        self._ask = ask
        self._journal = journal
        self._identity = identity
        self._meter = meter
        self._flying = flying
        self._shared: dict[str, asyncio.Task[Reply]] = {}

    async def __call__(self, request: Request) -> Reply:
        key = request.key(self._identity)
        if task := self._shared.get(key):
            self._meter.shared += 1
            return await asyncio.shield(task)
        reply = self._journal.get(key, request.max_tokens)
        if reply is not None:
            self._meter.replayed += 1
            if self._meter.keys is not None:
                self._meter.keys.add(key[:16])
            return reply
        if self._ask is None:
            raise UnansweredError(self._journal.failure(key))
        return await asyncio.shield(self._started(key, self._buy(key, request, self._ask)))

    def _started(self, key: str, buying: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        task = self._shared[key] = asyncio.create_task(buying)
        self._flying.add(task)
        task.add_done_callback(lambda ended: self._forget(key, ended))
        return task

    def _forget(self, key: str, ended: asyncio.Task[Reply]) -> None:
        del self._shared[key]
        self._flying.discard(ended)
        if not ended.cancelled():
            ended.exception()  # seen, also where everybody who waited has given up

    async def _buy(self, key: str, request: Request, ask: Ask) -> Reply:
        try:
            reply = await ask(request)
        except (TransientError, RefusedError, MediaError) as error:
            await self._journal.fail(key, request.stage, str(error))
            raise
        await self._journal.put(key, request.stage, self._identity, request.max_tokens, reply)
        self._meter.sent += 1
        self._meter.tokens += reply.completion_tokens
        self._meter.cost += reply.cost
        return reply


def resampled(ask: Ask, sample: int) -> Ask:
    """The same questions asked anew, for a stage whose outcome a filter rejected."""
    if not sample:
        return ask

    def again(request: Request) -> Awaitable[Reply]:
        return ask(replace(request, sample=sample))

    return again
