"""Answered from the journal, or else bought once, whoever wants it, and kept before anybody sees it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from curate.asklog import named
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
from curate.meter import Meter

log = logging.getLogger(__name__)

TOO_LONG = "prompt too long"


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
        if task := self._shared.get(key):
            self._meter.shared += 1
            self._meter.waiting += 1
            try:
                return await asyncio.shield(task)
            finally:
                self._meter.waiting -= 1
        reply = self._bought(key, request)
        if reply is not None:
            self._meter.replayed += reply.replayed
            return reply
        failure = self._journal.failure(key)
        if failure and failure.reason and not (self._ask and self._anew(failure.reason)):
            raise _refusal(failure)
        if self._ask is None:
            raise UnansweredError(failure.error if failure else None)
        self._journal.ready()
        if self._crowded():
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
