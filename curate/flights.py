"""One task for each key, shared by everyone who waits for the same thing at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiters: int = 0


class Flights(Generic[T]):
    """Single-flight: a key's work runs once at a time, and ends early only with its last waiter."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    async def share(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `start()` returns or raises; begun only where nobody waits for this key yet."""
        flight = self._flights.get(key) or self._begin(key, start)
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                self._forget(key, flight)
                flight.task.cancel()

    def flying(self, key: Hashable) -> bool:
        """Whether somebody waits for this key."""
        return key in self._flights

    def cancel(self) -> None:
        """End all that is under way; its waiters are cancelled."""
        for flight in self._flights.values():
            flight.task.cancel()

    def _begin(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> _Flight[T]:
        flight = self._flights[key] = _Flight(asyncio.create_task(start()))
        flight.task.add_done_callback(lambda _: self._forget(key, flight))
        return flight

    def _forget(self, key: Hashable, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
