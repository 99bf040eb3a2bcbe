"""What is asked and what comes of it, line by line, for whoever looks for a fault."""

import asyncio
import logging
import time

from curate.chat import Ask, Reply, Request
from curate.errors import TransientError

log = logging.getLogger(__name__)


def named() -> str:
    """The short name of the request that this task is about."""
    task = asyncio.current_task()
    return task.get_name() if task else "-"


def logged(ask: Ask) -> Ask:
    """The same, and the log is told of every request, reply and failure; without a log nothing is added."""
    if not log.isEnabledFor(logging.DEBUG):
        return ask

    async def telling(request: Request) -> Reply:
        _sent(request)
        began = time.monotonic()
        try:
            reply = await ask(request)
        except TransientError as error:
            said = "%s: %s: %s; the server asks to wait %s s"
            log.debug(said, named(), type(error).__name__, error, error.retry_after)
            raise
        _answered(reply, time.monotonic() - began)
        return reply

    return telling


def _sent(request: Request) -> None:
    said = "%s: %s asks: attempt %d, sample %d, %d frames, %d characters, at most %d tokens"
    again = (request.attempt, request.sample)
    log.debug(said, named(), request.stage, *again, request.frames, request.characters, request.max_tokens)


def _answered(reply: Reply, seconds: float) -> None:
    said = "%s: reply after %.2f s: %d + %d tokens (%d cached), finish %s, %.6f USD"
    tokens = (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens)
    log.debug(said, named(), seconds, *tokens, reply.finish, reply.cost)
