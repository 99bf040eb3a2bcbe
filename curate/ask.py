"""Asking, made careful by wrapping: `replayed(budgeted(retried(limited(provider.ask))))`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from curate.budget import Budget
from curate.chat import Ask, Reply, Request
from curate.errors import (
    CrowdedError,
    MediaError,
    OutgrownError,
    RefusedError,
    TooLongError,
    TransientError,
    UnansweredError,
)
from curate.journal import Failure, Journal
from curate.pace import Pace
from curate.troubles import Troubles

log = logging.getLogger(__name__)

TOO_LONG = "prompt too long"
FRAME = 500  # tokens of a frame of the default size, for most models
CHARACTERS = 4  # of English text in a token
USUAL = 8  # a reply takes a small part of its `max_tokens`
BACKOFF = wait_random_exponential(multiplier=1, max=60)


@dataclass(slots=True)
class Meter:
    """What one stage has asked in this run, for the eyes of its user."""

    sent: int = 0
    replayed: int = 0
    shared: int = 0
    retried: int = 0
    in_flight: int = 0
    waiting: int = 0  # for a reply that another record has asked for
    prompt_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0  # that its replies took, all together
    troubles: Troubles = field(default_factory=Troubles)  # what went wrong on the way
    parked: set[int] = field(default_factory=set)  # requests that were put off while the model was crowded


def limited(ask: Ask, pace: Pace, meter: Meter) -> Ask:
    """Ask when the model's pace allows, and again as often as it took nothing: that is no fault of the request.

    Raises TransientError for a failure that counts against the request, GoneError once the model is given up.
    """

    async def waiting(request: Request) -> Reply:
        refused = 0
        while True:
            if refused:
                await asyncio.sleep(wait_after(refused) / 4)
            turn = await pace.turn(guess(request) if pace.counts_tokens else 0.0)
            meter.in_flight += 1
            began, logs = time.monotonic(), log.isEnabledFor(logging.DEBUG)
            if logs:
                _log_sent(request)
            try:
                reply = await ask(request)
                meter.seconds += time.monotonic() - began
                if logs:
                    _log_reply(reply, began, pace)
                pace.answered(turn, reply.prompt_tokens + reply.completion_tokens)
                return reply
            except RefusedError:
                pace.answered(turn, 0)
                raise
            except TransientError as error:
                meter.troubles.note(str(error))
                counts = pace.failed(turn, error, id(request))
                if logs:
                    _log_failure(error, counts, pace)
                if pace.gone:
                    raise pace.gone from None
                if counts:
                    raise
                meter.retried += 1
                refused += 1
            finally:
                meter.in_flight -= 1
                pace.leave(turn)

    return waiting


def guess(request: Request) -> float:
    """Tokens that a request and its reply may take before any reply has told."""
    return request.frames * FRAME + request.characters / CHARACTERS + request.max_tokens / USUAL


def named() -> str:
    """The short name of the request that this task is about, for the log."""
    task = asyncio.current_task()
    return task.get_name() if task else "-"


def _log_sent(request: Request) -> None:
    said = "%s: %s asks: attempt %d, sample %d, %d frames, %d characters, at most %d tokens"
    again = (request.attempt, request.sample)
    log.debug(said, named(), request.stage, *again, request.frames, request.characters, request.max_tokens)


def _log_reply(reply: Reply, started: float, pace: Pace) -> None:
    said = "%s: reply after %.2f s: %d + %d tokens (%d cached), finish %s, %.6f USD%s"
    tokens = (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens)
    goes_on = f"; goes on after: {pace.trouble}" if pace.trouble else ""
    log.debug(said, named(), time.monotonic() - started, *tokens, reply.finish, reply.cost, goes_on)


def _log_failure(error: TransientError, counts: bool, pace: Pace) -> None:
    said = "%s: %s: %s; %s; the server asks to wait %s s; in flight %d, waiting %d, a second at most %s; %s"
    whose = "counts against the request" if counts else "the server's, asked again when it can"
    rate = pace.rate
    pacing = (error.retry_after, pace.in_flight, pace.waiting, rate.allowed, rate.state)
    log.debug(said, named(), type(error).__name__, error, whose, *pacing)


def budgeted(ask: Ask, budget: Budget) -> Ask:
    """Ask only what fits the budget. Raises SpentError."""
    if not budget.limited:
        return ask

    async def thrifty(request: Request) -> Reply:
        need = await budget.reserve(request.stage)
        reply = None
        try:
            reply = await ask(request)
        finally:
            budget.settle(request.stage, need, reply)
        return reply

    return thrifty


def retried(ask: Ask, retries: int, meter: Meter) -> Ask:
    """Ask again after a TransientError, at most `retries` times, with growing, jittered waits.

    The last error is raised as it came.
    """

    def count(state: RetryCallState) -> None:
        meter.retried += 1
        log.debug("%s: waits %.1f s, then try %d", named(), state.upcoming_sleep, state.attempt_number + 2)

    async def patient(request: Request) -> Reply:
        try:
            return await ask(request)  # which is nearly always all there is to do, and costs nothing
        except TransientError:
            if not retries:
                raise
        meter.retried += 1
        wait = wait_after(1)
        log.debug("%s: waits %.1f s, then try 2", named(), wait)
        await asyncio.sleep(wait)
        again = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(retries),
            wait=lambda state: wait_after(state.attempt_number + 1),
            before_sleep=count,
            reraise=True,
        )
        reply: Reply = await again(ask, request)
        return reply

    return patient


def wait_after(attempt: int) -> float:
    """Seconds before the next try: exponential in the number of tries, with jitter."""
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.attempt_number = attempt
    return BACKOFF(state)


def replayed(
    ask: Ask | None,
    journal: Journal,
    identity: str,
    meter: Meter,
    flying: set[asyncio.Task[Reply]] | None = None,
    crowded: Callable[[], bool] = lambda: False,
    anew: Callable[[str], bool] = lambda _: False,
) -> Ask:
    """Answer from the journal; else ask, keep the reply, and only then hand it out.

    Requests with one key that are asked at the same moment wait for one reply. With `ask` None
    nothing is asked: UnansweredError. `flying` collects what is under way, so that an interrupted
    run can wait for what it has paid for. While the model is `crowded`, CrowdedError; what a server
    refused for good stays refused, unless its reason is to be asked `anew`.
    """
    return _Replayed(ask, journal, identity, meter, flying if flying is not None else set(), crowded, anew)


class _Replayed:
    def __init__(
        self,
        ask: Ask | None,
        journal: Journal,
        identity: str,
        meter: Meter,
        flying: set[asyncio.Task[Reply]],
        crowded: Callable[[], bool],
        anew: Callable[[str], bool],
    ) -> None:
        self._ask = ask
        self._journal = journal
        self._identity = identity
        self._meter = meter
        self._flying = flying
        self._crowded = crowded
        self._anew = anew
        self._shared: dict[str, asyncio.Task[Reply]] = {}

    async def __call__(self, request: Request) -> Reply:
        key = request.key(self._identity)
        if self._meter.parked:
            self._meter.parked.discard(hash(key))
        if task := self._shared.get(key):
            self._meter.shared += 1
            self._meter.waiting += 1
            try:
                return await asyncio.shield(task)
            finally:
                self._meter.waiting -= 1
        reply = self._bought(key, request)
        if reply is not None:
            self._meter.replayed += 1
            return reply
        failure = self._journal.failure(key)
        if failure and failure.reason and not (self._ask and self._anew(failure.reason)):
            raise _refusal(failure)
        if self._ask is None:
            raise UnansweredError(failure.error if failure else None)
        self._journal.ready()
        if self._crowded():
            self._meter.parked.add(hash(key))
            raise CrowdedError
        return await asyncio.shield(self._started(key, self._buy(key, request, self._ask)))

    def _bought(self, key: str, request: Request) -> Reply | None:
        """The journal's reply to this request. Raises UnansweredError or OutgrownError as its `cuts` say."""
        kept = request.cuts == "kept"
        reply = self._journal.get(key, 0 if kept else request.max_tokens)
        if reply is None and kept:
            raise UnansweredError
        if reply is None and request.cuts == "told" and self._journal.get(key, 0):
            raise OutgrownError
        return reply

    def _started(self, key: str, buying: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        task = self._shared[key] = asyncio.create_task(buying, name=key[:12])
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
            # (GoneError tells nothing of this request: it was never sent)
            log.debug("%s: given up: %s: %s", named(), type(error).__name__, error)
            if not isinstance(error, TransientError):  # those were noted as they came
                self._meter.troubles.note(str(error))
            reason = TOO_LONG if isinstance(error, TooLongError) else None
            await self._journal.fail(key, request.stage, str(error), reason)
            raise
        await self._journal.put(key, request.stage, self._identity, request.max_tokens, reply)
        meter = self._meter
        meter.sent += 1
        meter.prompt_tokens += reply.prompt_tokens
        meter.cached_tokens += reply.cached_tokens
        meter.tokens += reply.completion_tokens
        meter.cost += reply.cost
        return reply.model_copy(update={"key": key})


def _refusal(failure: Failure) -> RefusedError:
    """What the server said when it refused this request for good."""
    return TooLongError(failure.error) if failure.reason == TOO_LONG else RefusedError(failure.error)


def noted(ask: Ask, note: Callable[[Reply], None]) -> Ask:
    """The same, and `note` is told of every reply."""

    async def noting(request: Request) -> Reply:
        reply = await ask(request)
        note(reply)
        return reply

    return noting


def resampled(ask: Ask, sample: int) -> Ask:
    """The same questions asked anew, for a stage whose outcome a filter rejected."""
    if not sample:
        return ask

    def again(request: Request) -> Awaitable[Reply]:
        return ask(replace(request, sample=sample))

    return again
