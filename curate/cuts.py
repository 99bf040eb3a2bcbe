"""Replies that the token limit cut: under a higher limit they are asked again only where nothing good came after."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from curate.chat import Ask, Cuts, Reply, Request
from curate.errors import OutgrownError, UnansweredError, UnreadableError

T = TypeVar("T")


async def sparing(run: Callable[[Ask], Awaitable[T]], ask: Ask) -> T:
    """What `run` makes of its replies. Raises what it raises.

    Where it meets a reply that a lower `max_tokens` cut, all its replies are taken as they were bought; only if
    that comes to nothing are those that were cut asked for again.
    """
    with suppress(OutgrownError):
        return await run(_taking(ask, "told"))
    with suppress(UnansweredError, UnreadableError):
        return await run(_taking(ask, "kept"))
    return await run(ask)


def _taking(ask: Ask, cuts: Cuts) -> Ask:
    def taken(request: Request) -> Awaitable[Reply]:
        return ask(replace(request, cuts=cuts))

    return taken
