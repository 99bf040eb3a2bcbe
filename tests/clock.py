"""An event loop that sleeps in no time: where nothing is left to do, its clock jumps to what comes next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing that only time would bring."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        found = super().select(0)
        self.now += 0.0 if found else timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def now() -> float:
    """Seconds on the clock of the running loop."""
    return asyncio.get_running_loop().time()


def jump(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, its sleeps included, in no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
