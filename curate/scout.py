"""One goes ahead; the others follow when it is back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Scout:
    """Lets the first call alone until it has ended, well or not: nobody waits for longer than one call takes."""

    def __init__(self) -> None:
        self._back: asyncio.Event | None = None

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call brings, when its turn comes."""
        if self._back:
            await self._back.wait()
            return await call()
        self._back = asyncio.Event()
        try:
            return await call()
        finally:
            self._back.set()
