"""Asking, made careful by wrapping: `replayed(budgeted(retried(limited(provider.ask))))`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from curate.asklog import named
from curate.budget import Budget, Price
from curate.chat import Ask, Reply, Request
from curate.errors import RefusedError, ThrottledError, TransientError
from curate.meter import Meter
from curate.pace import Pace, Score, Turn
from curate.rate import FURTHEST

log = logging.getLogger(__name__)

USUAL = 8  # a reply takes a small part of its `max_tokens`
BACKOFF = wait_random_exponential(multiplier=1, max=60)


def limited(ask: Ask, pace: Pace, meter: Meter) -> Ask:
    """Ask when the model's pace allows, and again as often as it took nothing: that is no fault of the request.

    Not before the server wants to be asked again, though others may be asked meanwhile.

    Raises TransientError for a failure that counts against the request, RefusedError where others are answered
    and this one never is, GoneError once the model is given up.
    """
    return _Limited(ask, pace, meter)


class _Limited:
    def __init__(self, ask: Ask, pace: Pace, meter: Meter) -> None:
        self._ask = ask
        self._pace = pace
        self._meter = meter

    async def __call__(self, request: Request) -> Reply:
        refused, wish, since = 0, 0.0, Score()
        while True:
            if refused:
                await asyncio.sleep(max(wait_after(refused) / 4, wish))
            turn = await self._pace.turn(guess(request) if self._pace.counts_tokens else 0.0)
            self._meter.in_flight += 1
            try:
                return await self._once(request, turn)
            except TransientError as error:
                since = since if refused else self._pace.score
                refused += 1
                self._failed(request, turn, error)
                if isinstance(error, ThrottledError) and self._pace.singled(refused, since):
                    raise RefusedError(f"{error} ({refused} times, while others were answered)") from None
                self._meter.retried += 1
                wish = min(error.retry_after or 0.0, FURTHEST)
            finally:
                self._meter.in_flight -= 1
                self._pace.leave(turn)

    async def _once(self, request: Request, turn: Turn) -> Reply:
        began = time.monotonic()
        try:
            reply = await self._ask(request)
        except RefusedError:
            self._pace.answered(turn, 0, id(request))
            raise
        self._meter.seconds += time.monotonic() - began
        self._pace.answered(turn, reply.prompt_tokens + reply.completion_tokens, id(request))
        return reply

    def _failed(self, request: Request, turn: Turn, error: TransientError) -> None:
        """Note this failure. Raises it where it counts against the request, GoneError where the model is given up."""
        self._meter.troubles.note(str(error))
        counts = self._pace.failed(turn, error, id(request))
        log.debug("%s: %s; %s", named(), "counts against it" if counts else "counts against nobody", self._pace)
        if self._pace.gone:
            raise self._pace.gone from None
        if counts:
            raise error


def guess(request: Request) -> float:
    """Tokens that a request and its reply may take before any reply has told."""
    return request.prompt_guess + request.max_tokens / USUAL


def budgeted(ask: Ask, budget: Budget, price: Callable[[float, float], float]) -> Ask:
    """Ask only what fits the budget, whatever comes of it. Raises SpentError.

    `price` is USD for so many tokens of a prompt and of a reply.
    """
    if not budget.limited:
        return ask

    async def thrifty(request: Request) -> Reply:
        said, answered = request.prompt_guess, request.max_tokens
        most = Price(price(said, answered), said + answered)
        held = await budget.reserve(request.stage, most)
        reply = None
        try:
            reply = await ask(request)
        finally:
            budget.settle(request.stage, most, held, reply)
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
