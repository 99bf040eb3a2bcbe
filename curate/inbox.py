"""What threads hand to one other, taken out in groups: it is woken once for each group."""

import time
from collections.abc import Iterator
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Holds what is put in until `groups` takes it out.

    A group is taken at once after a rest; else `pause` seconds after the last one, or as soon as it has `enough`.
    It has at most `most`.
    """

    def __init__(self, enough: int, most: int, pause: float) -> None:
        self._enough = enough
        self._most = most
        self._pause = pause
        self._items: list[T] = []
        self._changed = Condition()
        self._resting = False
        self._closed = False

    def put(self, item: T) -> None:
        """Add this one."""
        with self._changed:
            self._items.append(item)
            if self._resting or len(self._items) == self._enough:
                self._changed.notify()

    def close(self) -> None:
        """Nothing more comes: `groups` ends when all is taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def groups(self) -> Iterator[list[T]]:
        """What was put in, in order, for one thread; waits for more until `close`."""
        ended = -self._pause
        while group := self._taken(ended + self._pause):
            yield group
            ended = time.monotonic()

    def _taken(self, due: float) -> list[T]:
        with self._changed:
            self._resting = True
            self._changed.wait_for(lambda: self._items or self._closed)
            self._resting = False
            self._changed.wait_for(
                lambda: len(self._items) >= self._enough or self._closed, max(0.0, due - time.monotonic())
            )
            group, self._items = self._items[: self._most], self._items[self._most :]
        return group
