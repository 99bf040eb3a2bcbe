"""Calling a server until it answers: with growing waits, and not for ever."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from curate.errors import AwayError, GoneError, TransientError
from curate.words import duration

LONGEST = 60.0  # seconds between two tries, unless the server asks for more
FURTHEST = 600.0  # and if it asks for hours

T = TypeVar("T")


class Persistence:
    """Calls again after a TransientError, up to `patience` seconds after the first of them, of which `say` hears.

    A server that never answered in this run is given up after `retries` tries more.
    """

    def __init__(self, retries: int, patience: float, say: Callable[[str], None]) -> None:
        self._retries = retries
        self._patience = patience
        self._say = say
        self._answered = False
        self._told = False

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call brings. Raises GoneError."""
        began, tries = 0.0, 0
        while True:
            try:
                brought = await call()
            except TransientError as error:
                began, tries = began or time.monotonic(), tries + 1
                await self.wait(error, began, tries)
            else:
                self._answered, self._told = True, False
                return brought

    async def wait(self, error: TransientError, began: float, tries: int) -> None:
        """Until the next try, where there may be one: `tries` have failed, the first at `began`. Raises GoneError."""
        never = isinstance(error, AwayError) and not self._answered and tries > self._retries
        if never or time.monotonic() - began > self._patience:
            raise GoneError(str(error)) from None
        if not self._told and tries > 1:
            self._told = True
            self._say(f"{error}; trying again, up to {duration(self._patience)}")
        wished = min(error.retry_after or 0.0, FURTHEST)
        await asyncio.sleep(max(wished, min(2.0 ** (tries - 1), LONGEST) * random.uniform(0.5, 1.0)))  # noqa: S311
