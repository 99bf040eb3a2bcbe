"""Asking, made careful by wrapping: `replayed(retried(limited(provider.ask)))`."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace

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
    flying: int = 0
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
    shared: dict[str, asyncio.Task[Reply]] = {}

    async def buy(key: str, request: Request, ask: Ask) -> Reply:
        meter.flying += 1
        try:
            reply = await ask(request)
        except (TransientError, RefusedError, MediaError) as error:
            await journal.fail(key, request.stage, str(error))
            raise
        finally:
            meter.flying -= 1
        await journal.put(key, request.stage, identity, request.max_tokens, reply)
        meter.sent += 1
        meter.tokens += reply.completion_tokens
        meter.cost += reply.cost
        return reply

    async def answered(request: Request) -> Reply:
        key = request.key(identity)
        if task := shared.get(key):
            meter.shared += 1
            return await asyncio.shield(task)
        reply = journal.get(key, request.max_tokens)
        if reply is not None:
            meter.replayed += 1
            if meter.keys is not None:
                meter.keys.add(key[:16])
            return reply
        if ask is None:
            raise UnansweredError(journal.failure(key))
        task = shared[key] = asyncio.create_task(buy(key, request, ask))
        task.add_done_callback(lambda ended: _forget(shared, key, ended))
        if flying is not None:
            flying.add(task)
            task.add_done_callback(flying.discard)
        return await asyncio.shield(task)

    return answered


def _forget(shared: dict[str, asyncio.Task[Reply]], key: str, ended: asyncio.Task[Reply]) -> None:
    del shared[key]
    if not ended.cancelled():
        ended.exception()  # seen, also where everybody who waited has given up


def resampled(ask: Ask, sample: int) -> Ask:
    """The same questions asked anew, for a stage whose outcome a filter rejected."""
    if not sample:
        return ask

    def again(request: Request) -> Awaitable[Reply]:
        return ask(replace(request, sample=sample))

    return again
